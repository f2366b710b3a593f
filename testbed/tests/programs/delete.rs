//! Delete's binary, with the sample event.

use serde_json::Value;
use testbed::bootstrap::Bootstrap;
use testbed::cold_start;
use testbed::sample_event;
use testbed::system::TestStore;

use crate::DELETE;

#[tokio::test]
async fn the_sample_event_deletes_the_conference_of_the_sample_create() {
    let store = TestStore::start().await;
    store.put_sample_conference().await;
    let mut function = Bootstrap::start_on(DELETE, &store).await;
    let deleted = function.invoke(&sample_event("delete")).await;
    assert_eq!(deleted, (204, Value::Null));
    let stored = store
        .conference("ardnswrqsvwrrjsx6kfcoxqomh")
        .await
        .unwrap();
    assert!(stored.deleted_at.is_some());
    let lines = function.end().await.log();
    assert_eq!(lines.len(), 1, "one line for each request: {lines:?}");
}

#[tokio::test]
async fn a_start_without_secrets_manager_is_503_and_a_retry_deletes() {
    let store = TestStore::start().await;
    store.put_sample_conference().await;
    cold_start::assert_recovery(DELETE, &store, "delete", 204).await;
    let stored = store.all_conferences().await;
    assert_eq!((stored.len(), stored[0].revision), (1, 2));
}
