//! Undocumented data from HubSpot or in the store: a meeting still gets its link.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::contract::WebhookName;
use shared::signature::SignatureVersion;
use simulator::sample::Meeting;
use testbed::system::{Answer, System};

use crate::{known_as, renamed};

async fn deliver(system: &System, webhook: WebhookName, body: &str) -> Answer {
    let event = system.event(webhook, body, SignatureVersion::V3, system.now);
    system.deliver(webhook, event).await
}

/// The body of a create with `replacement` in place of `original`.
fn create_body(original: &str, replacement: &str) -> String {
    let body = Meeting::default().body(WebhookName::Create).to_string();
    assert!(body.contains(original), "{body}");
    body.replacen(original, replacement, 1)
}

async fn remove(system: &System, id: &str) {
    let client = system.store.store.client();
    let delete = client
        .delete_item()
        .table_name(&system.store.conferences)
        .key("conferenceId", AttributeValue::S(id.to_owned()));
    delete.send().await.unwrap();
}

#[tokio::test]
async fn half_an_emoji_in_a_title_costs_the_emoji_and_not_the_link() {
    let system = System::start().await;
    let topic = &Meeting::default().topic;
    for (written, stored) in [
        ("Demo \\ud83c", "Demo \u{fffd}"),
        ("\\udfa5\\ud83c", "\u{fffd}\u{fffd}"),
    ] {
        let created = deliver(&system, WebhookName::Create, &create_body(topic, written)).await;
        assert_eq!(created.status, 200, "{written}");
        let conference = system.store.conference(created.id()).await.unwrap();
        assert_eq!(conference.topic, stored);
    }
}

#[tokio::test]
async fn an_ignored_field_never_causes_an_error_whatever_is_in_it() {
    let system = System::start().await;
    let plain = deliver(&system, WebhookName::Create, &create_body("{", "{")).await;
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    for news in ["1e999", r#""\ud83c""#, r#"{"\udfa5":1}"#, &deep] {
        let body = create_body("{", &format!(r#"{{"news":{news},"#));
        assert_eq!(
            deliver(&system, WebhookName::Create, &body).await,
            plain,
            "{news}"
        );
    }
}

#[tokio::test]
async fn a_number_may_arrive_as_text_or_as_a_whole_float() {
    let system = System::start().await;
    let plain = deliver(&system, WebhookName::Create, &create_body("{", "{")).await;
    for number in [r#""123123""#, "123123.0", "1.23123E5"] {
        let body = create_body("123123", number);
        assert_eq!(
            deliver(&system, WebhookName::Create, &body).await,
            plain,
            "{number}"
        );
    }
}

#[tokio::test]
async fn an_update_leaves_what_it_does_not_mention() {
    let system = System::start().await;
    let created = system.send(WebhookName::Create, &Meeting::default()).await;
    let before = system.store.conference(created.id()).await.unwrap();
    let id = created.id();
    let bare = format!(r#"{{"portalId":123123,"conferenceId":"{id}"}}"#);
    assert_eq!(
        deliver(&system, WebhookName::Update, &bare).await.status,
        204
    );
    let after = system.store.conference(id).await.unwrap();
    assert_eq!(after.updated_at, Some(system.now));
    let unchanged = (
        after.topic,
        after.start_time,
        after.end_time,
        after.expires_at,
    );
    let expected = (
        before.topic,
        before.start_time,
        before.end_time,
        before.expires_at,
    );
    assert_eq!(unchanged, expected);

    let mut later = system;
    later.wait(Duration::from_secs(1));
    let titled = format!(r#"{{"portalId":123123,"conferenceId":"{id}","topic":"New"}}"#);
    assert_eq!(
        deliver(&later, WebhookName::Update, &titled).await.status,
        204
    );
    let titled = later.store.conference(id).await.unwrap();
    assert_eq!(
        (titled.topic.as_str(), titled.start_time),
        ("New", expected.1)
    );
}

#[tokio::test]
async fn the_very_same_create_finds_its_conference_when_an_older_tombstone_has_gone() {
    let mut system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    let deleted = known_as(first.id(), &Meeting::default());
    system.send(WebhookName::Delete, &deleted).await;
    system.wait(Duration::from_mins(1));
    let signed_at = system.now;
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_ne!(second.id(), first.id());
    remove(&system, first.id()).await;
    system.wait(Duration::from_secs(5));
    let meeting = Meeting::default();
    let again = system.send_signed_at(WebhookName::Create, &meeting, signed_at);
    assert_eq!(again.await, second);
    assert_eq!(system.store.number_of_conferences().await, 1);
}

/// A system whose only conference was deleted, and the answer to its create. The tombstone expires in an hour.
async fn with_tombstone_about_to_expire() -> (System, Answer) {
    let mut system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    let deleted = known_as(first.id(), &Meeting::default());
    system.send(WebhookName::Delete, &deleted).await;
    system.wait(Duration::from_hours(30 * 24 - 1));
    (system, first)
}

#[tokio::test]
async fn a_tombstone_that_is_about_to_expire_outlasts_the_retries_of_the_next_create() {
    let (system, first) = with_tombstone_about_to_expire().await;
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_ne!(second.id(), first.id());
    let tombstone = system.store.conference(first.id()).await.unwrap();
    assert!(tombstone.deleted_at.is_some());
    let retried_until = system.now.plus(Duration::from_hours(24)).as_seconds();
    assert!(tombstone.expires_at > retried_until);
}

#[tokio::test]
async fn a_tombstone_outlasts_the_retries_even_if_it_changes_while_it_is_kept() {
    let (system, first) = with_tombstone_about_to_expire().await;
    let (client, table) = (
        system.store.store.client(),
        system.store.conferences.clone(),
    );
    let id = AttributeValue::S(first.id().to_owned());
    system.proxy.before_next_response(async move {
        let change = client
            .update_item()
            .table_name(table)
            .key("conferenceId", id);
        let change = change
            .update_expression("SET revision = revision + :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        change.send().await.unwrap();
    });
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_ne!(second.id(), first.id());
    let tombstone = system.store.conference(first.id()).await.unwrap();
    assert_eq!(tombstone.revision, 4);
    let retried_until = system.now.plus(Duration::from_hours(24)).as_seconds();
    assert!(tombstone.expires_at > retried_until);
}

#[tokio::test]
async fn a_malformed_item_never_blocks_a_meeting() {
    let system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    system.store.corrupt(first.id()).await;
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.id(), first.id());

    // Updates read only the attributes that they need: the first is applied, and the second is stale.
    let update = renamed(&known_as(first.id(), &Meeting::default()), "Another");
    for _ in 0..2 {
        assert_eq!(system.send(WebhookName::Update, &update).await.status, 204);
        system.store.corrupt(first.id()).await;
    }
    assert_eq!(system.send(WebhookName::Delete, &update).await.status, 204);
}
