//! An operator checks a deployment.

use serde_json::{Value, json};
use shared::timestamp::Timestamp;
use simulator::system::{Options, Simulator};

use crate::fake_aws::{self, Log, SIGNED_IN, STACK};
use crate::fake_hubspot::FakeHubSpot;
use crate::fake_secrets::FakeSecrets;
use crate::program::{self, Ended};

const HOUR: i64 = 3_600_000;

const FUNCTIONS: [&str; 4] = [
    "CreateFunction",
    "UpdateFunction",
    "DeleteFunction",
    "VerifyFunction",
];

/// A deployed stack: the simulator's webhooks and tables, a secret, and logs.
struct Deployed {
    local: Simulator,
    secrets: FakeSecrets,
    hubspot: FakeHubSpot,
    logs: String,
}

impl Deployed {
    async fn new(client_secret: &str) -> Self {
        let local = Simulator::start(Options::on_free_ports()).await.unwrap();
        let key = "the-key-that-all-links-depend-on";
        let stored = json!({"clientSecret": client_secret, "conferenceKey": key});
        let settings = settings(&local.base_url);
        Self {
            local,
            secrets: FakeSecrets::start(&stored.to_string()).await,
            hubspot: FakeHubSpot::start().await.with_settings(settings),
            logs: fake_aws::cloudwatch_logs(FUNCTIONS.map(|name| (name, Ok(vec![]))).into()).await,
        }
    }

    async fn with_logs(mut self, logs: Vec<(&'static str, Log)>) -> Self {
        self.logs = fake_aws::cloudwatch_logs(logs).await;
        self
    }

    async fn doctor(&self, more: &[&str]) -> Ended {
        let base = &self.local.base_url;
        let urls = [
            "create-meeting",
            "update-meeting",
            "delete-meeting",
            "verify-user",
        ];
        let urls = urls.map(|path| format!("{base}/{path}"));
        let [create, update, delete, verify] = urls.each_ref().map(String::as_str);
        let cloud = fake_aws::cloud_formation(&[
            ("CreateMeetingUrl", create),
            ("UpdateMeetingUrl", update),
            ("DeleteMeetingUrl", delete),
            ("VerifyUserUrl", verify),
            ("ConferencesTableName", "conferences"),
            ("UsersTableName", "users"),
            ("HubSpotSecretArn", "arn:aws:secret"),
        ])
        .await;
        let store = self.local.dynamodb_url.as_str();
        let mut environment = SIGNED_IN.to_vec();
        environment.extend([
            ("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud.as_str()),
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", self.logs.as_str()),
            ("AWS_ENDPOINT_URL_DYNAMODB", store),
            (
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                self.secrets.endpoint.as_str(),
            ),
            ("HUBSPOT_DEVELOPER_API_KEY", "a-key-that-nobody-sees"),
        ]);
        let api = self.hubspot.base.as_str();
        let mut arguments = vec!["doctor", "--stack", STACK, "--api-base", api];
        arguments.extend(more);
        program::run(&arguments, &environment, "").await
    }
}

fn settings(base: &str) -> Value {
    json!({
        "createMeetingUrl": format!("{base}/create-meeting"),
        "updateMeetingUrl": format!("{base}/update-meeting"),
        "deleteMeetingUrl": format!("{base}/delete-meeting"),
        "userVerifyUrl": format!("{base}/verify-user"),
    })
}

/// The result of each check.
fn verdicts(ended: &Ended) -> Vec<(String, String)> {
    let report: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let pair = |finding: &Value| (text(finding, "check"), text(finding, "verdict"));
    report.iter().map(pair).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_passed_check_is_reported() {
    let deployed = Deployed::new(simulator::sample::CLIENT_SECRET).await;
    let ended = deployed.doctor(&["--json", "--app-id", "7"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let checks = [
        "stack",
        "secret",
        "signature",
        "clock",
        "settings",
        "directory",
        "errors",
        "errors",
        "errors",
        "errors",
    ];
    let expected = checks.map(|check| (check.to_owned(), "ok".to_owned()));
    assert_eq!(verdicts(&ended), expected, "{ended:?}");
    let ended = deployed.doctor(&[]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.stdout.contains("skipped settings"),
        "{}",
        ended.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failed_check_has_a_remedy() {
    let deployed = Deployed::new("an0ther0-secret0-than-the-functions").await;
    let ended = deployed.doctor(&[]).await;
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stdout.contains("FAIL    signature"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("PublicBaseUrl"), "{}", ended.stdout);

    let fresh = Deployed::new("").await;
    let ended = fresh.doctor(&["--json"]).await;
    assert_eq!(ended.code, 1, "{ended:?}");
    let pair = |check: &str, verdict: &str| (check.to_owned(), verdict.to_owned());
    let found = verdicts(&ended);
    assert!(found.contains(&pair("secret", "failed")), "{found:?}");
    assert!(found.contains(&pair("signature", "skipped")), "{found:?}");
    assert!(
        ended.stdout.contains("secret set --stack"),
        "{}",
        ended.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_functions_errors_are_reported_with_the_cause_of_the_last_one() {
    let now = Timestamp::now().as_millis();
    let failed = |cause: &str| {
        let outcome = "store_unavailable";
        json!({"level": "ERROR", "message": "webhook answered", "outcome": outcome, "cause": cause})
    };
    let logs = vec![
        (
            "CreateFunction",
            Ok(vec![
                (now - 25 * HOUR, failed("yesterday's")),
                (now - HOUR, failed("DynamoDB: no answer in time\u{1b}[2J")),
                (now - 2 * HOUR, failed("an earlier one")),
                (
                    now - 1000,
                    json!({"level": "WARN", "outcome": "invalid_signature"}),
                ),
            ]),
        ),
        (
            "UpdateFunction",
            Ok(vec![(now - 25 * HOUR, failed("yesterday's"))]),
        ),
        ("VerifyFunction", Err("AccessDeniedException")),
    ];
    let deployed = Deployed::new(simulator::sample::CLIENT_SECRET).await;
    let deployed = deployed.with_logs(logs).await;
    let ended = deployed.doctor(&["--json"]).await;
    assert_eq!(ended.code, 1, "{ended:?}");
    let report: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let about = |function: &str| {
        let is_about = |finding: &&Value| {
            finding["check"] == "errors" && finding["found"].as_str().unwrap().starts_with(function)
        };
        report.iter().find(is_about).unwrap()
    };
    let says = |finding: &Value, verdict: &str, words: &[&str]| {
        assert_eq!(finding["verdict"], verdict, "{finding}");
        let text = format!("{} {}", finding["found"], finding["remedy"]);
        for word in words {
            assert!(text.contains(word), "{text} lacks {word}");
        }
    };
    let create = about("CreateFunction");
    says(
        create,
        "failed",
        &[
            "CreateFunction: 2 in the last 24 hours",
            "store_unavailable (DynamoDB: no answer in time",
            "/aws/lambda/hubspot-conference/CreateFunction",
        ],
    );
    assert!(
        !create["found"].as_str().unwrap().contains('\u{1b}'),
        "{create}"
    );
    says(about("UpdateFunction"), "ok", &["none"]);
    let missing = ["not checked", "no log group", "logs:FilterLogEvents"];
    says(about("DeleteFunction"), "skipped", &missing);
    let denied = ["not checked", "logs:FilterLogEvents"];
    says(about("VerifyFunction"), "skipped", &denied);
}

#[test]
fn the_template_names_the_logs_as_doctor_does() {
    let template = include_str!("../../../template.yaml");
    for function in FUNCTIONS.into_iter().chain(["JoinFunction"]) {
        let name = format!("LogGroupName: !Sub /aws/lambda/${{AWS::StackName}}/{function}\n");
        assert!(template.contains(&name), "{name}");
    }
}
