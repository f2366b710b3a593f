//! The operator's own system, asked by a signed call.

use serde_json::Value;

use super::peer::Peer;
use super::{Made, SIGNING_SECRET, enter, kind, make, room};
use crate::visit::{Moderators, Role};

fn webhook(peer: &Peer) -> Made {
    make(
        "webhook",
        &peer.url("/join?tenant=1"),
        SIGNING_SECRET,
        Moderators::Host,
    )
}

#[tokio::test]
async fn the_operators_system_gets_a_signed_call_and_returns_the_url() {
    let answer = r#"{"url":"https://room.example.com/1?t=hush","more":1}"#;
    let peer = Peer::answering(&[(200, answer), (200, answer)]).await;
    let url = enter(webhook(&peer), Role::Guest).await.unwrap();
    assert_eq!(url.as_str(), "https://room.example.com/1?t=hush");
    enter(webhook(&peer), Role::Host).await.unwrap();
    let requests = peer.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /join?tenant=1 HTTP/1.1\r\n"),
        "{head}"
    );
    let body: Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({
        "type": "conference.join",
        "timestamp": "2023-11-14T22:18:20Z",
        "data": {
            "conferenceId": "abcdefghijklmnopqrstuvwx27", "room": room(),
            "portalId": 123_123, "userId": 456, "userEmail": "test.user@example.com",
            "topic": "Démo \"A&B\"\n", "startTime": 1_700_000_000_000_i64,
            "endTime": 1_700_003_600_000_i64, "role": "guest", "name": "Zoë 李",
        },
    });
    assert_eq!(body, expected);
    assert!(
        head.contains("\r\nwebhook-timestamp: 1700000300\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nwebhook-signature: v1,"), "{head}");
    assert!(
        head.contains("\r\ncontent-type: application/json"),
        "{head}"
    );
    assert!(requests[1].contains(r#""role":"host""#));
}

#[tokio::test]
async fn a_refusal_or_garbage_from_the_operators_system_lets_nobody_in_and_is_not_retried() {
    let good = r#"{"url":"https://room.example.com/"}"#;
    for (status, body, expected) in [
        (404, "", "no_such_conference"),
        (410, good, "no_such_conference"),
        (302, good, "refused"),
        (201, good, "refused"),
        (401, "", "refused"),
        (429, "", "unavailable"),
        (503, "", "unavailable"),
        (0, "", "unavailable"),
        (200, "hello", "malformed"),
        (200, r#"{"url":"javascript:alert(1)"}"#, "malformed"),
        (200, r#"{"url":"https://a@room.example.com/"}"#, "malformed"),
        (
            200,
            r#"{"url":"https://room.example.com/\r\nA: b"}"#,
            "malformed",
        ),
    ] {
        let peer = Peer::answering(&[(status, body)]).await;
        let error = enter(webhook(&peer), Role::Host).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{status} {body}: {error}");
        assert_eq!(error.may_be_retried(), expected != "no_such_conference");
        assert_eq!(peer.requests().len(), 1, "{status} {body}");
    }
}
