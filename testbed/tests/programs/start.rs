//! How a function starts, and what it does between requests. What the functions share is tested with
//! create's binary.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::timestamp::Timestamp;
use testbed::ANY_PORT;
use testbed::bootstrap::Bootstrap;
use testbed::proxy::{Fault, Proxy};
use testbed::sample_event;
use testbed::secrets_manager::SecretsManager;
use testbed::silent_dns;
use testbed::system::TestStore;
use tokio::net::TcpListener;

use crate::secret::stored;
use crate::{CREATE, JOIN};

#[tokio::test]
async fn a_silent_store_is_503_in_time_even_right_after_the_start() {
    let store = TestStore::start().await;
    let proxy = Proxy::start(store.store.endpoint()).await;
    proxy.set(Fault::Stall);
    let mut event = sample_event("create");
    event["requestContext"]["timeEpoch"] = Timestamp::now().as_millis().into();
    let started = Instant::now();
    let proxied = [("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint())];
    let mut function = Bootstrap::start_with(CREATE, &store, &proxied).await;
    let (status, _) = function.invoke(&event).await;
    assert_eq!(status, 503);
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(4), "{waited:?}");
}

#[tokio::test]
async fn an_invalid_event_fails_and_the_function_keeps_running() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(CREATE, &store).await;
    function.fail("{\"hello\":1}").await;
    let mut broken = sample_event("create-base64");
    broken["body"] = "not base64!".into();
    function.fail(&broken.to_string()).await;
    assert_eq!(function.invoke(&sample_event("create")).await.0, 200);
    function.end().await.log();
}

#[tokio::test]
async fn the_keep_warm_event_is_answered_without_store_log_or_metric() {
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
    let mut function = Bootstrap::start_with(CREATE, &store, &settings).await;
    for _ in 0..3 {
        let answer = function.answer_to(&json!({"keepWarm": true})).await;
        assert_eq!(answer, Value::Null);
    }
    assert_eq!(secrets.take_requests(), 1, "at the start");
    assert_eq!(proxy.take_operations(), [""; 0]);
    assert_eq!(function.invoke(&sample_event("create")).await.0, 200);
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 1, "the webhook's: {lines:?}");
}

#[tokio::test]
async fn a_wrong_setting_stops_the_function_within_a_second_even_if_dns_never_answers() {
    // This error is found only after the DNS lookup for the store has started.
    let wrong = [
        (
            "HUBSPOT_CLIENT_SECRET",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        ),
        ("CONFERENCE_KEY", "too-short"),
        ("CONFERENCE_URL_TEMPLATE", "https://meet.example.com/{room}"),
        ("AWS_REGION", "us-east-1"),
    ];
    let Some(ended) = silent_dns::run(CREATE, &wrong) else {
        eprintln!("skipped: this machine does not allow network namespaces");
        return;
    };
    assert!(!ended.succeeded);
    let message = "CONFERENCE_KEY must have at least 16 characters";
    assert!(ended.output.contains(message), "{}", ended.output);
    assert!(ended.took < Duration::from_secs(1), "{:?}", ended.took);
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
        let ended = Bootstrap::start(CREATE, &environment).await.wait().await;
        assert!(!ended.status.success(), "{name}");
        assert!(ended.output.contains(message), "{name}: {}", ended.output);
        assert!(!ended.output.contains("too-short"));
    }
}

#[tokio::test]
async fn the_keep_warm_event_reopens_a_lost_connection() {
    let store = TestStore::start().await;
    for program in [CREATE, JOIN] {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let settings = [("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str())];
        let mut function = Bootstrap::start_with(program, &store, &settings).await;
        let (first, _) = listener.accept().await.unwrap();
        function.ready().await;
        drop(first);
        function.answer_to(&json!({"keepWarm": true})).await;
        let again = tokio::time::timeout(Duration::from_secs(10), listener.accept()).await;
        assert!(again.is_ok(), "{program} opens no second connection");
    }
}
