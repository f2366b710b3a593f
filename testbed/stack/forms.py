"""A *form* of the stack: what CloudFormation would deploy from template.yaml with given parameters.

SAM's own translator turns the template into plain CloudFormation. This module then resolves parameters, rules,
conditions and mappings as CloudFormation does, so that a form contains exactly what would be deployed.
"""

import copy
import functools
import json
import logging
import multiprocessing
import operator
import re
from pathlib import Path

import boto3
from cfnlint.config import ConfigMixIn, ManualArgs
from cfnlint.decode import decode_str
from cfnlint.runner import Runner
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

logging.disable(logging.ERROR)  # SAM, cfn-lint and moto: only their results count

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
REGION = "eu-central-1"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "hubspot-conference",
    "AWS::URLSuffix": "amazonaws.com",
}
REQUIRED = {"ConferenceUrlTemplate": "https://meet.example.com/{room}"}
NO_VALUE = object()


class Refused(Exception):
    """CloudFormation would not accept these parameters."""


class Form:
    """The stack for some parameters, with the template's defaults for the rest."""

    def __init__(self, parameters, code="first"):
        self.parameters = parameters_of(parameters)
        self.transformed = transform(self.parameters, code)
        values = Values(self.parameters, self.transformed)
        values.check_rules()
        self.conditions = {name: values.condition(name) for name in TEMPLATE["Conditions"]}
        self.resources = values.section("Resources")
        self.outputs = values.section("Outputs")

    def of_type(self, kind):
        return {name: each for name, each in self.resources.items() if each["Type"] == kind}

    def properties(self, name):
        return self.resources[name]["Properties"]

    def template(self):
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": self.resources, "Outputs": self.outputs}


# cfn-lint takes longer to read its rules than to apply them to a template, so they are read once.
LINTER = Runner(ConfigMixIn(**ManualArgs(regions=[REGION])))


def findings(template):
    """cfn-lint's findings for a plain CloudFormation template."""
    decoded, errors = decode_str(json.dumps(template))
    return [str(each) for each in errors or LINTER.validate_template(decoded)]


def in_parallel(function, inputs):
    """The results of a function for all inputs, in their order, computed on every core."""
    with multiprocessing.get_context("fork").Pool() as pool:
        return pool.map(function, inputs, chunksize=1)


def transform(parameters, code="first"):
    """The template in plain CloudFormation, with its parameters and conditions unresolved."""
    template = copy.deepcopy(TEMPLATE)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://packages/{code}"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    return translator.translate(template, parameters)


def names_in(node):
    """The names that a part of a template refers to: parameters, conditions, mappings and resources."""
    names = set()
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        match key, value:
            case "Ref" | "Condition" | "DependsOn", str():
                names.add(value)
            case "DependsOn", list():
                names.update(value)
            case "Fn::If" | "Fn::FindInMap" | "Fn::GetAtt", [str(name), *_]:
                names.add(name)
            case "Fn::Sub", str(text) | [str(text), _]:
                names.update(re.findall(r"\$\{([\w:]+)", text))
        names |= names_in(value)
    return names


def parameters_of(given):
    """The parameters with their defaults, if CloudFormation would accept them."""
    values = {}
    for name, declared in TEMPLATE["Parameters"].items():
        value = str({**REQUIRED, **given}.get(name, declared.get("Default")))
        limits = [
            value in map(str, declared.get("AllowedValues", [value])),
            re.fullmatch(declared.get("AllowedPattern", "(?s:.*)"), value),
            len(value) <= declared.get("MaxLength", 4096),
            declared["Type"] != "Number" or declared["MinValue"] <= int(value) <= declared["MaxValue"]
            if "MinValue" in declared
            else True,
        ]
        if not all(limits):
            raise Refused(f"{name}: {declared['ConstraintDescription']}")
        values[name] = value
    unknown = given.keys() - values.keys()
    assert not unknown, unknown
    return values


class Values:
    """Resolves the intrinsic functions whose result is known before deployment."""

    def __init__(self, parameters, transformed):
        self.known = {**PSEUDO_PARAMETERS, **parameters}
        self.transformed = transformed

    def check_rules(self):
        for rule in self.transformed["Rules"].values():
            if self.of(rule.get("RuleCondition", True)):
                for assertion in rule["Assertions"]:
                    if not self.of(assertion["Assert"]):
                        raise Refused(assertion["AssertDescription"])

    @functools.cache
    def condition(self, name):
        return self.of(self.transformed["Conditions"][name])

    def section(self, name):
        parts = {part: self.part(name, part) for part in self.transformed[name]}
        return {part: value for part, value in parts.items() if value is not None}

    def part(self, section, name):
        """A resource or an output, or None if its condition is false."""
        part = dict(self.transformed[section][name])
        if "Condition" in part and not self.condition(part.pop("Condition")):
            return None
        return self.of(part)

    def of(self, node):
        if isinstance(node, list):
            return [value for value in map(self.of, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, argument), *_ = node.items()
            if function in self.FUNCTIONS:
                return self.FUNCTIONS[function](self, argument)
        values = {key: self.of(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}

    def ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        return self.known.get(name, {"Ref": name})

    def if_(self, argument):
        condition, then, otherwise = argument
        return self.of(then if self.condition(condition) else otherwise)

    def find_in_map(self, argument):
        name, first, second = map(self.of, argument)
        return self.transformed["Mappings"][name][first][second]

    def sub(self, argument):
        """Substitutes known values. Values that only a deployed resource has stay references."""
        text, variables = argument if isinstance(argument, list) else (argument, {})
        variables = {name: self.of(value) for name, value in variables.items()}
        unresolved = {name: value for name, value in variables.items() if not isinstance(value, (str, dict))}
        assert not unresolved, unresolved

        def value_of(match):
            name = match.group(1)
            value = variables.get(name, self.known.get(name))
            match value:
                case None:
                    return match.group(0)
                case {"Fn::Sub": inner}:
                    return inner
                case {"Fn::GetAtt": path}:
                    return "${" + ".".join(path if isinstance(path, list) else [path]) + "}"
                case {"Ref": resource}:
                    return "${" + resource + "}"
            return str(value)

        text = re.sub(r"\$\{([^!}]+)\}", value_of, text)
        return {"Fn::Sub": text} if re.search(r"\$\{[^!]", text) else text.replace("${!", "${")

    FUNCTIONS = {
        "Ref": ref,
        "Condition": condition,
        "Fn::If": if_,
        "Fn::FindInMap": find_in_map,
        "Fn::Sub": sub,
        "Fn::Equals": lambda self, pair: operator.eq(*map(str, map(self.of, pair))),
        "Fn::Not": lambda self, argument: not self.of(argument[0]),
        "Fn::And": lambda self, all_of: all(map(self.of, all_of)),
        "Fn::Or": lambda self, any_of: any(map(self.of, any_of)),
    }
