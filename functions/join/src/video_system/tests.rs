//! The systems against peers that answer correctly, late, wrongly or not at all.

mod bigbluebutton;
mod jaas;
mod jitsi;
mod peer;
mod settings;
mod webhook;

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::config::{ConfigError, Environment};
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;

use super::enter_in_time;
use super::{
    RoomUrl, Selected, VideoSystem, VideoSystemError, VideoSystemSecret, VideoSystemSettings,
};
use crate::http_client::MAX_CLICK_TIME;
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
    let selected = Selected::read(&VideoSystemSettings {
        environment: &Environment::from_variables([
            ("VIDEO_SYSTEM", system),
            ("VIDEO_SYSTEM_URL", url),
        ]),
        moderators,
        tls: tls(),
    })?;
    selected.build(&secret(credentials))
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

/// A system that makes two calls, each of which is answered just in time.
struct Slow;

impl VideoSystem for Slow {
    fn enter<'a>(&'a self, _: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>> {
        Box::pin(async {
            for _ in 0..2 {
                tokio::time::sleep(MAX_CLICK_TIME * 3 / 4).await;
            }
            Err(VideoSystemError::NoSuchConference)
        })
    }
}

/// The kind of error in one word.
fn kind(error: &VideoSystemError) -> &'static str {
    match error {
        VideoSystemError::NoAnswer(_) | VideoSystemError::Unavailable(_) => "unavailable",
        VideoSystemError::Refused(_) | VideoSystemError::Redirected(_) => "refused",
        VideoSystemError::Malformed(_) => "malformed",
        VideoSystemError::NoSuchConference => "no_such_conference",
    }
}

#[tokio::test(start_paused = true)]
async fn all_calls_of_a_click_together_have_eight_seconds() {
    let began = Instant::now();
    let error = enter_in_time(&Slow, &visit(Role::Host)).await.unwrap_err();
    assert_eq!(kind(&error), "unavailable");
    assert_eq!(began.elapsed().as_secs(), 8);
}

#[tokio::test]
async fn a_system_that_refuses_connections_is_unavailable() {
    let gone = peer::unused_address();
    for (system, credentials) in [
        ("webhook", SIGNING_SECRET),
        ("bigbluebutton", SHARED_SECRET),
    ] {
        let made = make(system, &gone, credentials, Moderators::Everyone);
        let error = enter(made, Role::Host).await.unwrap_err();
        assert_eq!(kind(&error), "unavailable");
        assert!(
            error
                .to_string()
                .ends_with("the connection failed: connection refused"),
            "{error}"
        );
    }
}
