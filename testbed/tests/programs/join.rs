//! The join link's binary, with the sample clicks and its own secret.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::bootstrap::Bootstrap;
use testbed::proxy::{Fault, Proxy};
use testbed::sample_event;
use testbed::secrets_manager::SecretsManager;
use testbed::silent_dns;
use testbed::system::TestStore;

use crate::JOIN;

const SECRET: &str = "{\"roomKey\":\"development-only-room-key\"}";

/// Sends a sample event, and returns the page's status and state.
async fn click(function: &mut Bootstrap, event: &str) -> (u64, String) {
    let answer = function.answer_to(&sample_event(event)).await;
    let html = answer["body"].as_str().unwrap();
    let (_, rest) = html.split_once("data-state=\"").unwrap();
    let state = rest.split('"').next().unwrap().to_owned();
    (answer["statusCode"].as_u64().unwrap(), state)
}

fn row(status: u64, state: &str) -> (u64, String) {
    (status, state.to_owned())
}

/// The function with its secret in the Secrets Manager at `endpoint`.
async fn start_with_secret(store: &TestStore, endpoint: &str) -> Bootstrap {
    let named = [
        ("VIDEO_SYSTEM_SECRET_ID", "video"),
        ("VIDEO_SYSTEM_SECRET", ""),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint),
    ];
    Bootstrap::start_with(JOIN, store, &named).await
}

#[tokio::test]
async fn the_sample_clicks_show_the_page_of_the_sample_meeting() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(JOIN, &store).await;
    assert_eq!(click(&mut function, "join").await, row(404, "unknown"));
    store.put_sample_conference().await;
    // The sample meeting took place in 2018.
    for event in ["join", "join-post"] {
        assert_eq!(click(&mut function, event).await, row(410, "over"));
    }
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 3, "one line for each request: {lines:?}");
    assert_eq!(lines[2]["webhook"], "join");
    assert_eq!(lines[2]["outcome"], "over");
}

#[tokio::test]
async fn the_join_link_starts_without_any_of_hubspots_secrets() {
    let store = TestStore::start().await;
    let environment = [
        ("VIDEO_SYSTEM", "jitsi"),
        ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
        ("VIDEO_SYSTEM_SECRET", SECRET),
        ("AWS_ENDPOINT_URL_DYNAMODB", store.store.endpoint()),
        ("CONFERENCES_TABLE", &store.conferences),
    ];
    let mut function = Bootstrap::start(JOIN, &environment).await;
    assert_eq!(click(&mut function, "join").await, row(404, "unknown"));
}

#[tokio::test]
async fn the_keep_warm_event_reads_no_conference_in_the_join_link_either() {
    let store = TestStore::start().await;
    let proxy = Proxy::start(store.store.endpoint()).await;
    let proxied = [("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint())];
    let mut function = Bootstrap::start_with(JOIN, &store, &proxied).await;
    let answer = function.answer_to(&json!({"keepWarm": true})).await;
    assert_eq!(answer, Value::Null);
    assert_eq!(proxy.take_operations(), [""; 0]);
    assert_eq!(click(&mut function, "join").await, row(404, "unknown"));
    assert_eq!(proxy.take_operations(), ["GetItem"]);
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 1, "the click's: {lines:?}");
}

#[tokio::test]
async fn clicks_are_503_until_its_secret_can_be_read() {
    let store = TestStore::start().await;
    store.put_sample_conference().await;
    for fault in [Fault::Throttle, Fault::Cut, Fault::Stall] {
        let secrets = SecretsManager::start().await;
        secrets.put("AWSCURRENT", SECRET);
        let proxy = Proxy::start(&secrets.endpoint).await;
        proxy.set(fault);
        let mut function = start_with_secret(&store, proxy.endpoint()).await;
        let unavailable = row(503, "unavailable");
        assert_eq!(click(&mut function, "join-post").await, unavailable);
        proxy.set(Fault::None);
        secrets.take_requests();
        for _ in 0..2 {
            assert_eq!(click(&mut function, "join-post").await, row(410, "over"));
        }
        assert_eq!(secrets.take_requests(), 1, "only AWSCURRENT: {fault:?}");
        let lines = function.end().await.log();
        assert_eq!(
            lines.len(),
            4,
            "one at the start, and one for each click: {lines:?}"
        );
        let cause = lines[0]["cause"].as_str().unwrap();
        let named = "VIDEO_SYSTEM_SECRET_ID can't be read from Secrets Manager";
        assert!(cause.starts_with(named), "{cause}");
        assert_eq!(lines[1]["cause"], lines[0]["cause"]);
    }
}

#[tokio::test]
async fn an_unusable_secret_keeps_the_join_link_from_starting_and_is_named() {
    let absent = SecretsManager::start().await;
    let forbidden = SecretsManager::start().await;
    forbidden.refuse("AWSCURRENT");
    let malformed = SecretsManager::start().await;
    malformed.put("AWSCURRENT", "hush");
    let wrong = [
        (absent, "Secrets Manager: there is no such secret"),
        (forbidden, "AccessDeniedException"),
        (malformed, "is not a JSON object whose values are strings"),
    ];
    let store = TestStore::start().await;
    for (secrets, message) in wrong {
        let function = start_with_secret(&store, &secrets.endpoint).await;
        let ended = function.wait().await;
        assert!(!ended.status.success(), "{message}");
        let output = &ended.output;
        assert!(output.contains("VIDEO_SYSTEM_SECRET_ID"), "{output}");
        assert!(output.contains(message), "{output}");
        assert!(!output.contains("hush"));
    }
}

#[tokio::test]
async fn a_wrong_setting_keeps_the_join_link_from_starting_and_is_named() {
    let wrong = [
        (
            "VIDEO_SYSTEM_SECRET",
            "",
            "VIDEO_SYSTEM_SECRET_ID is not set, nor is VIDEO_SYSTEM_SECRET",
        ),
        (
            "VIDEO_SYSTEM_SECRET",
            "{\"roomKey\":\"too-short\"}",
            "VIDEO_SYSTEM_SECRET has no roomKey of at least",
        ),
        ("VIDEO_SYSTEM", "zoom", "VIDEO_SYSTEM must be one of jitsi"),
        ("VIDEO_SYSTEM_URL", "", "VIDEO_SYSTEM_URL is not set"),
        ("MODERATORS", "guests", "MODERATORS "),
        (
            "CONFERENCES_TABLE",
            "a b",
            "CONFERENCES_TABLE is not a DynamoDB table's name",
        ),
    ];
    let store = TestStore::start().await;
    for (name, value, message) in wrong {
        let function = Bootstrap::start_with(JOIN, &store, &[(name, value)]).await;
        let ended = function.wait().await;
        assert!(!ended.status.success(), "{name}");
        assert!(ended.output.contains(message), "{name}: {}", ended.output);
        assert!(!ended.output.contains("too-short"));
    }
}

#[tokio::test]
async fn a_wrong_setting_is_named_at_once_even_if_secrets_manager_never_answers() {
    let wrong = [
        ("VIDEO_SYSTEM", "zoom"),
        ("VIDEO_SYSTEM_URL", "ftp://meet.example.com"),
        ("BIGBLUEBUTTON_CHECKSUM", "md5"),
        ("JOIN_CLOSES_HOURS", "soon"),
    ];
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    let proxy = Proxy::start(&secrets.endpoint).await;
    proxy.set(Fault::Stall);
    for setting in wrong {
        let environment = [
            ("VIDEO_SYSTEM_SECRET_ID", "video"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", proxy.endpoint()),
            ("VIDEO_SYSTEM", "bigbluebutton"),
            setting,
        ];
        let started = Instant::now();
        let function = Bootstrap::start_with(JOIN, &store, &environment).await;
        let ended = function.wait().await;
        let took = started.elapsed();
        assert!(!ended.status.success(), "{setting:?}");
        assert!(ended.output.contains(setting.0), "{}", ended.output);
        assert!(took < Duration::from_secs(1), "{setting:?}: {took:?}");
    }
    assert_eq!(proxy.take_operations(), [""; 0]);
}

#[tokio::test]
async fn an_unusable_secret_stops_the_join_link_within_a_second_even_if_dns_never_answers() {
    // This error is found only after the DNS lookup for the store has started.
    let wrong = [
        ("VIDEO_SYSTEM", "jitsi"),
        ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
        ("VIDEO_SYSTEM_SECRET", "{\"roomKey\":\"too-short\"}"),
        ("AWS_REGION", "us-east-1"),
    ];
    let Some(ended) = silent_dns::run(JOIN, &wrong) else {
        eprintln!("skipped: this machine does not allow network namespaces");
        return;
    };
    assert!(!ended.succeeded);
    let message = "VIDEO_SYSTEM_SECRET has no roomKey of at least";
    assert!(ended.output.contains(message), "{}", ended.output);
    assert!(ended.took < Duration::from_secs(1), "{:?}", ended.took);
}
