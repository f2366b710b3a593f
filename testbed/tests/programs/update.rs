//! Update's binary, with the sample event.

use serde_json::Value;
use testbed::bootstrap::Bootstrap;
use testbed::cold_start;
use testbed::sample_event;
use testbed::system::TestStore;

use crate::UPDATE;

#[tokio::test]
async fn the_sample_event_updates_the_conference_of_the_sample_create() {
    let store = TestStore::start().await;
    let mut function = Bootstrap::start_on(UPDATE, &store).await;
    let (status, body) = function.invoke(&sample_event("update")).await;
    assert_eq!((status, &body["category"]), (404, &"NOT_FOUND".into()));
    store.put_sample_conference().await;
    let updated = function.invoke(&sample_event("update")).await;
    assert_eq!(updated, (204, Value::Null));
    let stored = store
        .conference("ardnswrqsvwrrjsx6kfcoxqomh")
        .await
        .unwrap();
    assert_eq!(stored.topic, "A Better Title");
    assert_eq!(stored.revision, 2);
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 2, "one line for each request: {lines:?}");
}

#[tokio::test]
async fn a_start_without_secrets_manager_is_503_and_a_retry_updates() {
    let store = TestStore::start().await;
    store.put_sample_conference().await;
    cold_start::assert_recovery(UPDATE, &store, "update", 204).await;
    let stored = store.all_conferences().await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].topic, "A Better Title");
}
