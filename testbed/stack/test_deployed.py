"""Deploys what moto, a simulator of AWS, can make of a form: tables, functions, roles, keys and log groups.

It knows neither HTTP APIs, aliases, alarms, schedules, pipes nor secrets from CloudFormation, so no form as a whole can
run there. Whatever a part that it can make says of the others is replaced by a text.
"""

import contextlib
import importlib
import json
import os
import unittest
from unittest import mock

import boto3
import choices
from forms import REGION, Form
from moto import mock_aws

MAKES = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::IAM::Policy": "iam",
    "AWS::IAM::Role": "iam",
    "AWS::KMS::Key": "kms",
    "AWS::Lambda::Function": "awslambda",
    "AWS::Lambda::Version": "awslambda",
    "AWS::Logs::LogGroup": "logs",
}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION}


def without(node, missing):
    """The node, with every reference to what is missing replaced by its name."""
    match node:
        case {"Ref": name} if name in missing:
            return name
        case {"Fn::GetAtt": [name, _]} if name in missing:
            return f"arn:aws:none:{REGION}:123456789012:{name}"
        case {"Fn::Sub": str(text)}:
            for name in missing:
                text = text.replace(f"${{{name}", "${AWS::StackName")
            return {"Fn::Sub": text}
        case dict():
            return {key: without(value, missing) for key, value in node.items() if key != "DependsOn"}
        case list():
            return [without(value, missing) for value in node]
    return node


@contextlib.contextmanager
def account():
    """An empty account of AWS, with the package of the functions in it."""
    with mock.patch.dict(os.environ, CREDENTIALS), mock_aws():
        storage = boto3.client("s3")
        storage.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION})
        storage.put_object(Bucket="packages", Key="first", Body=b"a program")
        yield


class Deployed(unittest.TestCase):
    def setUp(self):
        for service in set(MAKES.values()):
            importlib.import_module(f"moto.{service}.models")

    def deploy(self, form):
        resources = {name: each for name, each in form.resources.items() if each["Type"] in MAKES}
        template = {"Resources": without(resources, form.resources.keys() - resources.keys())}
        stacks = boto3.client("cloudformation")
        stacks.create_stack(StackName="hubspot-conference", TemplateBody=json.dumps(template))
        made = stacks.describe_stack_resources(StackName="hubspot-conference")["StackResources"]
        self.assertEqual({each["LogicalResourceId"] for each in made}, resources.keys())
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId") for each in made}

    def test_every_two_options_together_can_be_deployed(self):
        for combination in choices.pairs():
            with self.subTest(combination=combination), account():
                self.deploy(choices.form_of(combination))

    def test_the_tables_are_what_the_functions_need(self):
        with account():
            names = self.deploy(Form(choices.EVENTS))
            store = boto3.client("dynamodb")
            table = store.describe_table(TableName=names["ConferencesTable"])["Table"]
            self.assertEqual(table["KeySchema"], [{"AttributeName": "conferenceId", "KeyType": "HASH"}])
            self.assertEqual(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES")
            self.assertTrue(table["DeletionProtectionEnabled"])
            variables = boto3.client("lambda").get_function_configuration(FunctionName=names["CreateFunction"])
            self.assertEqual(variables["Environment"]["Variables"]["CONFERENCES_TABLE"], names["ConferencesTable"])


if __name__ == "__main__":
    unittest.main()
