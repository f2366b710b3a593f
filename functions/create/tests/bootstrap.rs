//! The compiled program, started cold under a Runtime API, with the sample events.

use std::time::{Duration, Instant};

use testbed::bootstrap::Bootstrap;
use testbed::proxy::{Fault, Proxy};
use testbed::sample_event;
use testbed::secrets_manager::SecretsManager;
use testbed::system::TestStore;

const PROGRAM: &str = env!("CARGO_BIN_EXE_create");

#[tokio::test]
async fn the_sample_events_make_one_conference_and_one_with_an_emoji() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(PROGRAM, &store).await;
    let (status, plain) = function.invoke(&sample_event("create")).await;
    assert_eq!(status, 200);
    assert_eq!(plain["conferenceId"], "ardnswrqsvwrrjsx6kfcoxqomh");
    let encoded = function.invoke(&sample_event("create-base64")).await;
    assert_eq!(encoded, (200, plain.clone()));
    let (status, emoji) = function.invoke(&sample_event("create-emoji")).await;
    assert_eq!(status, 200);
    assert_ne!(emoji["conferenceUrl"], plain["conferenceUrl"]);
    assert_eq!(store.number_of_conferences().await, 2);
}

#[tokio::test]
async fn the_forged_sample_event_is_refused_and_stores_nothing() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(PROGRAM, &store).await;
    let (status, body) = function.invoke(&sample_event("create-forged")).await;
    assert_eq!(status, 401);
    assert_eq!(body["category"], "INVALID_SIGNATURE");
    assert_eq!(body["correlationId"], "sample-create-forged");
    assert_eq!(store.number_of_conferences().await, 0);
}

#[tokio::test]
async fn two_programs_that_start_at_once_give_one_link() {
    let store = TestStore::start().await;
    let mut left = Bootstrap::start_on(PROGRAM, &store).await;
    let mut right = Bootstrap::start_on(PROGRAM, &store).await;
    let event = sample_event("create");
    let (left, right) = tokio::join!(left.invoke(&event), right.invoke(&event));
    assert_eq!(left.0, 200);
    assert_eq!(left, right);
    assert_eq!(store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn what_is_written_is_two_lines_a_request_with_nothing_personal_or_secret() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(PROGRAM, &store).await;
    for event in ["create", "create-emoji", "create-forged"] {
        function.invoke(&sample_event(event)).await;
    }
    let ended = function.end().await;
    ended.assert_discreet();
    let lines = ended.output.lines();
    let lines: Vec<serde_json::Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 6, "{}", ended.output);
    assert_eq!(lines[0]["outcome"], "created");
    assert_eq!(lines[0]["portalId"], 123_123);
    assert_eq!(lines[1]["Outcome"], "created");
    assert_eq!(lines[4]["level"], "WARN");
    assert_eq!(lines[4]["cause"], "signature v2 does not match");
}

#[tokio::test]
async fn an_event_that_is_none_costs_one_error_and_the_function_lives_on() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(PROGRAM, &store).await;
    function.fail("{\"hello\":1}").await;
    let mut broken = sample_event("create-base64");
    broken["body"] = "not base64!".into();
    function.fail(&broken.to_string()).await;
    assert_eq!(function.invoke(&sample_event("create")).await.0, 200);
    function.end().await.assert_discreet();
}

#[tokio::test]
async fn the_secret_comes_from_secrets_manager_when_it_is_named() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put(
        "AWSCURRENT",
        r#"{"clientSecret":"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy","conferenceKey":"development-only-conference-key"}"#,
    );
    let environment = [
        ("HUBSPOT_SECRET_ID", "hubspot"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.endpoint),
        ("AWS_ENDPOINT_URL_DYNAMODB", store.store.endpoint()),
        ("CONFERENCES_TABLE", &store.conferences),
        ("CONFERENCE_URL_TEMPLATE", "https://meet.example.com/{room}"),
    ];
    let mut function = Bootstrap::start(PROGRAM, &environment).await;
    let (status, body) = function.invoke(&sample_event("create")).await;
    assert_eq!(
        (status, &body["conferenceId"]),
        (200, &"ardnswrqsvwrrjsx6kfcoxqomh".into())
    );
    assert_eq!(
        secrets.take_requests(),
        2,
        "the current and the previous version"
    );
}

#[tokio::test]
async fn a_secrets_manager_that_is_mute_or_gone_keeps_the_function_from_starting_and_is_named() {
    let secrets = SecretsManager::start().await;
    let mute = Proxy::start(&secrets.endpoint).await;
    mute.set(Fault::Stall);
    for endpoint in [mute.endpoint(), "http://127.0.0.1:9"] {
        let environment = [
            ("HUBSPOT_SECRET_ID", "hubspot"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"),
            ("CONFERENCE_URL_TEMPLATE", "https://meet.example.com/{room}"),
        ];
        let started = Instant::now();
        let ended = Bootstrap::start(PROGRAM, &environment).await.wait().await;
        // Lambda ends a start after ten seconds, and then without a word.
        assert!(started.elapsed() < Duration::from_secs(8));
        assert!(!ended.status.success());
        let message = "HUBSPOT_SECRET_ID can't be read from Secrets Manager";
        assert!(ended.output.contains(message), "{}", ended.output);
    }
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_keeps_the_function_from_starting_and_is_named() {
    let good = [
        (
            "HUBSPOT_CLIENT_SECRET",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        ),
        ("CONFERENCE_KEY", "development-only-conference-key"),
        ("CONFERENCE_URL_TEMPLATE", "https://meet.example.com/{room}"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"),
    ];
    let wrong = [
        (
            "HUBSPOT_CLIENT_SECRET",
            "",
            "HUBSPOT_SECRET_ID is not set, nor is HUBSPOT_CLIENT_SECRET",
        ),
        ("CONFERENCE_KEY", "", "CONFERENCE_KEY is not set"),
        (
            "CONFERENCE_KEY",
            "too-short",
            "CONFERENCE_KEY must have at least 16 characters",
        ),
        (
            "CONFERENCE_URL_TEMPLATE",
            "",
            "CONFERENCE_URL_TEMPLATE is not set",
        ),
        (
            "CONFERENCE_URL_TEMPLATE",
            "http://x.example/{room}",
            "CONFERENCE_URL_TEMPLATE must begin with https://",
        ),
        (
            "INVITATION_TEMPLATE",
            "Welcome!",
            "INVITATION_TEMPLATE must contain {url}",
        ),
        (
            "RETRY_WINDOW_HOURS",
            "soon",
            "RETRY_WINDOW_HOURS must be a whole number",
        ),
        (
            "RETENTION_DAYS",
            "-1",
            "RETENTION_DAYS must be a whole number",
        ),
        (
            "MIN_SIGNATURE_VERSION",
            "v4",
            "MIN_SIGNATURE_VERSION must be v1, v2 or v3",
        ),
        (
            "PUBLIC_BASE_URL",
            "vc.example.com",
            "PUBLIC_BASE_URL must be an https URL",
        ),
        (
            "CONFERENCES_TABLE",
            "a b",
            "CONFERENCES_TABLE is not a DynamoDB table's name",
        ),
    ];
    for (name, value, message) in wrong {
        let mut environment = good.to_vec();
        environment.push((name, value));
        let ended = Bootstrap::start(PROGRAM, &environment).await.wait().await;
        assert!(!ended.status.success(), "{name}");
        assert!(ended.output.contains(message), "{name}: {}", ended.output);
        assert!(!ended.output.contains("too-short"));
    }
}
