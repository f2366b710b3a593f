"""Checks template.yaml as it would be deployed, with every option off and on.

Run it from the project's folder, with what .ci/requirements.txt installs:
python -m unittest discover --start-directory testbed/stack
"""

import functools
import itertools
import json
import re
import unittest

import choices
from choices import CANARY, DOMAIN, JITSI, ZONE
from forms import REGION, REQUIRED, ROOT, TEMPLATE, Form, Refused, findings, names_in
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

FUNCTIONS = ["CreateFunction", "UpdateFunction", "DeleteFunction", "VerifyFunction"]
ROUTES = dict(zip(["/create-meeting", "/update-meeting", "/delete-meeting", "/verify-user"], FUNCTIONS))

JOIN_ROUTES = {
    "/join/{conferenceId}": {"get", "head", "post"},
    "/join": {"get", "head"},
    "/join/": {"get", "head"},
    "/host/{token}": {"get", "head"},
}

FORMS = {name: Form(parameters) for name, parameters in choices.FORMS.items()}

# The metrics of AWS services that alarms and the dashboard use, with their dimensions:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
METRICS_OF_AWS = {
    ("AWS/Lambda", "Errors"): {("FunctionName",): "AWS::Lambda::Function"},
    ("AWS/Lambda", "Throttles"): {("FunctionName",): "AWS::Lambda::Function"},
    ("AWS/Lambda", "Duration"): {("FunctionName",): "AWS::Lambda::Function"},
    ("AWS/ApiGateway", "Count"): {("ApiId",): "AWS::ApiGatewayV2::Api"},
    ("AWS/ApiGateway", "4xx"): {("ApiId",): "AWS::ApiGatewayV2::Api"},
    ("AWS/ApiGateway", "5xx"): {("ApiId",): "AWS::ApiGatewayV2::Api"},
    ("AWS/ApiGateway", "Latency"): {("ApiId",): "AWS::ApiGatewayV2::Api"},
    ("AWS/DynamoDB", "ReadThrottleEvents"): {("TableName",): "AWS::DynamoDB::Table"},
    ("AWS/DynamoDB", "WriteThrottleEvents"): {("TableName",): "AWS::DynamoDB::Table"},
}

# What a function may do for traces.
TRACE = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]

# The metrics that each alarm must watch, with the statistic, and the outcome if the alarm is about one.
REQUESTS = ("HubSpotConference", "Requests", "Sum", None)
CALLS = ("AWS/ApiGateway", "Count", "Sum", None)
ALARMS = {
    "FunctionErrorsAlarm": {("AWS/Lambda", "Errors", "Sum", None), REQUESTS},
    "FunctionThrottlesAlarm": {("AWS/Lambda", "Throttles", "Sum", None), CALLS},
    "FunctionDurationAlarm": {("AWS/Lambda", "Duration", "p99", None)},
    "ApiErrorsAlarm": {("AWS/ApiGateway", "5xx", "Sum", None), CALLS},
    "ApiRejectionsAlarm": {("HubSpotConference", "RejectedRequests", "Sum", None), CALLS},
    "InternalErrorsAlarm": {("HubSpotConference", "Requests", "Sum", "internal_error"), REQUESTS},
    "RefusedSignaturesAlarm": {("HubSpotConference", "Requests", "Sum", "invalid_signature"), REQUESTS},
    "StoreThrottlesAlarm": {
        ("AWS/DynamoDB", "WriteThrottleEvents", "Sum", None),
        ("AWS/DynamoDB", "ReadThrottleEvents", "Sum", None),
    },
}
VIDEO_SYSTEM_ALARM = {"VideoSystemAlarm": {("HubSpotConference", "Requests", "Sum", "unavailable"), REQUESTS}}
QUIET_ALARM = {
    "NoWebhooksAlarm": {("HubSpotConference", "Requests", "Sum", "invalid_signature"), REQUESTS},
}

# The metrics that the dashboard must show, with their dimensions, for every webhook or function.
SHOWN = {
    "traffic": ("HubSpotConference", "Requests", "Stack", "Webhook"),
    "outcomes": ("HubSpotConference", "Requests", "Stack", "Webhook", "Outcome"),
    "signature versions": ("HubSpotConference", "Requests", "Stack", "Webhook", "SignatureVersion"),
    "what the API rejects": ("HubSpotConference", "RejectedRequests", "Stack"),
    "latency as HubSpot sees it": ("AWS/ApiGateway", "Latency", "ApiId"),
    "latency of the functions": ("AWS/Lambda", "Duration", "FunctionName"),
    "what API Gateway refuses": ("AWS/ApiGateway", "4xx", "ApiId"),
}


class OurMetrics:
    """The metrics that the functions write, parsed from their code."""

    source = (ROOT / "shared/src/telemetry.rs").read_text()
    namespace = re.search(r'NAMESPACE: &str = "(\w+)"', source).group(1)
    # The source has a line `&["A", "B"],` for each set of dimensions, and `name: "A"` for each metric.
    dimensions = {
        tuple(re.findall(r'"(\w+)"', each)) for each in re.findall(r"^ +&\[(.*)\],$", source, re.MULTILINE)
    }
    names = set(re.findall(r'\bname: "(\w+)"', source))
    # A metric filter of the template counts this one in the API's access log.
    counted_in_logs = {"RejectedRequests": ("Stack",)}
    values = {
        "Stack": {"hubspot-conference"},
        "Webhook": {each.parent.name for each in ROOT.glob("functions/*/Cargo.toml")},
        "Outcome": set(re.findall(r'=> "([a-z_]+)"', (ROOT / "shared/src/outcome.rs").read_text())),
        "SignatureVersion": {"v1", "v2", "v3", "none"},
    }


def functions_of(form):
    return FUNCTIONS + (["JoinFunction"] if form.conditions["HasVideoSystem"] else [])


def video_system_secret(form):
    return form.parameters["VideoSystemSecretArn"] or {"Ref": "VideoSystemSecret"}


def in_every_form(test):
    """Runs a test for each form, as a subtest with the form's name."""

    @functools.wraps(test)
    def in_each(self):
        for name, form in FORMS.items():
            with self.subTest(form=name):
                test(self, form)

    return in_each


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(form):
    """Every policy statement of a role, inline or in a separate policy, with the role's name."""
    for role, resource in form.of_type("AWS::IAM::Role").items():
        for policy in resource["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield role, statement
    for policy in form.of_type("AWS::IAM::Policy").values():
        for role, statement in itertools.product(
            policy["Properties"]["Roles"], policy["Properties"]["PolicyDocument"]["Statement"]
        ):
            yield role["Ref"], statement


def metrics_of(alarm):
    """Namespace, name and dimensions of each metric that an alarm watches."""
    stats = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for metric in stats or [alarm]:
        yield metric["Namespace"], metric["MetricName"], {
            each["Name"]: each["Value"] for each in metric["Dimensions"]
        }


def statistics_of(alarm):
    return [each["MetricStat"]["Stat"] for each in alarm.get("Metrics", []) if "MetricStat" in each] or [alarm["Statistic"]]


def shown_by(widget):
    """Namespace, name and dimensions of each metric in a widget, with the dimensions' values."""
    for metric in widget["properties"].get("metrics", []):
        if isinstance(metric[0], dict):
            for schema, condition in re.findall(r"SEARCH\('\{(.*?)\} (.*?)'", metric[0]["expression"]):
                namespace, *dimensions = schema.split(",")
                sought = dict(re.findall(r'(\w+)="([\w-]+)"', condition))
                yield (namespace, sought.pop("MetricName"), *dimensions), sought
        else:
            namespace, name, *dimensions = [each for each in metric if isinstance(each, str)]
            yield (namespace, name, *dimensions[::2]), dict(zip(dimensions[::2], dimensions[1::2]))


def dashboard(form):
    body = form.properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    return json.loads(body)["widgets"]


def other_values(declared, value):
    """Other allowed values of a number or a choice. None for a text."""
    if declared["Type"] != "Number" and "AllowedValues" in declared:
        return [str(each) for each in declared["AllowedValues"] if str(each) != value]
    if "AllowedValues" in declared:
        return [str(declared["AllowedValues"][-1])]
    return [str(declared["MaxValue"])] if declared["Type"] == "Number" else []


def settings(form, function):
    """The properties that a function's versions contain: all except its reserved concurrency."""
    properties = {key: each for key, each in form.properties(function).items() if key != "ReservedConcurrentExecutions"}
    return json.dumps(properties, sort_keys=True)


class EveryForm(unittest.TestCase):
    def test_sams_result_with_unresolved_conditions_is_free_of_findings(self):
        for name in ("defaults", "everything"):
            # cfn-lint doesn't know that a deployment group only exists together with its role.
            found = [each for each in findings(FORMS[name].transformed) if "'ServiceRoleArn' is a required" not in each]
            self.assertEqual(found, [])

    @in_every_form
    def test_a_function_may_do_one_thing_to_one_table_read_one_secret_and_write_its_own_log(self, form):
        tables = {
            "CreateFunction": ("dynamodb:PutItem", "ConferencesTable"),
            "UpdateFunction": ("dynamodb:UpdateItem", "ConferencesTable"),
            "DeleteFunction": ("dynamodb:UpdateItem", "ConferencesTable"),
            "VerifyFunction": ("dynamodb:BatchGetItem", "UsersTable"),
        }
        secrets = dict.fromkeys(FUNCTIONS, {"Ref": "HubSpotSecret"})
        if form.conditions["HasVideoSystem"]:
            tables["JoinFunction"] = ("dynamodb:GetItem", "ConferencesTable")
            secrets["JoinFunction"] = video_system_secret(form)
        expected = {
            f"{function}Role": [
                (action, {"Fn::GetAtt": [table, "Arn"]}),
                ("secretsmanager:GetSecretValue", secrets[function]),
                (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": [f"{function}Logs", "Arn"]}),
            ]
            for function, (action, table) in tables.items()
        }
        found = {}
        for role, statement in statements(form):
            # The roles of the pipe and of the keep-warm calls, traces and a key of one's own have tests of their own.
            if role not in ("ConferenceEventsRole", "KeepWarmRole") and statement["Action"] not in (TRACE, "kms:Decrypt"):
                found.setdefault(role, []).append((statement["Action"], statement["Resource"]))
        self.assertEqual(found, expected)
        for function in functions_of(form):
            self.assertEqual(form.properties(function)["Role"], {"Fn::GetAtt": [f"{function}Role", "Arn"]})

    @in_every_form
    def test_join_knows_its_own_secret_and_not_hubspots(self, form):
        if form.conditions["HasVideoSystem"]:
            join = form.properties("JoinFunction")
            self.assertEqual(join["Environment"]["Variables"]["VIDEO_SYSTEM_SECRET_ID"], video_system_secret(form))
            self.assertNotIn("HubSpotSecret", json.dumps(join))

    @in_every_form
    def test_only_a_pipe_sends_conferences_to_the_event_bus(self, form):
        pipes = form.of_type("AWS::Pipes::Pipe")
        stream = form.properties("ConferencesTable").get("StreamSpecification")
        if not form.conditions["HasConferenceEventBus"]:
            self.assertEqual((pipes, stream), ({}, None))
            return
        (pipe,) = [each["Properties"] for each in pipes.values()]
        self.assertEqual(pipe["Source"], {"Fn::GetAtt": ["ConferencesTable", "StreamArn"]})
        self.assertEqual(pipe["Target"], f"arn:aws:events:{REGION}:123456789012:event-bus/default")
        self.assertEqual(stream, {"StreamViewType": "NEW_AND_OLD_IMAGES"})
        (pattern,) = [json.loads(each["Pattern"]) for each in pipe["SourceParameters"]["FilterCriteria"]["Filters"]]
        self.assertEqual(pattern, {"eventName": ["INSERT", "MODIFY"]})
        allowed = [each for role, each in statements(form) if role == "ConferenceEventsRole"]
        self.assertEqual(allowed[0]["Resource"], pipe["Source"])
        self.assertEqual((allowed[1]["Action"], allowed[1]["Resource"]), ("events:PutEvents", pipe["Target"]))

    @in_every_form
    def test_only_tracing_is_allowed_on_all_resources(self, form):
        traced = set()
        for role, statement in statements(form):
            self.assertEqual(statement["Effect"], "Allow")
            self.assertNotIn("*", "".join(listed(statement["Action"])))
            if "*" in json.dumps(statement["Resource"]):
                self.assertEqual(statement["Action"], TRACE, role)
                traced.add(role)
        on = form.conditions["HasTracing"]
        self.assertEqual(traced, {f"{function}Role" for function in functions_of(form)} if on else set())
        for function in functions_of(form):
            mode = form.properties(function)["TracingConfig"]["Mode"]
            self.assertEqual(mode, "Active" if on else "PassThrough")

    @in_every_form
    def test_every_role_has_the_boundary_if_there_is_one(self, form):
        boundary = form.parameters["PermissionsBoundary"] or None
        for role in form.of_type("AWS::IAM::Role").values():
            self.assertEqual(role["Properties"].get("PermissionsBoundary"), boundary)

    @in_every_form
    def test_no_parameter_changes_a_secret(self, form):
        """A change of a secret's properties could generate a new key. So no property may depend on a parameter."""
        expected = {"HubSpotSecret": ({"clientSecret": ""}, "conferenceKey")}
        if form.conditions["MakesVideoSystemSecret"]:
            expected["VideoSystemSecret"] = ({}, "roomKey")
        self.assertEqual(form.of_type("AWS::SecretsManager::Secret").keys(), expected.keys())
        for name, (template, key) in expected.items():
            declared = dict(TEMPLATE["Resources"][name])
            declared.pop("Condition", None)
            self.assertEqual(form.resources[name], declared)
            generated = declared["Properties"]["GenerateSecretString"]
            self.assertEqual(json.loads(generated["SecretStringTemplate"]), template)
            self.assertEqual(generated["GenerateStringKey"], key)

    @in_every_form
    def test_no_parameter_is_a_secret(self, form):
        self.assertFalse([name for name, each in TEMPLATE["Parameters"].items() if "NoEcho" in each])

    @in_every_form
    def test_the_only_managed_policy_is_codedeploys(self, form):
        managed = {
            name: role["Properties"]["ManagedPolicyArns"]
            for name, role in form.of_type("AWS::IAM::Role").items()
            if "ManagedPolicyArns" in role["Properties"]
        }
        policy = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"
        self.assertEqual(managed, {"CodeDeployRole": [policy]} if form.conditions["IsGradual"] else {})

    @in_every_form
    def test_variables_for_local_development_are_absent(self, form):
        for function in FUNCTIONS:
            variables = form.properties(function)["Environment"]["Variables"]
            local = {"HUBSPOT_CLIENT_SECRET", "CONFERENCE_KEY", "AWS_ENDPOINT_URL_DYNAMODB"}
            self.assertFalse(local & variables.keys())
            self.assertNotIn("AWS::NoValue", json.dumps(form.properties(function)))

    @in_every_form
    def test_what_existing_links_depend_on_is_retained(self, form):
        kept = {name for name, each in form.resources.items() if each.get("UpdateReplacePolicy") == "Retain"}
        key = {"EncryptionKey"} if form.conditions["HasCustomerManagedKey"] else set()
        room_key = {"VideoSystemSecret"} if form.conditions["MakesVideoSystemSecret"] else set()
        self.assertEqual(kept, {"ConferencesTable", "UsersTable", "HubSpotSecret"} | key | room_key)
        for name in kept:
            # CloudFormation can't delete a table with deletion protection, not even after a failed first deployment.
            protected = form.properties(name).get("DeletionProtectionEnabled", False)
            policy = "Retain" if protected else "RetainExceptOnCreate"
            self.assertEqual(form.resources[name]["DeletionPolicy"], policy)

    @in_every_form
    def test_what_a_failed_first_deployment_leaves_does_not_block_the_next(self, form):
        for name, each in form.resources.items():
            # A version is deleted with its function.
            if each.get("DeletionPolicy") == "Retain" and each["Type"] != "AWS::Lambda::Version":
                self.assertFalse({"TableName", "Name", "Tags"} & each["Properties"].keys(), name)
                self.assertEqual(each["Properties"]["BillingMode"], "PAY_PER_REQUEST")

    @in_every_form
    def test_the_functions_are_kept_warm_where_they_are_called(self, form):
        schedules = form.of_type("AWS::Scheduler::Schedule")
        if not form.conditions["HasKeepWarm"]:
            self.assertEqual(schedules, {})
            return
        targets = [each["Properties"]["Target"] for each in schedules.values()]
        gradual = form.conditions["IsGradual"]
        called = [
            {"Ref": f"{function}Aliaslive"} if gradual else {"Fn::GetAtt": [function, "Arn"]}
            for function in functions_of(form)
        ]
        self.assertEqual([each["Arn"] for each in targets], called)
        self.assertEqual({each["Input"] for each in targets}, {'{"keepWarm":true}'})
        (statement,) = [each for role, each in statements(form) if role == "KeepWarmRole"]
        self.assertEqual((statement["Action"], statement["Resource"]), ("lambda:InvokeFunction", called))

    @in_every_form
    def test_a_functions_settings_fit_into_four_kilobytes(self, form):
        """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
        longest = {
            "ConferenceUrlTemplate": "https://meet.example.com/{room}".ljust(1000, "x"),
            "PublicBaseUrl": "https://www.example.com/".ljust(300, "x"),
            "VideoSystemUrl": "https://bbb.example.com/".ljust(500, "x"),
        }
        invitations = [character * length for character, length in [("a", 1595), ("ü", 795), ("会", 395), ("😀", 395)]]
        for invitation in invitations:
            other = Form(form.parameters | longest | {"InvitationTemplate": "{url}" + invitation})
            for function in functions_of(form):
                variables = other.properties(function)["Environment"]["Variables"]
                # Known only after deployment: a table's name has at most 255 characters, and a secret's ARN has fewer.
                size = sum(
                    len(name.encode()) + (len(value.encode()) if isinstance(value, str) else 255)
                    for name, value in variables.items()
                )
                self.assertLess(size, 4096, function)

    @in_every_form
    def test_metrics_have_the_stacks_name_as_a_dimension(self, form):
        for function in functions_of(form):
            self.assertEqual(form.properties(function)["Environment"]["Variables"]["STACK_NAME"], "hubspot-conference")
        (transformation,) = form.properties("RejectedRequestsFilter")["MetricTransformations"]
        self.assertEqual(transformation["Dimensions"], [{"Key": "Stack", "Value": "$.stack"}])
        access_log = form.of_type("AWS::ApiGatewayV2::Stage").popitem()[1]["Properties"]["AccessLogSettings"]
        line = json.loads(access_log["Format"])
        self.assertEqual(line["stack"], "hubspot-conference")
        self.assertEqual(line["status"], "$context.status")

    @in_every_form
    def test_the_api_may_invoke_exactly_the_functions_that_it_calls(self, form):
        paths = form.properties("HttpApi")["Body"]["paths"]
        routes = {path: (function, {"post"}, f"/*/POST{path}") for path, function in ROUTES.items()}
        if form.conditions["HasVideoSystem"]:
            for path, methods in JOIN_ROUTES.items():
                routes[path] = ("JoinFunction", methods, "/*/*/host/*" if "host" in path else "/*/*/join*")
        self.assertEqual(paths.keys(), routes.keys())
        gradual = form.conditions["IsGradual"]
        permissions = [each["Properties"] for each in form.of_type("AWS::Lambda::Permission").values()]
        for path, (function, methods, source) in routes.items():
            self.assertEqual(paths[path].keys(), methods)
            for method in methods:
                uri = paths[path][method]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                called = f"/functions/${{{function}Aliaslive}}/" if gradual else f"/functions/${{{function}.Arn}}/"
                self.assertIn(called, uri)
            (permission,) = [each for each in permissions if each["SourceArn"]["Fn::Sub"].endswith(f":${{HttpApi}}{source}")]
            self.assertEqual(permission["FunctionName"], {"Ref": f"{function}Aliaslive" if gradual else function})

    @in_every_form
    def test_clicks_have_throttling_limits_of_their_own(self, form):
        (stage,) = form.of_type("AWS::ApiGatewayV2::Stage").values()
        settings = stage["Properties"].get("RouteSettings", {})
        routes = {f"{method.upper()} {path}" for path, methods in JOIN_ROUTES.items() for method in methods}
        self.assertEqual(settings.keys(), routes if form.conditions["HasVideoSystem"] else set())
        for each in settings.values():
            self.assertEqual(each, {"ThrottlingRateLimit": "50", "ThrottlingBurstLimit": "100"})

    def assert_metric_exists(self, form, namespace, name, dimensions):
        if namespace == OurMetrics.namespace:
            if name in OurMetrics.counted_in_logs:
                self.assertEqual(tuple(dimensions), OurMetrics.counted_in_logs[name])
            else:
                self.assertIn(name, OurMetrics.names)
                self.assertIn(tuple(dimensions), OurMetrics.dimensions)
            for dimension, value in dimensions.items():
                self.assertIn(value, OurMetrics.values[dimension])
        else:
            kind = METRICS_OF_AWS[namespace, name][tuple(dimensions)]
            (value,) = dimensions.values()
            resource = value["Ref"] if isinstance(value, dict) else value.removeprefix("${").removesuffix("}")
            self.assertEqual(form.resources[resource]["Type"], kind)

    @in_every_form
    def test_every_alarm_watches_a_metric_that_exists(self, form):
        for alarm in form.of_type("AWS::CloudWatch::Alarm").values():
            for metric in metrics_of(alarm["Properties"]):
                self.assert_metric_exists(form, *metric)

    @in_every_form
    def test_there_is_an_alarm_for_each_way_to_fail(self, form):
        watched = {}
        for name, each in form.of_type("AWS::CloudWatch::Alarm").items():
            alarm = each["Properties"]
            watched[name] = {
                (namespace, metric, statistic, dimensions.get("Outcome"))
                for (namespace, metric, dimensions), statistic in zip(metrics_of(alarm), statistics_of(alarm), strict=True)
            }
        expected = dict(ALARMS)
        if form.conditions["HasQuietAlarm"]:
            expected |= QUIET_ALARM
        if form.conditions["HasVideoSystem"]:
            expected |= VIDEO_SYSTEM_ALARM
        self.assertEqual(watched, expected)

    @in_every_form
    def test_an_alarm_on_functions_watches_all_of_them(self, form):
        for name, alarm in form.of_type("AWS::CloudWatch::Alarm").items():
            watched = {}
            for namespace, metric, dimensions in metrics_of(alarm["Properties"]):
                for each in {"FunctionName", "Webhook"} & dimensions.keys():
                    others = {key: value for key, value in dimensions.items() if key != each}
                    watched.setdefault((namespace, metric, str(others)), set()).add(str(dimensions[each]))
            if name == "VideoSystemAlarm":
                continue  # watches only join
            # Signatures and HubSpot's limit of five seconds don't apply to join.
            of_hubspot = name in ("RefusedSignaturesAlarm", "NoWebhooksAlarm", "FunctionDurationAlarm")
            for which, functions in watched.items():
                self.assertEqual(len(functions), 4 if of_hubspot else len(functions_of(form)), (name, which))

    @in_every_form
    def test_refused_signatures_are_compared_with_all_requests(self, form):
        metrics = {each["Id"]: each for each in form.properties("RefusedSignaturesAlarm")["Metrics"]}
        self.assertEqual(metrics["alarm"]["Expression"], "IF(wrong >= 10 AND 20 * wrong > requests, wrong, 0)")
        for total, part, dimensions in [
            ("wrong", "refused", {"Stack", "Webhook", "Outcome"}),
            ("requests", "all", {"Stack", "Webhook"}),
        ]:
            self.assertEqual(metrics[total]["Expression"], f'SUM(FILL(METRICS("{part}"), 0))')
            summed = [each["MetricStat"]["Metric"] for name, each in metrics.items() if part in name]
            self.assertEqual(len(summed), 4)
            for metric in summed:
                self.assertEqual({each["Name"] for each in metric["Dimensions"]}, dimensions)

    @in_every_form
    def test_alarms_can_go_off_and_recover(self, form):
        for name, each in form.of_type("AWS::CloudWatch::Alarm").items():
            alarm = each["Properties"]
            with self.subTest(alarm=name):
                periods = {m["MetricStat"]["Period"] for m in alarm.get("Metrics", []) if "MetricStat" in m}
                (period,) = periods or {alarm["Period"]}
                if name == "NoWebhooksAlarm":  # goes off when there is no data
                    self.assertEqual(alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"])
                    self.assertEqual(alarm["TreatMissingData"], "breaching")
                else:
                    self.assertLess(alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"])
                    self.assertEqual(alarm["TreatMissingData"], "notBreaching")
                # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
                longest = 86400 if period < 3600 else 7 * 86400
                self.assertLessEqual(period * int(alarm["EvaluationPeriods"]), longest)
                # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
                self.assertLessEqual(len([m for m in alarm.get("Metrics", []) if "MetricStat" in m]), 10)
                returned = [m for m in alarm.get("Metrics", []) if m.get("ReturnData", True)]
                self.assertEqual(len(returned), 1 if "Metrics" in alarm else 0)

    @in_every_form
    def test_alarms_notify_the_topic_if_there_is_one(self, form):
        topic = form.parameters["AlarmTopicArn"]
        for alarm in form.of_type("AWS::CloudWatch::Alarm").values():
            for action in ("AlarmActions", "OKActions"):
                self.assertEqual(alarm["Properties"].get(action), [topic] if topic else None)

    @in_every_form
    def test_an_invalid_topic_fails_before_anything_valuable_is_created(self, form):
        """CloudWatch rejects an alarm whose topic is in another region: "Invalid region". So one alarm comes first."""
        first = form.resources["InternalErrorsAlarm"]
        self.assertFalse(names_in(first) & form.resources.keys())
        waiting = {"InternalErrorsAlarm"}
        while more := {name for name, each in form.resources.items() if names_in(each) & waiting} - waiting:
            waiting |= more
        for kind in ("AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::ApiGatewayV2::Api", "AWS::Pipes::Pipe"):
            self.assertLessEqual(form.of_type(kind).keys(), waiting)

    @in_every_form
    def test_the_dashboard_shows_metrics_and_logs_that_exist(self, form):
        for widget in dashboard(form):
            for (namespace, name, *dimensions), values in shown_by(widget):
                if "SEARCH" in json.dumps(widget) and namespace == OurMetrics.namespace and len(dimensions) > 2:
                    self.assertIn(tuple(dimensions), OurMetrics.dimensions)
                    for dimension, value in values.items():
                        self.assertIn(value, OurMetrics.values[dimension])
                else:
                    self.assert_metric_exists(form, namespace, name, values)
            for group in re.findall(r"SOURCE '\$\{(\w+)\}'", widget["properties"].get("query", "")):
                self.assertEqual(form.resources[group]["Type"], "AWS::Logs::LogGroup")

    @in_every_form
    def test_the_dashboard_shows_what_an_operator_needs(self, form):
        shown = [metric for widget in dashboard(form) for metric in shown_by(widget)]
        for what, sought in SHOWN.items():
            with self.subTest(what=what):
                values = [values for metric, values in shown if metric == sought]
                self.assertTrue(values)
                webhooks = {function.removesuffix("Function").lower() for function in functions_of(form)}
                for dimension, all_of in [
                    ("FunctionName", {f"${{{function}}}" for function in functions_of(form)}),
                    ("Webhook", webhooks),
                    ("SignatureVersion", OurMetrics.values["SignatureVersion"]),
                ]:
                    named = {each[dimension] for each in values if dimension in each}
                    self.assertIn(named, [set(), all_of])
        queries = [widget["properties"].get("query", "") for widget in dashboard(form)]
        cold_starts = any("count(record.metrics.initDurationMs) as coldStarts" in each for each in queries)
        self.assertEqual(cold_starts, form.conditions["HasPlatformLogs"])

    @in_every_form
    def test_the_dashboard_shows_every_alarm_and_every_functions_log(self, form):
        text = json.dumps(dashboard(form))
        for alarm in form.of_type("AWS::CloudWatch::Alarm"):
            self.assertIn(f"${{{alarm}.Arn}}", text)
        if form.conditions["HasPlatformLogs"]:
            for function in functions_of(form):
                self.assertIn(f"SOURCE '${{{function}Logs}}'", text)

    def test_the_widgets_of_the_dashboard_do_not_overlap(self):
        taken = set()
        for widget in dashboard(FORMS["everything"]):
            cells = set(
                itertools.product(
                    range(widget["x"], widget["x"] + widget["width"]),
                    range(widget["y"], widget["y"] + widget["height"]),
                )
            )
            self.assertFalse(cells & taken)
            self.assertLessEqual(max(x for x, _ in cells), 23)
            taken |= cells


class Options(unittest.TestCase):
    def test_the_forms_have_every_condition_true_and_false(self):
        for condition in TEMPLATE["Conditions"]:
            self.assertEqual({form.conditions[condition] for form in FORMS.values()}, {True, False}, condition)

    def test_only_the_link_template_is_required(self):
        self.assertFalse([name for name, each in TEMPLATE["Parameters"].items() if "Default" not in each])
        self.assertEqual(REQUIRED.keys(), {"ConferenceUrlTemplate"})
        with self.assertRaises(Refused):
            Form({"ConferenceUrlTemplate": ""})

    def test_the_defaults_have_no_optional_resources(self):
        kinds = {each["Type"] for each in FORMS["defaults"].resources.values()}
        self.assertFalse({kind for kind in kinds if re.search("CodeDeploy|KMS|DomainName|Route53|IAM::Policy", kind)})
        self.assertNotIn("xray:", json.dumps(FORMS["defaults"].resources))

    def test_without_a_video_system_and_an_event_bus_nothing_of_them_is_there(self):
        """The stack is then the same as if the template didn't support them."""
        for name, form in FORMS.items():
            if form.conditions["HasVideoSystem"] or form.conditions["HasConferenceEventBus"]:
                continue
            with self.subTest(form=name):
                text = json.dumps([form.resources, form.outputs])
                text = text.replace("HubSpot's video conference extension", "")
                found = re.search("join|host/|video|roomkey|pipes|stream[^s\"]|moderators", text, re.IGNORECASE)
                self.assertIsNone(found)
        for function in FUNCTIONS:
            self.assertNotIn("ReservedConcurrentExecutions", FORMS["defaults"].properties(function))

    def test_parameters_that_cannot_work_are_refused(self):
        for parameters in [
            {"DomainName": DOMAIN["DomainName"]},
            ZONE,
            DOMAIN | {"DomainName": "*.example.com"},
            DOMAIN | {"DomainName": "https://vc.example.com"},
            {"DomainName": "vc.example.xn--"},
            {"DisableExecuteApiEndpoint": "true"},
            {"ConferenceUrlTemplate": "http://meet.example.com/{room}"},
            {"ConferenceUrlTemplate": "https://meet.example.com/besprechung-für-{room}"},
            {"InvitationTemplate": "Join!"},
            {"InvitationTemplate": "{url}" + "ü" * 1000},
            {"InvitationTemplate": "{url}" + "会" * 500},
            {"LogRetentionDays": "8"},
            {"AlarmTopicArn": "alarms"},
            {"VideoSystem": "zoom"},
            {"VideoSystem": "jitsi"},
            {"VideoSystem": "jitsi", "VideoSystemUrl": "http://meet.example.com"},
            {"JoinOpensMinutes": "soon"},
            {"ConferenceEventBusName": "arn:aws:events:eu-central-1:123456789012:event-bus/default"},
            {"PermissionsBoundary": "Developers"},
            {"GradualDeployment": "off"},
            {"Release": ""},
            {"ReservedConcurrency": "-1"},
        ]:
            with self.subTest(parameters=parameters), self.assertRaises(Refused):
                Form(parameters)

    def test_parameters_that_can_work_are_accepted(self):
        for parameters in [
            DOMAIN | {"DomainName": "vc.xn--bcher-kva.xn--p1ai"},
            {"InvitationTemplate": "参加する: {url}"},
            {"LogRetentionDays": "3288"},
            {"VideoSystem": "jaas", "ConferenceUrlTemplate": ""},
            {"VideoSystem": "bigbluebutton", "VideoSystemUrl": "https://bbb.example.com/bigbluebutton/"},
            {"PermissionsBoundary": "arn:aws-us-gov:iam::aws:policy/PowerUserAccess"},
        ]:
            with self.subTest(parameters=parameters):
                Form(parameters)

    def test_reserved_concurrency_is_set_for_each_function(self):
        for function in FUNCTIONS:
            self.assertEqual(FORMS["reserved concurrency"].properties(function)["ReservedConcurrentExecutions"], "5")

    def test_signatures_and_outputs_agree_on_the_address(self):
        for name, variable, address in [
            ("defaults", "", "${HttpApi.ApiEndpoint}"),
            # Signatures are checked against the address that received the request: the domain name or the default one.
            ("domain name", "", "https://vc.example.com"),
            ("closed default address", "", "https://vc.example.com"),
            ("proxy", "https://www.example.com/hubspot", "https://www.example.com/hubspot"),
            ("proxy before a domain name", "https://www.example.com/hubspot", "https://www.example.com/hubspot"),
        ]:
            with self.subTest(form=name):
                form = FORMS[name]
                for function in FUNCTIONS:
                    self.assertEqual(form.properties(function)["Environment"]["Variables"]["PUBLIC_BASE_URL"], variable)
                for output, path in zip(["CreateMeeting", "UpdateMeeting", "DeleteMeeting", "VerifyUser"], ROUTES):
                    value = form.outputs[f"{output}Url"]["Value"]
                    self.assertEqual(value["Fn::Sub"] if isinstance(value, dict) else value, address + path)

    @in_every_form
    def test_the_default_address_is_open_until_a_parameter_closes_it(self, form):
        servers = form.properties("HttpApi")["Body"]["servers"]
        (closed,) = [each["x-amazon-apigateway-endpoint-configuration"] for each in servers]
        self.assertEqual(closed, {"disableExecuteApiEndpoint": form.parameters["DisableExecuteApiEndpoint"] == "true"})

    def test_a_domain_name_is_mapped_to_the_default_stage(self):
        form = FORMS["domain name in a hosted zone"]
        mapping = form.properties("CustomDomainMapping")
        self.assertEqual(form.resources[mapping["Stage"]["Ref"]]["Type"], "AWS::ApiGatewayV2::Stage")
        self.assertNotIn("ApiMappingKey", mapping)
        self.assertEqual(form.properties("CustomDomainRecord")["Name"], "vc.example.com")
        self.assertNotIn("CustomDomainRecord", FORMS["domain name"].resources)
        self.assertIn("CustomDomainTarget", FORMS["domain name"].outputs)

    @in_every_form
    def test_a_customer_managed_key_is_on_tables_and_logs(self, form):
        properties = {
            "AWS::Logs::LogGroup": lambda each: each.get("KmsKeyId"),
            "AWS::DynamoDB::Table": lambda each: each["SSESpecification"].get("KMSMasterKeyId"),
        }
        key = {"Fn::GetAtt": ["EncryptionKey", "Arn"]} if form.conditions["HasCustomerManagedKey"] else None
        for kind, key_of in properties.items():
            for each in form.of_type(kind).values():
                self.assertEqual(key_of(each["Properties"]), key)

    @in_every_form
    def test_functions_may_use_that_key_only_to_decrypt_through_two_services(self, form):
        own = form.conditions["HasCustomerManagedKey"]
        found = {role: each for role, each in statements(form) if "kms:" in json.dumps(each["Action"])}
        roles = {f"{function}Role" for function in functions_of(form)}
        if form.conditions["HasConferenceEventBus"]:
            roles.add("ConferenceEventsRole")
        self.assertEqual(found.keys(), roles if own else set())
        for statement in found.values():
            self.assertEqual(statement["Action"], "kms:Decrypt")
            self.assertEqual(statement["Resource"], {"Fn::GetAtt": ["EncryptionKey", "Arn"]})
            through = statement["Condition"]["StringEquals"]["kms:ViaService"]
            self.assertEqual(through, [f"{each}.{REGION}.amazonaws.com" for each in ("dynamodb", "secretsmanager")])

    def test_the_key_policy_covers_every_log_group(self):
        form = FORMS["customer managed key"]
        account, logs = form.properties("EncryptionKey")["KeyPolicy"]["Statement"]
        self.assertEqual(account["Principal"], {"AWS": "arn:aws:iam::123456789012:root"})
        self.assertEqual(logs["Principal"], {"Service": f"logs.{REGION}.amazonaws.com"})
        allowed = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
        for group in form.of_type("AWS::Logs::LogGroup").values():
            arn = f"arn:aws:logs:{REGION}:123456789012:log-group:{group['Properties']['LogGroupName']}"
            self.assertTrue(any(arn.startswith(each.removesuffix("*")) for each in allowed), arn)


class GradualDeployment(unittest.TestCase):
    def versions(self, form):
        return {name: each["Properties"]["Description"] for name, each in form.of_type("AWS::Lambda::Version").items()}

    def test_every_function_is_watched_while_traffic_moves(self):
        for name, config in [("canary", "LambdaCanary10Percent10Minutes"), ("linear", "LambdaLinear10PercentEvery1Minute")]:
            form = FORMS[name]
            for function in FUNCTIONS:
                group = form.properties(f"{function}DeploymentGroup")
                self.assertEqual(group["DeploymentConfigName"], f"CodeDeployDefault.{config}")
                self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["AutoRollbackConfiguration"]["Events"])
                alarms = [each["Name"]["Ref"] for each in group["AlarmConfiguration"]["Alarms"]]
                self.assertTrue(set(alarms) <= form.of_type("AWS::CloudWatch::Alarm").keys())
                self.assertEqual(len(alarms), 4)
                policy = form.resources[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
                self.assertEqual(policy["DeploymentGroupName"], {"Ref": f"{function}DeploymentGroup"})

    def test_new_code_is_a_new_version(self):
        before, after = Form(CANARY), Form(CANARY, code="second")
        self.assertFalse(self.versions(before).keys() & self.versions(after).keys())

    def test_a_new_release_is_a_new_version_and_changes_the_function_so_that_lambda_agrees(self):
        before, after = Form(CANARY), Form(CANARY | {"Release": "2"})
        for function in FUNCTIONS:
            self.assert_published(function, before, after, True)

    def test_a_changed_number_or_choice_is_a_new_version_of_the_functions_that_it_changes(self):
        """Lambda publishes no version of an unchanged function, and without a new version a setting never takes effect."""
        before = Form(CANARY | DOMAIN | JITSI | {"JoinOpensMinutes": "1"})
        for name, declared in TEMPLATE["Parameters"].items():
            if name in ("GradualDeployment", "Architecture"):  # not a setting; always comes with new code
                continue
            others = [value for value in other_values(declared, before.parameters[name]) if value != "link"]
            for value in others + (["2"] if name == "JoinOpensMinutes" else []):
                after = Form(before.parameters | {name: value})
                for function in functions_of(before):
                    with self.subTest(parameter=name, function=function):
                        self.assert_published(function, before, after, settings(before, function) != settings(after, function))

    def test_a_video_system_is_a_new_version_of_create(self):
        before, after = Form(CANARY), Form(CANARY | JITSI)
        for function in FUNCTIONS:
            self.assert_published(function, before, after, function == "CreateFunction")

    def test_a_versions_description_has_at_most_256_characters(self):
        longest = {"Release": "x" * 32, "JoinOpensMinutes": "99999", "VideoSystemUrl": "https://bbb.example.com"}
        for name, declared in TEMPLATE["Parameters"].items():
            if declared["Type"] == "Number" and "MaxValue" in declared:
                longest[name] = str(declared["MaxValue"])
            elif "AllowedValues" in declared and name != "GradualDeployment":
                longest[name] = max(map(str, declared["AllowedValues"]), key=len)
        for description in self.versions(Form(DOMAIN | CANARY | longest)).values():
            self.assertLessEqual(len(description), 256)

    def assert_published(self, function, before, after, expected):
        descriptions = [
            form.resources[form.resources[f"{function}Aliaslive"]["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]]
            ["Properties"]["Description"]
            for form in (before, after)
        ]
        self.assertEqual(descriptions[0] != descriptions[1], expected, descriptions)

    def test_sam_still_publishes_nothing_for_a_changed_parameter(self):
        """This is why the version's description contains the settings, and why the API calls the alias only in gradual
        deployments. If SAM changes this, both workarounds can be removed."""
        before, after = Form(CANARY), Form(CANARY | {"PublicBaseUrl": "https://www.example.com"})
        self.assertEqual(self.versions(before), self.versions(after))


class SamLocal(unittest.TestCase):
    def test_every_variable_in_env_json_is_one_that_sam_local_passes_on(self):
        named = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
        for function in [*FUNCTIONS, "JoinFunction"]:
            named |= TEMPLATE["Resources"][function]["Properties"]["Environment"]["Variables"].keys()
        env = json.loads((ROOT / "events/env.json").read_text())["Parameters"]
        self.assertTrue(env.keys() <= named)

    def test_sam_local_finds_every_route(self):
        stacks, _ = SamLocalStackProvider.get_stacks(str(ROOT / "template.yaml"))
        routes = ApiProvider(stacks).api.routes
        self.assertEqual({route.path: route.function_name for route in routes}, ROUTES)
        self.assertEqual({route.payload_format_version for route in routes}, {"2.0"})


if __name__ == "__main__":
    unittest.main()
