//! Verify's binary, with the sample event.

use serde_json::json;
use testbed::bootstrap::Bootstrap;
use testbed::cold_start;
use testbed::sample_event;
use testbed::system::TestStore;

use crate::VERIFY;

#[tokio::test]
async fn the_sample_event_verifies_its_user_only_if_they_are_in_the_directory() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(VERIFY, &store).await;
    let (status, body) = function.invoke(&sample_event("verify")).await;
    assert_eq!((status, &body["category"]), (404, &"NOT_FOUND".into()));
    store
        .add_user(123_123, "test.user@example.com", Some("host-4711"))
        .await;
    let verified = function.invoke(&sample_event("verify")).await;
    assert_eq!(verified, (200, json!({"id": "host-4711"})));
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 2, "one line for each request: {lines:?}");
}

#[tokio::test]
async fn open_verification_needs_no_directory() {
    let environment = [
        ("USER_VERIFICATION", "open"),
        (
            "HUBSPOT_CLIENT_SECRET",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        ),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"),
    ];
    let mut function = Bootstrap::start(VERIFY, &environment).await;
    let verified = function.invoke(&sample_event("verify")).await;
    assert_eq!(verified, (200, json!({"id": "test.user@example.com"})));
}

#[tokio::test]
async fn a_wrong_setting_keeps_the_function_from_starting_and_is_named() {
    let environment = [
        ("USER_VERIFICATION", "closed"),
        (
            "HUBSPOT_CLIENT_SECRET",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        ),
    ];
    let ended = Bootstrap::start(VERIFY, &environment).await.wait().await;
    assert!(!ended.status.success());
    let message = "USER_VERIFICATION must be directory or open";
    assert!(ended.output.contains(message), "{}", ended.output);
}

#[tokio::test]
async fn a_start_without_secrets_manager_is_503_and_a_retry_verifies() {
    let store = TestStore::start().await;
    let email = "test.user@example.com";
    store.add_user(123_123, email, Some("host-4711")).await;
    cold_start::assert_recovery(VERIFY, &store, "verify", 200).await;
}
