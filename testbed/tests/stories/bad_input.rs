//! Forged, malformed or oversized requests are refused with a reason, and change nothing.

use std::time::Duration;

use serde_json::{Value, json};
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::system::{Answer, System};

async fn deliver(system: &System, webhook: WebhookName, body: &str) -> Answer {
    let event = system.event(webhook, body, SignatureVersion::V3, system.now);
    system.deliver(webhook, event).await
}

/// Checks that nothing reached the store, and that the error has HubSpot's shape.
fn assert_refused(system: &System, answer: &Answer, status: u64, category: &str) {
    assert_eq!(
        (answer.status, &answer.body["category"]),
        (status, &json!(category))
    );
    assert_eq!(answer.body["status"], "error");
    assert_eq!(answer.body["correlationId"], "story");
    assert_eq!(system.proxy.take_operations(), Vec::<String>::new());
}

#[tokio::test]
async fn every_wrong_signature_gets_the_same_401_from_every_webhook() {
    let system = System::start().await;
    let changes: [fn(&mut Value); 6] = [
        |event| event["body"] = format!("{} ", event["body"].as_str().unwrap()).into(),
        |event| event["headers"]["x-hubspot-signature-v3"] = "AAAA".into(),
        |event| event["headers"]["x-hubspot-request-timestamp"] = "1700000300001".into(),
        |event| event["headers"] = json!({}),
        |event| event["rawPath"] = "/another".into(),
        |event| event["requestContext"]["http"]["method"] = "PUT".into(),
    ];
    for webhook in WebhookName::ALL {
        let body = Meeting::default().body(webhook).to_string();
        for change in changes {
            let mut event = system.event(webhook, &body, SignatureVersion::V3, system.now);
            change(&mut event);
            let answer = system.deliver(webhook, event).await;
            assert_refused(&system, &answer, 401, "INVALID_SIGNATURE");
            assert_eq!(
                answer.body["message"],
                "the request has no valid HubSpot signature"
            );
        }
    }
}

#[tokio::test]
async fn a_stale_or_future_timestamp_is_refused() {
    let mut system = System::start().await;
    let signed_at = system.now;
    system.wait(Duration::from_millis(300_001));
    let stale = system
        .send_signed_at(WebhookName::Create, &Meeting::default(), signed_at)
        .await;
    assert_refused(&system, &stale, 401, "INVALID_SIGNATURE");
    let future = system.now.plus(Duration::from_millis(300_001));
    let future = system
        .send_signed_at(WebhookName::Create, &Meeting::default(), future)
        .await;
    assert_refused(&system, &future, 401, "INVALID_SIGNATURE");
}

#[tokio::test]
async fn a_signature_below_the_minimum_is_refused() {
    let system = System::with(|settings| settings.minimum = SignatureVersion::V2).await;
    let body = Meeting::default().body(WebhookName::Create).to_string();
    let versions = [
        SignatureVersion::V1,
        SignatureVersion::V2,
        SignatureVersion::V3,
    ];
    for (version, status) in versions.into_iter().zip([401, 200, 200]) {
        let event = system.event(WebhookName::Create, &body, version, system.now);
        assert_eq!(
            system.deliver(WebhookName::Create, event).await.status,
            status
        );
    }
}

#[tokio::test]
async fn either_of_two_client_secrets_is_accepted() {
    let system = System::with(|settings| {
        settings
            .client_secrets
            .insert(0, Secret::new("the-new-one"));
    })
    .await;
    assert_eq!(
        system
            .send(WebhookName::Create, &Meeting::default())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn each_malformed_payload_is_a_400_that_names_the_field_and_quotes_nothing() {
    let system = System::start().await;
    let fields = [
        (
            WebhookName::Create,
            &["portalId", "userId", "userEmail", "startTime", "endTime"][..],
        ),
        (
            WebhookName::Update,
            &["portalId", "conferenceId", "startTime", "endTime"],
        ),
        (WebhookName::Delete, &["conferenceId"]),
        (WebhookName::Verify, &["portalId", "userEmail"]),
    ];
    for (webhook, fields) in fields {
        for field in fields {
            for value in [
                None,
                Some(json!({"hush": 1})),
                Some(json!([])),
                Some(json!(true)),
            ] {
                // A field that is missing in an update keeps its stored value.
                let optional = webhook == WebhookName::Update && field.ends_with("Time");
                if optional && value.is_none() {
                    continue;
                }
                let mut body = Meeting::default().body(webhook);
                match value {
                    None => body.as_object_mut().unwrap().remove(*field),
                    Some(value) => body.as_object_mut().unwrap().insert((*field).into(), value),
                };
                let answer = deliver(&system, webhook, &body.to_string()).await;
                assert_refused(&system, &answer, 400, "VALIDATION_ERROR");
                let message = answer.body["message"].as_str().unwrap();
                assert!(message.starts_with(field), "{message}");
                assert!(!message.contains("hush"), "{message}");
            }
        }
        for body in ["", "null", "[]", "\"hush\"", "{\"hush", "{}}"] {
            let answer = deliver(&system, webhook, body).await;
            assert_refused(&system, &answer, 400, "VALIDATION_ERROR");
            assert!(!answer.body.to_string().contains("hush"));
        }
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_413() {
    let system = System::start().await;
    let meeting = Meeting {
        topic: "x".repeat(65_536),
        ..Meeting::default()
    };
    let answer = system.send(WebhookName::Create, &meeting).await;
    assert_refused(&system, &answer, 413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn the_largest_body_and_the_strangest_text_are_stored_as_they_are() {
    let system = System::start().await;
    let meeting = Meeting {
        topic: "🎥\u{0}\u{202e}<script>\"'".repeat(2_000),
        user_email: "\u{feff}日本語".into(),
        start_time: Timestamp::from_millis(i64::MIN),
        end_time: Timestamp::from_millis(i64::MAX),
        ..Meeting::default()
    };
    let answer = system.send(WebhookName::Create, &meeting).await;
    assert_eq!(answer.status, 200);
    let stored = system.store.conference(answer.id()).await.unwrap();
    assert_eq!(stored.topic, meeting.topic);
    assert_eq!(stored.end_time.as_millis(), i64::MAX);
}
