//! The four systems against peers that answer correctly, late, wrongly or not at all.

mod peer;

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::config::{ConfigError, Environment};
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;
use tokio_rustls::rustls::ClientConfig;

use self::peer::Peer;
use super::{RoomUrl, VideoSystem, VideoSystemError, VideoSystemSecret, VideoSystemSettings};
use crate::visit::{Moderators, Role, Visit};

const SECRET: &str = "VIDEO_SYSTEM_SECRET";
const ROOM_KEY: &str = r#""roomKey":"development-only-room-key""#;
const SHARED_SECRET: &str = r#""sharedSecret":"639259d4-9dd8-4b25-bf01-95f9567eaf4b""#;
const SIGNING_SECRET: &str = r#""signingSecret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw""#;
const APP: &str = r#""appId":"my_app","appSecret":"example_app_secret""#;

type Made = Result<Box<dyn VideoSystem>, ConfigError>;

fn tls() -> Arc<ClientConfig> {
    shared::aws::tls(&Environment::from_variables([])).unwrap()
}

fn secret(credentials: &str) -> VideoSystemSecret {
    let comma = if credentials.is_empty() { "" } else { "," };
    let json = format!("{{{ROOM_KEY}{comma}{credentials}}}");
    VideoSystemSecret::from_json(SECRET, &json).unwrap()
}

fn make(system: &'static str, url: &str, credentials: &str, moderators: Moderators) -> Made {
    // An environment consists of texts with a static lifetime, so a test leaks its own.
    let url: &'static str = String::leak(url.to_owned());
    super::from_settings(&VideoSystemSettings {
        environment: &Environment::from_variables([
            ("VIDEO_SYSTEM", system),
            ("VIDEO_SYSTEM_URL", url),
        ]),
        secret: &secret(credentials),
        moderators,
        tls: tls(),
    })
}

fn visit(role: Role) -> Visit {
    let conference_id = ConferenceId::parse("abcdefghijklmnopqrstuvwx27").unwrap();
    Visit {
        room: secret("").room_key.room(&conference_id),
        conference_id,
        portal_id: PortalId::new(123_123),
        user_id: UserId::new(456),
        user_email: "test.user@example.com".into(),
        topic: "Démo \"A&B\"\n".into(),
        start_time: Timestamp::from_millis(1_700_000_000_000),
        end_time: Timestamp::from_millis(1_700_003_600_000),
        role,
        name: Some("Zoë 李".parse().unwrap()),
        now: Timestamp::from_millis(1_700_000_300_000),
    }
}

fn room() -> String {
    visit(Role::Host).room.as_str().to_owned()
}

async fn enter(made: Made, role: Role) -> Result<RoomUrl, VideoSystemError> {
    made.unwrap().enter(&visit(role)).await
}

/// A part of a token as JSON: 0 is the header, 1 the claims.
fn part(url: &RoomUrl, n: usize) -> Value {
    let token = url.as_str().split("jwt=").nth(1).unwrap();
    let token = token.split('#').next().unwrap();
    let part = token.split('.').nth(n).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

// A table of mistakes, which makes this function long.
#[allow(clippy::too_many_lines)]
#[test]
fn every_setting_that_is_missing_or_wrong_is_named() {
    use Moderators::{Everyone, Host};
    let bbb = "https://bbb.example.com/bigbluebutton/";
    let jitsi = "https://meet.example.com";
    for (system, url, credentials, moderators, message) in [
        ("", jitsi, "", Everyone, "VIDEO_SYSTEM is not set"),
        (
            "zoom",
            jitsi,
            "",
            Everyone,
            "VIDEO_SYSTEM must be one of jitsi, jaas, bigbluebutton, webhook",
        ),
        ("jitsi", "", "", Everyone, "VIDEO_SYSTEM_URL is not set"),
        (
            "jitsi",
            "http://meet.example.com",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "https://me@meet.example.com",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "javascript:alert(1)",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "https://meet.example.com/#a",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "https://meet.example.com/?a",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must not have a query",
        ),
        (
            "jitsi",
            jitsi,
            "",
            Host,
            "MODERATORS can't be host with an open Jitsi server",
        ),
        (
            "jitsi",
            jitsi,
            r#""appId":"a""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has no appSecret",
        ),
        (
            "jitsi",
            jitsi,
            r#""appSecret":"a""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has no appId",
        ),
        ("jaas", "", "", Everyone, "VIDEO_SYSTEM_SECRET has no appId"),
        (
            "jaas",
            "",
            r#""appId":"a/b""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has a appId that is none of 8x8's",
        ),
        (
            "jaas",
            "",
            r#""appId":"a""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has no keyId",
        ),
        (
            "jaas",
            "",
            r#""appId":"a","keyId":"k","privateKey":"hush""#,
            Everyone,
            "a privateKey that is not an RSA key",
        ),
        (
            "bigbluebutton",
            "",
            SHARED_SECRET,
            Everyone,
            "VIDEO_SYSTEM_URL is not set",
        ),
        (
            "bigbluebutton",
            bbb,
            "",
            Everyone,
            "VIDEO_SYSTEM_SECRET has no sharedSecret",
        ),
        (
            "webhook",
            jitsi,
            "",
            Everyone,
            "VIDEO_SYSTEM_SECRET has no signingSecret",
        ),
        (
            "webhook",
            jitsi,
            r#""signingSecret":"hush""#,
            Everyone,
            "a signingSecret that is not whsec_",
        ),
    ] {
        let error = make(system, url, credentials, moderators).err().unwrap();
        let error = error.to_string();
        assert!(error.contains(message), "{error}: expected {message}");
        assert!(!error.contains("hush"), "{error}");
    }
    let checksum = VideoSystemSettings {
        environment: &Environment::from_variables([
            ("VIDEO_SYSTEM", "bigbluebutton"),
            ("VIDEO_SYSTEM_URL", "https://bbb.example.com"),
            ("BIGBLUEBUTTON_CHECKSUM", "md5"),
        ]),
        secret: &secret(SHARED_SECRET),
        moderators: Everyone,
        tls: tls(),
    };
    let error = super::from_settings(&checksum).err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with("BIGBLUEBUTTON_CHECKSUM must be sha1")
    );
}

#[tokio::test]
async fn an_open_jitsi_server_needs_no_page_and_gets_the_room_and_the_title() {
    let made = make(
        "jitsi",
        "https://meet.example.com/",
        "",
        Moderators::Everyone,
    )
    .unwrap();
    assert!(!made.needs_page());
    let url = made.enter(&visit(Role::Host)).await.unwrap();
    let subject = "config.subject=%22D%C3%A9mo%20%5C%22A%26B%5C%22%22";
    assert_eq!(
        url.as_str(),
        format!("https://meet.example.com/{}#{subject}", room())
    );
    let untitled = Visit {
        topic: " \u{202E}\n".into(),
        ..visit(Role::Host)
    };
    let url = made.enter(&untitled).await.unwrap();
    assert_eq!(url.as_str(), format!("https://meet.example.com/{}", room()));
}

#[tokio::test]
async fn a_jitsi_server_with_tokens_gets_one_for_this_person_and_role() {
    let made = || {
        make(
            "jitsi",
            "https://Meet.Example.com/Acme",
            APP,
            Moderators::Host,
        )
    };
    assert!(made().unwrap().needs_page());
    let url = enter(made(), Role::Guest).await.unwrap();
    assert!(
        url.as_str()
            .starts_with(&format!("https://meet.example.com/Acme/{}?jwt=", room()))
    );
    assert_eq!(
        part(&url, 0),
        serde_json::json!({"alg": "HS256", "typ": "JWT"})
    );
    let claims = serde_json::json!({
        "iss": "my_app", "aud": "jitsi", "sub": "acme", "room": room(),
        "nbf": 1_700_000_290, "exp": 1_700_011_100,
        "context": {"user": {"name": "Zoë 李", "moderator": "false", "affiliation": "member"}},
    });
    assert_eq!(part(&url, 1), claims);
    let user = &part(&enter(made(), Role::Host).await.unwrap(), 1)["context"]["user"];
    assert_eq!(user["moderator"], "true");
    assert_eq!(user["affiliation"], "owner");
    let domain = make(
        "jitsi",
        "https://meet.example.com",
        APP,
        Moderators::Everyone,
    );
    let url = enter(domain, Role::Host).await.unwrap();
    assert_eq!(part(&url, 1)["sub"], "meet.example.com");
}

#[tokio::test]
async fn jaas_gets_a_token_that_the_apps_key_has_signed() {
    use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let pem = Value::from(key.serialize_pem());
    for key_id in ["4f4910", "vpaas-magic-cookie-ab12/4f4910"] {
        let credentials =
            format!(r#""appId":"vpaas-magic-cookie-ab12","keyId":"{key_id}","privateKey":{pem}"#);
        let url = enter(make("jaas", "", &credentials, Moderators::Host), Role::Host)
            .await
            .unwrap();
        let start = format!("https://8x8.vc/vpaas-magic-cookie-ab12/{}?jwt=", room());
        let token = url.as_str().strip_prefix(&start).unwrap();
        assert_eq!(part(&url, 0)["alg"], "RS256");
        assert_eq!(part(&url, 0)["kid"], "vpaas-magic-cookie-ab12/4f4910");
        let claims = part(&url, 1);
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&"chat".into(), &"jitsi".into())
        );
        assert_eq!(claims["sub"], "vpaas-magic-cookie-ab12");
        assert_eq!(claims["context"]["user"]["moderator"], "true");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = ring::signature::UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            key.public_key_raw(),
        );
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
    }
}

const CREATED: &str =
    "<response><returncode>SUCCESS</returncode><createTime>1700000300123</createTime></response>";

fn bigbluebutton(peer: &Peer, moderators: Moderators) -> Made {
    make(
        "bigbluebutton",
        &peer.url("/bigbluebutton/"),
        SHARED_SECRET,
        moderators,
    )
}

#[tokio::test]
async fn bigbluebutton_creates_the_meeting_and_signs_a_join_url() {
    let peer = Peer::answering(&[(200, CREATED), (200, CREATED)]).await;
    let url = enter(bigbluebutton(&peer, Moderators::Host), Role::Guest)
        .await
        .unwrap();
    let join = format!(
        "/bigbluebutton/api/join?fullName=Zo%C3%AB+%E6%9D%8E&meetingID={}&role=VIEWER&createTime=1700000300123&guest=true&checksum=",
        room()
    );
    assert!(
        url.as_str().starts_with(&peer.url(&join)),
        "{}",
        url.as_str()
    );
    let url = enter(bigbluebutton(&peer, Moderators::Host), Role::Host)
        .await
        .unwrap();
    assert!(
        url.as_str()
            .contains("&role=MODERATOR&createTime=1700000300123&checksum=")
    );
    let requests = peer.requests();
    let create = format!(
        "GET /bigbluebutton/api/create?name=D%C3%A9mo+%22A%26B%22&meetingID={}&attendeePW=",
        room()
    );
    assert!(requests[0].starts_with(&create), "{}", requests[0]);
    assert!(requests[0].contains("&guestPolicy=ASK_MODERATOR&checksum="));
    assert_eq!(
        requests[0], requests[1],
        "the second click asks for the same meeting"
    );
}

#[tokio::test]
async fn bigbluebuttons_address_is_taken_with_and_without_api() {
    for path in [
        "/bigbluebutton",
        "/bigbluebutton/api",
        "/bigbluebutton/api/",
    ] {
        let peer = Peer::answering(&[(200, CREATED)]).await;
        let made = make(
            "bigbluebutton",
            &peer.url(path),
            SHARED_SECRET,
            Moderators::Everyone,
        );
        let url = enter(made, Role::Host).await.unwrap();
        assert!(
            url.as_str()
                .starts_with(&peer.url("/bigbluebutton/api/join?"))
        );
        let request = &peer.requests()[0];
        assert!(request.starts_with("GET /bigbluebutton/api/create?"));
        assert!(
            !request.contains("guestPolicy"),
            "everybody moderates: {request}"
        );
    }
}

#[tokio::test]
async fn bigbluebuttons_refusals_and_garbage_let_nobody_in_and_are_not_repeated() {
    let wrong = "<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>";
    let no_time = "<response><returncode>SUCCESS</returncode></response>";
    let large = "x".repeat(64 * 1024 + 1);
    for (status, body, kind) in [
        (200, wrong, "refused"),
        (200, no_time, "malformed"),
        (200, "<!DOCTYPE html><html></html>", "malformed"),
        (200, "", "malformed"),
        (200, &large, "malformed"),
        (302, CREATED, "refused"),
        (404, "not found", "refused"),
        (429, "", "unavailable"),
        (500, "", "unavailable"),
    ] {
        let peer = Peer::answering(&[(status, body)]).await;
        let error = enter(bigbluebutton(&peer, Moderators::Everyone), Role::Host)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {error}");
        assert!(error.may_be_retried());
        assert_eq!(peer.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_create_is_sent_once_more_after_a_broken_connection_or_a_busy_gateway() {
    for status in [0, 502, 503, 504] {
        let peer = Peer::answering(&[(status, ""), (200, CREATED)]).await;
        let made = bigbluebutton(&peer, Moderators::Everyone);
        assert!(enter(made, Role::Host).await.is_ok(), "{status}");
        let peer = Peer::answering(&[(status, ""), (status, ""), (200, CREATED)]).await;
        let made = bigbluebutton(&peer, Moderators::Everyone);
        assert!(enter(made, Role::Host).await.is_err(), "{status}");
        assert_eq!(peer.requests().len(), 2, "{status}");
    }
}

fn webhook(peer: &Peer) -> Made {
    make(
        "webhook",
        &peer.url("/join?tenant=1"),
        SIGNING_SECRET,
        Moderators::Host,
    )
}

#[tokio::test]
async fn ones_own_system_is_asked_with_a_signed_call_and_says_where_to_go() {
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
async fn what_ones_own_system_refuses_or_garbles_lets_nobody_in_and_is_not_repeated() {
    let good = r#"{"url":"https://room.example.com/"}"#;
    for (status, body, kind) in [
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
        assert_eq!(error.kind(), kind, "{status} {body}: {error}");
        assert_eq!(error.may_be_retried(), kind != "no_such_conference");
        assert_eq!(peer.requests().len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_system_that_is_gone_is_unavailable() {
    let gone = Peer::answering(&[]).await.into_gone();
    for (system, credentials) in [
        ("webhook", SIGNING_SECRET),
        ("bigbluebutton", SHARED_SECRET),
    ] {
        let made = make(system, &gone, credentials, Moderators::Everyone);
        let error = enter(made, Role::Host).await.unwrap_err();
        assert_eq!(error.kind(), "unavailable");
        assert!(
            error
                .to_string()
                .ends_with("no connection: connection refused"),
            "{error}"
        );
    }
}
