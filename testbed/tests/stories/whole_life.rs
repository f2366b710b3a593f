//! One meeting from beginning to end, with the store requests of each step.

use std::time::Duration;

use serde_json::json;
use shared::contract::WebhookName;
use simulator::sample::Meeting;
use testbed::system::System;

use crate::{known_as, renamed};

#[tokio::test]
async fn a_meeting_is_verified_created_updated_and_deleted_with_one_store_request_each() {
    let mut system = System::start().await;
    system
        .store
        .add_user(123_123, "test.user@example.com", Some("4711"))
        .await;
    let meeting = Meeting::default();

    let verified = system.send(WebhookName::Verify, &meeting).await;
    assert_eq!(
        (verified.status, verified.body),
        (200, json!({"id": "4711"}))
    );
    assert_eq!(system.proxy.take_operations(), ["BatchGetItem"]);

    let meeting = Meeting {
        user_email: "4711".into(),
        ..meeting
    };
    let created = system.send(WebhookName::Create, &meeting).await;
    assert_eq!(created.status, 200);
    assert_eq!(system.proxy.take_operations(), ["PutItem"]);
    let link = created.body["conferenceUrl"].as_str().unwrap();
    assert!(link.starts_with("https://meet.example.com/"));
    let details = created.body["conferenceDetails"].as_str().unwrap();
    assert!(
        details.lines().any(|line| line == link),
        "the link has a line of its own"
    );
    assert_eq!(created.body.as_object().unwrap().len(), 3);

    system.wait(Duration::from_mins(1));
    let meeting = known_as(created.id(), &meeting);
    let updated = system
        .send(WebhookName::Update, &renamed(&meeting, "A Better Title"))
        .await;
    assert_eq!(updated.status, 204);
    assert_eq!(system.proxy.take_operations(), ["UpdateItem"]);
    let stored = system.store.conference(created.id()).await.unwrap();
    assert_eq!(stored.topic, "A Better Title");
    assert_eq!(stored.conference_url.as_str(), link);
    assert_eq!(stored.user_email, "4711");

    let deleted = system.send(WebhookName::Delete, &meeting).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(system.proxy.take_operations(), ["UpdateItem"]);
    let stored = system.store.conference(created.id()).await.unwrap();
    assert_eq!(stored.deleted_at, Some(system.now));
    assert_eq!(stored.revision, 3);
}

#[tokio::test]
async fn a_retried_create_and_a_late_update_cost_one_store_request_too() {
    let system = System::start().await;
    let meeting = Meeting::default();
    let created = system.send(WebhookName::Create, &meeting).await;
    system.proxy.take_operations();
    system.send(WebhookName::Create, &meeting).await;
    assert_eq!(system.proxy.take_operations(), ["PutItem"]);
    let meeting = known_as(created.id(), &meeting);
    for _ in 0..2 {
        system.send(WebhookName::Update, &meeting).await;
        assert_eq!(system.proxy.take_operations(), ["UpdateItem"]);
        system.send(WebhookName::Delete, &meeting).await;
        assert_eq!(system.proxy.take_operations(), ["UpdateItem"]);
    }
}
