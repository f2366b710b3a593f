"""What the stack leaves in an account, and the permissions that the deploying role needs."""

import json
import unittest

from choices import FORMS
from forms import ROOT, Form, findings
from samtranslator.yaml_helper import yaml_parse

FORMS = {name: Form(parameters) for name, parameters in FORMS.items()}

# The actions with which CloudFormation creates and deletes each kind of resource:
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
ACTIONS = {
    "AWS::ApiGatewayV2::Api": "apigateway:POST apigateway:DELETE apigateway:PUT",
    "AWS::ApiGatewayV2::ApiMapping": "apigateway:POST apigateway:DELETE",
    "AWS::ApiGatewayV2::DomainName": "apigateway:POST apigateway:DELETE",
    "AWS::ApiGatewayV2::Stage": "apigateway:POST apigateway:DELETE apigateway:PATCH logs:CreateLogDelivery",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm cloudwatch:DeleteAlarms",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard cloudwatch:DeleteDashboards",
    "AWS::CodeDeploy::Application": "codedeploy:CreateApplication codedeploy:DeleteApplication",
    "AWS::CodeDeploy::DeploymentGroup": "codedeploy:CreateDeploymentGroup codedeploy:CreateDeployment iam:PassRole",
    "AWS::DynamoDB::Table": "dynamodb:CreateTable dynamodb:UpdateTimeToLive dynamodb:UpdateContinuousBackups",
    "AWS::IAM::Policy": "iam:PutRolePolicy iam:DeleteRolePolicy",
    "AWS::IAM::Role": "iam:CreateRole iam:DeleteRole iam:PutRolePolicy iam:AttachRolePolicy",
    "AWS::KMS::Key": "kms:CreateKey kms:EnableKeyRotation kms:PutKeyPolicy",
    "AWS::Lambda::Alias": "lambda:CreateAlias lambda:UpdateAlias lambda:DeleteAlias",
    "AWS::Lambda::Function": "lambda:CreateFunction lambda:UpdateFunctionCode lambda:DeleteFunction iam:PassRole",
    "AWS::Lambda::Permission": "lambda:AddPermission lambda:RemovePermission",
    "AWS::Lambda::Version": "lambda:PublishVersion",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup logs:PutRetentionPolicy logs:DeleteLogGroup",
    "AWS::Logs::MetricFilter": "logs:PutMetricFilter logs:DeleteMetricFilter",
    "AWS::Pipes::Pipe": "pipes:CreatePipe pipes:DeletePipe iam:PassRole",
    "AWS::Route53::RecordSet": "route53:ChangeResourceRecordSets route53:GetChange",
    "AWS::Scheduler::Schedule": "scheduler:CreateSchedule scheduler:DeleteSchedule iam:PassRole",
    "AWS::SecretsManager::Secret": "secretsmanager:CreateSecret secretsmanager:GetRandomPassword",
}


def listed(value):
    return value if isinstance(value, list) else [value]


class RetainedResources(unittest.TestCase):
    kept = yaml_parse((ROOT / "docs/kept.yaml").read_text())

    def test_the_import_template_has_exactly_what_the_stack_retains(self):
        form = FORMS["defaults"]
        retained = {name: dict(each) for name, each in form.resources.items() if "UpdateReplacePolicy" in each}
        for each in retained.values():
            each.pop("DependsOn", None)  # the order of creation doesn't matter in an import
        self.assertEqual(self.kept["Resources"], retained)

    def test_it_can_be_imported(self):
        """CloudFormation requires a deletion policy for each imported resource, and no reference to a missing one:
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html"""
        self.assertEqual(findings(self.kept), [])
        self.assertNotRegex(json.dumps(self.kept), "Fn::|Ref")
        for each in self.kept["Resources"].values():
            self.assertIn("DeletionPolicy", each)


class DeployingRole(unittest.TestCase):
    policy = json.loads((ROOT / ".github/deploy-policy.json").read_text())

    def test_it_may_create_and_delete_every_kind_of_resource(self):
        allowed = {action for each in self.policy["Statement"] for action in listed(each["Action"])}
        kinds = {each["Type"] for form in FORMS.values() for each in form.resources.values()}
        self.assertEqual(ACTIONS.keys(), kinds)
        for kind, actions in ACTIONS.items():
            self.assertLessEqual(set(actions.split()), allowed, kind)

    def test_it_may_pass_roles_only_to_the_services_that_assume_them(self):
        (statement,) = [each for each in self.policy["Statement"] if each["Action"] == "iam:PassRole"]
        trusted = {
            service
            for form in FORMS.values()
            for role in form.of_type("AWS::IAM::Role").values()
            for each in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            for service in listed(each["Principal"]["Service"])
        }
        self.assertEqual(set(statement["Condition"]["StringEquals"]["iam:PassedToService"]), trusted)

    def test_it_fits_into_a_roles_inline_policy(self):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        self.assertLessEqual(len(json.dumps(self.policy, separators=(",", ":"))), 10240)


if __name__ == "__main__":
    unittest.main()
