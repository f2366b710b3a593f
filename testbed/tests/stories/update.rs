//! The newest update wins, whatever the order of arrival; a deleted conference stays deleted; a
//! conference belongs to its portal.

use std::time::Duration;

use shared::contract::WebhookName;
use shared::identifiers::PortalId;
use shared::signature::SignatureVersion;
use simulator::sample::Meeting;
use testbed::system::System;

use crate::{known_as, renamed};

/// A system with one conference, two minutes after it was created.
async fn with_conference() -> (System, Meeting) {
    let mut system = System::start().await;
    let created = system.send(WebhookName::Create, &Meeting::default()).await;
    let meeting = known_as(created.id(), &Meeting::default());
    system.wait(Duration::from_mins(2));
    (system, meeting)
}

async fn topic(system: &System, meeting: &Meeting) -> String {
    let id = meeting.conference_id.as_deref().unwrap();
    system.store.conference(id).await.unwrap().topic
}

#[tokio::test]
async fn updates_that_arrive_out_of_order_leave_the_one_signed_last() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let (system, meeting) = with_conference().await;
        for number in order {
            let update = renamed(&meeting, &format!("Title {number}"));
            let signed_at = system.now.plus(Duration::from_secs(number));
            let answer = system
                .send_signed_at(WebhookName::Update, &update, signed_at)
                .await;
            assert_eq!(answer.status, 204);
        }
        assert_eq!(topic(&system, &meeting).await, "Title 2", "{order:?}");
    }
}

#[tokio::test]
async fn without_a_signed_time_the_update_that_arrives_last_wins() {
    let (mut system, meeting) = with_conference().await;
    for title in ["First", "Second"] {
        system.wait(Duration::from_millis(1));
        let body = renamed(&meeting, title)
            .body(WebhookName::Update)
            .to_string();
        let event = system.event(WebhookName::Update, &body, SignatureVersion::V1, system.now);
        assert_eq!(system.deliver(WebhookName::Update, event).await.status, 204);
    }
    assert_eq!(topic(&system, &meeting).await, "Second");
}

#[tokio::test]
async fn a_replayed_update_changes_nothing() {
    let (mut system, meeting) = with_conference().await;
    let signed_at = system.now;
    let update = renamed(&meeting, "Once");
    system
        .send_signed_at(WebhookName::Update, &update, signed_at)
        .await;
    let id = meeting.conference_id.as_deref().unwrap();
    let before = system.store.conference(id).await;
    system.wait(Duration::from_secs(30));
    let again = system
        .send_signed_at(WebhookName::Update, &update, signed_at)
        .await;
    assert_eq!(again.status, 204);
    assert_eq!(system.store.conference(id).await, before);
}

#[tokio::test]
async fn an_update_in_the_same_millisecond_as_the_create_is_applied() {
    let system = System::start().await;
    let created = system.send(WebhookName::Create, &Meeting::default()).await;
    let meeting = known_as(created.id(), &Meeting::default());
    system
        .send(WebhookName::Update, &renamed(&meeting, "At once"))
        .await;
    assert_eq!(topic(&system, &meeting).await, "At once");
}

#[tokio::test]
async fn an_update_after_the_delete_is_accepted_and_revives_nothing() {
    let (mut system, meeting) = with_conference().await;
    system.send(WebhookName::Delete, &meeting).await;
    let id = meeting.conference_id.as_deref().unwrap();
    let before = system.store.conference(id).await;
    system.wait(Duration::from_mins(1));
    let answer = system
        .send(WebhookName::Update, &renamed(&meeting, "Too late"))
        .await;
    assert_eq!(answer.status, 204);
    assert_eq!(system.store.conference(id).await, before);
}

#[tokio::test]
async fn another_portal_cannot_touch_a_conference_nor_learn_that_there_is_one() {
    let (system, meeting) = with_conference().await;
    let id = meeting.conference_id.clone().unwrap();
    let before = system.store.conference(&id).await;
    let foreign = Meeting {
        portal_id: PortalId::new(999),
        ..renamed(&meeting, "Mine now")
    };
    let refused = system.send(WebhookName::Update, &foreign).await;
    let unknown = known_as("abcdefghijklmnopqrstuvwx27", &foreign);
    let unknown = system.send(WebhookName::Update, &unknown).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused, unknown);
    assert_eq!(system.store.conference(&id).await, before);
}

#[tokio::test]
async fn an_update_of_an_unknown_conference_is_404_and_makes_none() {
    let system = System::start().await;
    for id in ["some-unique-id", "abcdefghijklmnopqrstuvwx27", ""] {
        let answer = system
            .send(WebhookName::Update, &known_as(id, &Meeting::default()))
            .await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.body["category"], "NOT_FOUND");
    }
    assert_eq!(system.store.number_of_conferences().await, 0);
}
