"""Deploys each form to moto, a simulator of AWS, as far as moto supports it.

moto's CloudFormation can't create HTTP APIs, aliases, alarms, schedules, pipes and secrets. These are left out, and
references to them are replaced by a text. moto itself evaluates the template's parameters, mappings and conditions, and
must create the same resources as this folder's forms have.
"""

import contextlib
import importlib
import json
import os
import re
import unittest
from unittest import mock

import boto3
import choices
import cover
from forms import REGION, Form, in_parallel
from moto import mock_aws

SUPPORTED = {
    "AWS::CloudWatch::Dashboard": "cloudwatch",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::IAM::Policy": "iam",
    "AWS::IAM::Role": "iam",
    "AWS::KMS::Key": "kms",
    "AWS::Lambda::Function": "awslambda",
    "AWS::Lambda::Permission": "awslambda",
    "AWS::Lambda::Version": "awslambda",
    "AWS::Logs::LogGroup": "logs",
}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION}
STACK = "hubspot-conference"


def without(node, missing):
    """The node, with every reference to what is missing replaced by its name, and an alias by its function."""
    match node:
        case {"Ref": name} if name in missing:
            return {"Ref": name.removesuffix("Aliaslive")} if name.endswith("Aliaslive") else name
        case {"Fn::GetAtt": [name, _]} if name in missing:
            return f"arn:aws:none:{REGION}:123456789012:{name}"
        case {"Fn::Sub": str(text)}:
            known = lambda match: match[1] if match[1] in missing else match[0]
            return {"Fn::Sub": re.sub(r"\$\{(\w+)[.\w]*\}", known, text)}
        case dict():
            return {key: without(value, missing) for key, value in node.items() if key != "DependsOn"}
        case list():
            return [without(value, missing) for value in node]
    return node


@contextlib.contextmanager
def account():
    """An AWS account that contains only the functions' package."""
    for service in set(SUPPORTED.values()):
        importlib.import_module(f"moto.{service}.models")
    with mock.patch.dict(os.environ, CREDENTIALS), mock_aws():
        storage = boto3.client("s3")
        storage.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION})
        storage.put_object(Bucket="packages", Key="first", Body=b"a binary")
        yield


def deploy(options):
    """Deploys a form to the account. Returns the form, and the IDs of the created resources by name."""
    form = Form(options)
    declared = {name: each for name, each in form.transformed["Resources"].items() if each["Type"] in SUPPORTED}
    resources = {name: declared[name] | form.resources.get(name, {}) for name in declared}
    template = {name: form.transformed[name] for name in ("Parameters", "Mappings", "Conditions")}
    template["Resources"] = without(resources, form.transformed["Resources"].keys() - declared.keys())
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in form.parameters.items()]
    stacks = boto3.client("cloudformation")
    stacks.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Parameters=parameters)
    listed = stacks.describe_stack_resources(StackName=STACK)["StackResources"]
    # moto also lists resources whose condition is false, without a name.
    created = [each for each in listed if "LogicalResourceId" in each]
    return form, {each["LogicalResourceId"]: each.get("PhysicalResourceId") for each in created}


def missing_or_unexpected(options):
    """The names of the resources that moto did not create, or created in addition."""
    with account():
        form, created = deploy(options)
        expected = {name for name, each in form.resources.items() if each["Type"] in SUPPORTED}
        return sorted(expected ^ created.keys())


class Deployed(unittest.TestCase):
    def test_each_part_in_each_shape_can_be_deployed(self):
        inputs = [cover.options_of(each) for each in cover.cover()]
        for options, difference in zip(inputs, in_parallel(missing_or_unexpected, inputs), strict=True):
            with self.subTest(options=options):
                self.assertEqual(difference, [])

    def test_the_tables_are_what_the_functions_need(self):
        with account():
            _, names = deploy(choices.EVENTS)
            store = boto3.client("dynamodb")
            table = store.describe_table(TableName=names["ConferencesTable"])["Table"]
            self.assertEqual(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES")
            self.assertTrue(table["DeletionProtectionEnabled"])
            variables = boto3.client("lambda").get_function_configuration(FunctionName=names["CreateFunction"])
            self.assertEqual(variables["Environment"]["Variables"]["CONFERENCES_TABLE"], names["ConferencesTable"])


if __name__ == "__main__":
    unittest.main()
