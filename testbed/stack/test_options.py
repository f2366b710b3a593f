"""samconfig.toml is the single source of the options: `sam deploy` sends CloudFormation exactly what it contains.

SAM's own code runs. Only what would call AWS is replaced: packaging, the bucket, and the deployment itself.
"""

import os
import shutil
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock

import tomlkit
from click.testing import CliRunner
from forms import ROOT, TEMPLATE, Form
from samcli.cli.main import cli
from samcli.commands.deploy.deploy_context import DeployContext
from samcli.commands.deploy.guided_context import GuidedContext
from samcli.commands.package.package_context import PackageContext

SHIPPED = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("template.yaml", "samconfig.toml"):
            shutil.copy(ROOT / name, self.folder)
        here = Path.cwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, here)

    def sam(self, *arguments, answers=None):
        """Runs sam, and returns the parameters that it would have sent to CloudFormation."""
        sent = []

        def deploy(_, stack_name, template, parameters, *others):
            sent.extend(parameters)

        def package(context):
            shutil.copy("template.yaml", context.output_template_file)

        with (
            mock.patch.object(DeployContext, "deploy", deploy),
            mock.patch.object(PackageContext, "run", package),
            mock.patch("samcli.commands.deploy.command.manage_stack", lambda **_: "bucket"),
            mock.patch("samcli.commands.deploy.guided_context.manage_stack", lambda **_: "bucket"),
            mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"}),
        ):
            result = CliRunner().invoke(cli, ["deploy", *arguments], input=answers)
        self.assertEqual(result.exit_code, 0, result.output)
        return {each["ParameterKey"]: each.get("ParameterValue") for each in sent}

    def guided(self):
        """Presses Enter at every prompt. Two prompts are skipped: the project has no images, and HubSpot needs a public API."""
        with (
            mock.patch.object(GuidedContext, "prompt_image_repository", lambda *_: None),
            mock.patch.object(GuidedContext, "prompt_authorization", lambda *_: None),
        ):
            return self.sam("--guided", answers="\n" * 200)

    def change(self, name, value):
        file = self.folder / "samconfig.toml"
        config = tomlkit.parse(file.read_text())
        parameters = config["default"]["deploy"]["parameters"]
        if isinstance(parameters["parameter_overrides"], str):  # as --guided saves it
            texts = parameters["parameter_overrides"].replace(f'{name}="{self.shipped()[name]}"', f'{name}="{value}"')
            parameters["parameter_overrides"] = texts
        else:
            parameters["parameter_overrides"][name] = value
        file.write_text(tomlkit.dumps(config))

    def shipped(self):
        return {name: str(value) for name, value in SHIPPED["deploy"]["parameters"]["parameter_overrides"].items()}

    def test_every_option_is_listed_with_its_default(self):
        defaults = {name: str(each["Default"]) for name, each in TEMPLATE["Parameters"].items()}
        shipped = self.shipped()
        self.assertEqual(shipped | {"ConferenceUrlTemplate": ""}, defaults)
        Form(shipped)

    def test_the_binaries_are_built_for_the_deployed_architecture(self):
        built = SHIPPED["build"]["parameters"]["parameter_overrides"]
        self.assertEqual(built, {"Architecture": self.shipped()["Architecture"]})

    def test_the_listed_options_are_sent(self):
        self.assertEqual(self.sam(), self.shipped())

    def test_a_changed_option_is_sent(self):
        self.change("MinSignatureVersion", "v3")
        self.assertEqual(self.sam(), self.shipped() | {"MinSignatureVersion": "v3"})

    def test_a_guided_deployment_sends_the_same_as_a_plain_one(self):
        self.assertEqual(self.guided(), self.shipped())
        self.assertEqual(self.sam(), self.shipped())

    def test_a_change_after_a_guided_deployment_counts_and_stays(self):
        self.guided()
        self.change("MinSignatureVersion", "v3")
        changed = self.shipped() | {"MinSignatureVersion": "v3"}
        self.assertEqual(self.sam(), changed)
        self.assertEqual(self.guided(), changed)
        self.assertEqual(self.sam(), changed)

    def test_an_option_on_the_command_line_lasts_for_one_deployment(self):
        """This is why the docs say to change samconfig.toml."""
        self.assertEqual(self.sam("--parameter-overrides", "MinSignatureVersion=v3")["MinSignatureVersion"], "v3")
        self.assertEqual(self.sam()["MinSignatureVersion"], "v1")


if __name__ == "__main__":
    unittest.main()
