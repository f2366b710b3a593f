//! Who may host: in the user's own portal, their own entry counts, or else the one for their domain.

use ::verify::UserVerification;
use serde_json::{Value, json};
use shared::contract::WebhookName;
use simulator::sample::Meeting;
use testbed::system::System;

async fn id_of(system: &System, email: &str) -> Option<Value> {
    let meeting = Meeting {
        user_email: email.into(),
        ..Meeting::default()
    };
    let answer = system.send(WebhookName::Verify, &meeting).await;
    match answer.status {
        200 => Some(answer.body["id"].clone()),
        status => {
            assert_eq!(
                (status, &answer.body["category"]),
                (404, &json!("NOT_FOUND"))
            );
            None
        }
    }
}

#[tokio::test]
async fn the_exact_entry_wins_over_the_domains() {
    let system = System::start().await;
    system
        .store
        .add_user(123_123, "*@example.com", Some("everybody"))
        .await;
    system
        .store
        .add_user(123_123, "anna@example.com", Some("4711"))
        .await;
    assert_eq!(
        id_of(&system, "anna@example.com").await,
        Some("4711".into())
    );
    assert_eq!(
        id_of(&system, "bert@example.com").await,
        Some("everybody".into())
    );
    assert_eq!(id_of(&system, "bert@other.example.com").await, None);
}

#[tokio::test]
async fn an_address_matches_its_entry_in_every_spelling() {
    let system = System::start().await;
    let store = &system.store;
    let entry = "mailto:Jose\u{301}@xn--mller-kva.example";
    store.add_user(123_123, entry, Some("4711")).await;
    for spelling in [
        "JOSÉ@MÜLLER.example",
        "jose\u{301}@mu\u{308}ller.example",
        "josé\u{200b}@xn--mller-kva.example",
    ] {
        assert_eq!(id_of(&system, spelling).await, Some("4711".into()));
    }
    store
        .add_user(123_123, "*@kelvin.example", Some("4712"))
        .await;
    let found = id_of(&system, "ada@\u{212a}elvin.example").await;
    assert_eq!(found, Some("4712".into()));
    let cyrillic = id_of(&system, "ada@kelvin.\u{435}xample").await;
    assert_eq!(cyrillic, None);
}

#[tokio::test]
async fn an_entry_without_an_id_returns_the_address_as_it_was_sent() {
    let system = System::start().await;
    system.store.add_user(123_123, "*@example.com", None).await;
    assert_eq!(
        id_of(&system, "Bert@Example.com").await,
        Some("Bert@Example.com".into())
    );
}

#[tokio::test]
async fn case_does_not_matter_but_the_portal_does() {
    let system = System::start().await;
    system
        .store
        .add_user(123_123, "anna@example.com", Some("4711"))
        .await;
    system
        .store
        .add_user(999, "bert@example.com", Some("4712"))
        .await;
    assert_eq!(
        id_of(&system, "ANNA@example.COM").await,
        Some("4711".into())
    );
    assert_eq!(id_of(&system, "bert@example.com").await, None);
}

#[tokio::test]
async fn malformed_addresses_match_nobody() {
    let system = System::start().await;
    system
        .store
        .add_user(123_123, "*@example.com", Some("everybody"))
        .await;
    let long = format!("{}@example.com", "a".repeat(2_000));
    for email in [
        "",
        "*@example.com",
        "example.com",
        "@",
        "@example.com",
        "a b@c@example.com",
        long.as_str(),
    ] {
        assert_eq!(id_of(&system, email).await, None, "{email}");
    }
}

#[tokio::test]
async fn open_verification_accepts_everyone_without_reading_the_table() {
    let system = System::with(|settings| settings.verification = UserVerification::Open).await;
    assert_eq!(
        id_of(&system, "Anna@example.com").await,
        Some("Anna@example.com".into())
    );
    assert_eq!(system.proxy.take_operations(), Vec::<String>::new());
}
