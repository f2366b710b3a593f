//! The compiled binary, cold-started under a Runtime API, with the sample events.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::timestamp::Timestamp;
use testbed::bootstrap::Bootstrap;
use testbed::cold_start;
use testbed::mute_names;
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
async fn what_is_written_is_one_line_a_request_with_nothing_personal_or_secret() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(PROGRAM, &store).await;
    for event in ["create", "create-emoji", "create-forged"] {
        function.invoke(&sample_event(event)).await;
    }
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0]["outcome"], "created");
    assert_eq!(lines[0]["portalId"], 123_123);
    assert_eq!(lines[0]["Outcome"], "created");
    assert_eq!(lines[2]["level"], "WARN");
    assert_eq!(lines[2]["cause"], "signature v2 does not match");
}

#[tokio::test]
async fn an_item_that_cannot_be_read_costs_no_meeting_and_is_not_in_the_log() {
    const SPOILED: &str = "ardnswrqsvwrrjsx6kfcoxqomh";
    let store = TestStore::start().await;
    store.put_sample_conference().await;
    store.spoil(SPOILED).await;
    let mut function = Bootstrap::start_on(PROGRAM, &store).await;
    let (status, body) = function.invoke(&sample_event("create")).await;
    assert_eq!(status, 200);
    assert_ne!(body["conferenceId"], SPOILED);
    let lines = function.end().await.log();
    assert_eq!(lines[0]["outcome"], "created");
    assert!(lines[0]["cause"].is_null());
}

#[tokio::test]
async fn a_mute_store_is_answered_in_time_even_if_the_function_has_just_started() {
    let store = TestStore::start().await;
    let proxy = Proxy::start(store.store.endpoint()).await;
    proxy.set(Fault::Stall);
    let mut event = sample_event("create");
    event["requestContext"]["timeEpoch"] = Timestamp::now().as_millis().into();
    let started = Instant::now();
    let mute = [("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint())];
    let mut function = Bootstrap::start_with(PROGRAM, &store, &mute).await;
    let (status, _) = function.invoke(&event).await;
    assert_eq!(status, 503);
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(4), "{waited:?}");
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
    function.end().await.log();
}

#[tokio::test]
async fn the_schedules_event_is_answered_without_store_log_or_metric() {
    let store = TestStore::start().await;
    let proxy = Proxy::start(store.store.endpoint()).await;
    let secrets = SecretsManager::start().await;
    secrets.put(
        "AWSCURRENT",
        &stored("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    );
    let settings = [
        ("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint()),
        ("HUBSPOT_SECRET_ID", "hubspot"),
        ("HUBSPOT_CLIENT_SECRET", ""),
        ("CONFERENCE_KEY", ""),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.endpoint),
    ];
    let mut function = Bootstrap::start_with(PROGRAM, &store, &settings).await;
    for _ in 0..3 {
        let answer = function.answer_to(&json!({"keepWarm": true})).await;
        assert_eq!(answer, Value::Null);
    }
    assert_eq!(secrets.take_requests(), 1, "the start's");
    assert_eq!(proxy.take_operations(), [""; 0]);
    assert_eq!(function.invoke(&sample_event("create")).await.0, 200);
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 1, "the webhook's: {lines:?}");
}

#[tokio::test]
async fn a_wrong_setting_ends_the_function_at_once_where_name_servers_give_no_answer() {
    // Known only once the DNS lookup for the store has started.
    let wrong = [
        (
            "HUBSPOT_CLIENT_SECRET",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        ),
        ("CONFERENCE_KEY", "too-short"),
        ("CONFERENCE_URL_TEMPLATE", "https://meet.example.com/{room}"),
        ("AWS_REGION", "us-east-1"),
    ];
    let Some(ended) = mute_names::run(PROGRAM, &wrong) else {
        eprintln!("skipped: this machine does not allow network namespaces");
        return;
    };
    assert!(!ended.succeeded);
    let message = "CONFERENCE_KEY must have at least 16 characters";
    assert!(ended.output.contains(message), "{}", ended.output);
    assert!(ended.took < Duration::from_secs(1), "{:?}", ended.took);
}

#[tokio::test]
async fn the_secret_comes_from_secrets_manager_when_it_is_named() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put(
        "AWSCURRENT",
        &stored("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    );
    let mut function = start_with_secret(&store, &secrets).await;
    let (status, body) = function.invoke(&sample_event("create")).await;
    assert_eq!(
        (status, &body["conferenceId"]),
        (200, &"ardnswrqsvwrrjsx6kfcoxqomh".into())
    );
    assert_eq!(secrets.take_requests(), 1, "the current version alone");
}

#[tokio::test]
async fn a_rotated_secret_is_read_when_a_signature_fails_and_forgeries_cause_no_storm() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put("AWSCURRENT", &stored("the-secret-before-the-rotation"));
    let mut function = start_with_secret(&store, &secrets).await;
    secrets.put("AWSPREVIOUS", &stored("the-secret-before-the-rotation"));
    secrets.put(
        "AWSCURRENT",
        &stored("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    );
    let (status, _) = function.invoke(&sample_event("create")).await;
    assert_eq!(status, 200);
    assert_eq!(
        secrets.take_requests(),
        3,
        "one at the start, two for the failed signature"
    );
    for _ in 0..3 {
        let (status, _) = function.invoke(&sample_event("create-forged")).await;
        assert_eq!(status, 401);
    }
    assert_eq!(secrets.take_requests(), 0);
}

fn stored(client_secret: &str) -> String {
    format!(
        "{{\"clientSecret\":\"{client_secret}\",\"conferenceKey\":\"development-only-conference-key\"}}"
    )
}

/// The function with its secret in Secrets Manager, started and ready.
async fn start_with_secret(store: &TestStore, secrets: &SecretsManager) -> Bootstrap {
    let mut function = Bootstrap::start_with_secret(PROGRAM, store, &secrets.endpoint).await;
    function.ready().await;
    function
}

#[tokio::test]
async fn while_secrets_manager_is_in_trouble_a_start_answers_503_and_a_retry_makes_one_conference()
{
    let store = TestStore::start().await;
    cold_start::is_healed_by_a_retry(PROGRAM, &store, "create", 200).await;
    assert_eq!(store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn a_secrets_manager_that_is_gone_is_503_too() {
    let store = TestStore::start().await;
    let gone = "http://127.0.0.1:9";
    let mut function = Bootstrap::start_with_secret(PROGRAM, &store, gone).await;
    for event in ["create", "create-forged"] {
        assert_eq!(function.invoke(&sample_event(event)).await.0, 503);
    }
}

#[tokio::test]
async fn a_secret_that_turns_out_to_be_wrong_later_is_500_and_not_busy() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put("AWSCURRENT", "hush");
    let proxy = Proxy::start(&secrets.endpoint).await;
    proxy.set(Fault::ServerError);
    let mut function = Bootstrap::start_with_secret(PROGRAM, &store, proxy.endpoint()).await;
    assert_eq!(function.invoke(&sample_event("create")).await.0, 503);
    proxy.set(Fault::None);
    assert_eq!(function.invoke(&sample_event("create")).await.0, 500);
}

#[tokio::test]
async fn a_secret_that_needs_somebodys_hand_keeps_the_function_from_starting_and_is_named() {
    let no_key = "{\"clientSecret\":\"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy\"}";
    let absent = SecretsManager::start().await;
    let forbidden = SecretsManager::start().await;
    forbidden.refuse("AWSCURRENT");
    let malformed = SecretsManager::start().await;
    malformed.put("AWSCURRENT", "hush");
    let without_key = SecretsManager::start().await;
    without_key.put("AWSCURRENT", no_key);
    let wrong = [
        (absent, "Secrets Manager: there is no such secret"),
        (forbidden, "AccessDeniedException"),
        (malformed, "does not hold JSON with a clientSecret"),
        (without_key, "holds a conferenceKey that is not set"),
    ];
    let store = TestStore::start().await;
    for (secrets, message) in wrong {
        let function = Bootstrap::start_with_secret(PROGRAM, &store, &secrets.endpoint).await;
        let ended = function.wait().await;
        assert!(!ended.status.success(), "{message}");
        assert!(ended.output.contains("HUBSPOT_SECRET_ID"), "{message}");
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
            "HUBSPOT_CLIENT_SECRET",
            "yyyyyyyy yyyy yyyy",
            "HUBSPOT_CLIENT_SECRET has characters that no client secret of HubSpot's has",
        ),
        (
            "AWS_ENDPOINT_URL_DYNAMODB",
            "localhost:8000",
            "AWS_ENDPOINT_URL_DYNAMODB must be one URL",
        ),
        (
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "\"http://localhost:8000\"",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER must be one URL",
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
