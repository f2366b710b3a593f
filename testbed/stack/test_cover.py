"""All combinations of options, checked through a few that contain each part in each of its shapes; see cover.py."""

import itertools
import json
import math
import random
import unittest

import cover
import openapi_spec_validator
from choices import CHOICES, DOMAIN, FORMS, TRAFFIC
from forms import ROOT, TEMPLATE, Form, Refused, Values, findings, in_parallel, names_in, parameters_of, transform

API = "AWS::ApiGatewayV2::Api"


def parts_of(template):
    """Each resource and output of a template: its section, its name and its shape."""
    for section in ("Resources", "Outputs"):
        for name, part in template.get(section, {}).items():
            yield section, name, cover.canonical(part)


def problems(template):
    """What cfn-lint and the OpenAPI validator report about a template."""
    found = findings(template)
    for api in (each["Properties"] for each in template["Resources"].values() if each["Type"] == API):
        found += [str(each) for each in openapi_spec_validator.OpenAPIV30SpecValidator(api["Body"]).iter_errors()]
        # API Gateway warns of a server without a URL. With FailOnWarnings, that would end the deployment.
        found += [f"no URL: {each}" for each in api["Body"]["servers"] if "url" not in each]
        found += ["FailOnWarnings"] if "FailOnWarnings" in api else []
    return found


def shapes():
    """Each part in each shape that it takes in any combination."""
    return {(part.section, part.name, shape) for part in cover.parts() for shape in part.shapes()}


def allowed_values(declared):
    """All values of a choice, or the limits of a number."""
    limits = [declared[name] for name in ("MinValue", "MaxValue") if name in declared]
    return [str(each) for each in declared.get("AllowedValues", limits)]


class EveryForm(unittest.TestCase):
    def test_the_documented_numbers_are_correct(self):
        combinations = math.prod(map(len, CHOICES.values()))
        text = (ROOT / "docs/production.md").read_text()
        self.assertIn(f"{combinations:,} combinations", text)
        self.assertIn(f"check {len(cover.cover())} stacks", text)

    def assert_free_of_findings(self, templates):
        for template, found in zip(templates, in_parallel(problems, templates), strict=True):
            with self.subTest(parts=[*template["Resources"], *template.get("Outputs", {})]):
                self.assertEqual(found, [])

    def test_each_part_in_each_shape_is_free_of_findings(self):
        templates = list(cover.stacks())
        self.assert_free_of_findings(templates)
        shown = {each for template in templates for each in parts_of(template)}
        self.assertEqual({each for each in shapes() if each[2] != cover.ABSENT}, shown)

    def test_each_whole_form_is_free_of_findings(self):
        self.assert_free_of_findings([Form(options).template() for options in FORMS.values()])

    def test_each_allowed_value_is_free_of_findings(self):
        values = {name: allowed_values(declared) for name, declared in TEMPLATE["Parameters"].items()}
        values = {name: each for name, each in values.items() if each}
        needed = DOMAIN | {"VideoSystemUrl": "https://meet.example.com"}
        inputs = [
            needed | {name: each[number % len(each)] for name, each in values.items()}
            for number in range(max(map(len, values.values())))
        ]
        self.assert_free_of_findings([Form(options).template() for options in inputs])

    def test_every_pair_of_options_is_covered(self):
        together = {pair for each in cover.cover() for pair in itertools.combinations(each.items(), 2)}
        self.assertEqual(together, set(cover.pairs()))

    def test_random_combinations_contain_only_known_shapes(self):
        """cover.py derives from the template what each part reads. This compares its shapes with those of real combinations."""
        rng = random.Random(1)
        for _ in range(30):
            combination = {choice: rng.randrange(len(values)) for choice, values in CHOICES.items()}
            with self.subTest(combination=combination):
                form = Form(cover.options_of(combination)).template()
                self.assertEqual(set(parts_of(form)), cover.shapes_in(combination))

    def test_only_the_choice_of_traffic_changes_sams_result(self):
        for choice, values in CHOICES.items():
            for number, options in enumerate(values):
                with self.subTest(options=options):
                    template = cover.templates()[number if choice == TRAFFIC else 0]
                    self.assertEqual(transform(parameters_of(options)), template)

    def test_every_parameter_that_a_condition_reads_is_a_choice(self):
        """Every other parameter only becomes part of a value."""
        read = set().union(*map(cover.read_by, TEMPLATE["Conditions"].values()))
        chosen = {name for values in CHOICES.values() for options in values for name in options}
        self.assertLessEqual(read, chosen)

    def test_a_choice_contains_every_combination_of_its_own_options(self):
        def conditions(options):
            values = Values(parameters_of(options), TEMPLATE)
            values.check_rules()
            return {name: values.condition(name) for name in TEMPLATE["Conditions"]}

        for choice, values in CHOICES.items():
            known = [conditions(options) for options in values]
            names = {name for options in values for name in options}
            given = [[(name, options[name]) for options in values if name in options] for name in names]
            for some in itertools.product(*([None, *each] for each in given)):
                options = dict(each for each in some if each)
                with self.subTest(choice=choice, options=options):
                    try:
                        self.assertIn(conditions(options), known)
                    except Refused:
                        pass

    def test_nothing_refers_to_a_part_that_is_absent(self):
        """In any combination. It is enough to combine the choices that the two parts read."""
        resources = {part.name: part for part in cover.parts() if part.section == "Resources"}
        optional = {name: part for name, part in resources.items() if cover.ABSENT in part.shapes()}
        for part in cover.parts():
            for name in part.names() & optional.keys():
                choices = dict.fromkeys([*part.choices, *optional[name].choices])
                for values in itertools.product(*(range(len(CHOICES[choice])) for choice in choices)):
                    combination = dict(zip(choices, values))
                    if optional[name].shape_in(combination) == cover.ABSENT:
                        referred = names_in(json.loads(part.shape_in(combination)))
                        self.assertNotIn(name, referred, (part.name, combination))


if __name__ == "__main__":
    unittest.main()
