//! A delete is final, and succeeds however often it is repeated.

use std::time::Duration;

use shared::contract::WebhookName;
use simulator::sample::Meeting;
use testbed::system::System;

use crate::known_as;

#[tokio::test]
async fn deleting_twice_is_deleting_once() {
    let mut system = System::start().await;
    let created = system.send(WebhookName::Create, &Meeting::default()).await;
    let meeting = known_as(created.id(), &Meeting::default());
    assert_eq!(system.send(WebhookName::Delete, &meeting).await.status, 204);
    let before = system.store.conference(created.id()).await;
    system.wait(Duration::from_mins(1));
    assert_eq!(system.send(WebhookName::Delete, &meeting).await.status, 204);
    assert_eq!(system.store.conference(created.id()).await, before);
}

#[tokio::test]
async fn deleting_an_unknown_conference_succeeds_and_leaves_nothing() {
    let system = System::start().await;
    for id in ["some-unique-id", "abcdefghijklmnopqrstuvwx27", ""] {
        let answer = system
            .send(WebhookName::Delete, &known_as(id, &Meeting::default()))
            .await;
        assert_eq!(answer.status, 204);
    }
    assert_eq!(system.store.number_of_conferences().await, 0);
}
