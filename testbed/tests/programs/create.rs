//! Create's binary, with the sample events.

use testbed::bootstrap::Bootstrap;
use testbed::cold_start;
use testbed::sample_event;
use testbed::system::TestStore;

use crate::CREATE;

#[tokio::test]
async fn the_sample_events_make_one_conference_and_one_with_an_emoji() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(CREATE, &store).await;
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
    let mut function = Bootstrap::start_on(CREATE, &store).await;
    let (status, body) = function.invoke(&sample_event("create-forged")).await;
    assert_eq!(status, 401);
    assert_eq!(body["category"], "INVALID_SIGNATURE");
    assert_eq!(body["correlationId"], "sample-create-forged");
    assert_eq!(store.number_of_conferences().await, 0);
}

#[tokio::test]
async fn two_instances_that_start_at_once_return_one_link() {
    let store = TestStore::start().await;
    let mut left = Bootstrap::start_on(CREATE, &store).await;
    let mut right = Bootstrap::start_on(CREATE, &store).await;
    let event = sample_event("create");
    let (left, right) = tokio::join!(left.invoke(&event), right.invoke(&event));
    assert_eq!(left.0, 200);
    assert_eq!(left, right);
    assert_eq!(store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn the_log_has_one_line_for_each_request_and_nothing_personal_or_secret() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(CREATE, &store).await;
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
async fn a_malformed_item_blocks_no_meeting_and_is_not_logged() {
    const MALFORMED: &str = "ardnswrqsvwrrjsx6kfcoxqomh";
    let store = TestStore::start().await;
    store.put_sample_conference().await;
    store.corrupt(MALFORMED).await;
    let mut function = Bootstrap::start_on(CREATE, &store).await;
    let (status, body) = function.invoke(&sample_event("create")).await;
    assert_eq!(status, 200);
    assert_ne!(body["conferenceId"], MALFORMED);
    let lines = function.end().await.log();
    assert_eq!(lines[0]["outcome"], "created");
    assert!(lines[0]["cause"].is_null());
}

#[tokio::test]
async fn a_start_without_secrets_manager_is_503_and_a_retry_makes_one_conference() {
    let store = TestStore::start().await;
    cold_start::assert_recovery(CREATE, &store, "create", 200).await;
    assert_eq!(store.number_of_conferences().await, 1);
}
