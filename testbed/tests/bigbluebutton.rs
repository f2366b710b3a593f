//! Clicks against an independent implementation of BigBlueButton's API: bbblb, which verifies every
//! signature, with a node behind it. Needs `BIGBLUEBUTTON_PYTHON`, see `testbed/peers`.

#![allow(clippy::unwrap_used)]

use join::video_system::bigbluebutton::BigBlueButton;
use join::video_system::{FromSettings, RoomUrl, VideoSystem, VideoSystemError};
use join::video_system::{Selected, VideoSystemSecret, VideoSystemSettings};
use join::visit::{Moderators, Role, Visit};
use shared::conference_id::ConferenceId;
use shared::config::Environment;
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;
use testbed::bigbluebutton::{BigBlueButtonServer, SHARED_SECRET};

fn secret(shared: &str) -> VideoSystemSecret {
    let json = serde_json::json!({"roomKey": "development-only-room-key", "sharedSecret": shared});
    VideoSystemSecret::from_json("VIDEO_SYSTEM_SECRET", &json.to_string()).unwrap()
}

fn visit(name: &str, role: Role) -> Visit {
    let conference_id = ConferenceId::parse("abcdefghijklmnopqrstuvwx27").unwrap();
    Visit {
        room: secret("x").room_key.room(&conference_id),
        conference_id,
        portal_id: PortalId::new(123_123),
        user_id: UserId::new(456),
        user_email: "test.user@example.com".into(),
        topic: "Démo 🎥 & Zürich".into(),
        start_time: Timestamp::from_millis(0),
        end_time: Timestamp::from_millis(0),
        role,
        name: Some(name.parse().unwrap()),
        now: Timestamp::from_millis(1_700_000_300_000),
    }
}

/// The settings of a function that uses the server.
struct Function {
    environment: Environment,
    secret: VideoSystemSecret,
    moderators: Moderators,
}

impl Function {
    fn new(url: &str, checksum: &'static str, shared: &str, moderators: Moderators) -> Self {
        let url: &'static str = String::leak(url.to_owned());
        let environment = Environment::from_variables([
            ("VIDEO_SYSTEM", "bigbluebutton"),
            ("VIDEO_SYSTEM_URL", url),
            ("BIGBLUEBUTTON_CHECKSUM", checksum),
        ]);
        Self {
            environment,
            secret: secret(shared),
            moderators,
        }
    }

    fn settings(&self) -> VideoSystemSettings<'_> {
        VideoSystemSettings {
            environment: &self.environment,
            moderators: self.moderators,
            tls: shared::aws::tls(&Environment::from_variables([])).unwrap(),
        }
    }

    async fn enter(&self, name: &str, role: Role) -> Result<RoomUrl, VideoSystemError> {
        let selected = Selected::read(&self.settings()).unwrap();
        let system: Box<dyn VideoSystem> = selected.build(&self.secret).unwrap();
        system.enter(&visit(name, role)).await
    }
}

/// What a visitor sees whose browser follows the URL: name, role, state and meeting.
async fn follow(url: &RoomUrl) -> String {
    let browser = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true) // the node's certificate is self-signed
        .build()
        .unwrap();
    let page = browser.get(url.as_str()).send().await.unwrap();
    page.text().await.unwrap()
}

#[tokio::test]
async fn host_and_guest_meet_in_one_room_under_their_own_names_and_roles() {
    let server = BigBlueButtonServer::start().await;
    let function = Function::new(&server.url, "sha256", SHARED_SECRET, Moderators::Host);
    let host = function.enter("李小龙", Role::Host).await.unwrap();
    assert_eq!(
        follow(&host).await,
        "李小龙 as MODERATOR is in Démo 🎥 & Zürich"
    );
    let guest = function.enter("محمد علي", Role::Guest).await.unwrap();
    assert_eq!(
        follow(&guest).await,
        "محمد علي as VIEWER waits for Démo 🎥 & Zürich"
    );
    let time = |url: &RoomUrl| {
        let text = url.as_str().split_once("createTime=").unwrap().1.to_owned();
        text.split('&').next().unwrap().to_owned()
    };
    assert_eq!(time(&host), time(&guest), "it is the same meeting");
}

#[tokio::test]
async fn where_everyone_is_a_moderator_nobody_waits_and_every_checksum_is_accepted() {
    let server = BigBlueButtonServer::start().await;
    for checksum in ["sha1", "sha256", "sha512"] {
        let everyone = Moderators::Everyone;
        let function = Function::new(&server.url, checksum, SHARED_SECRET, everyone);
        let url = function.enter("Zoë & Co. <b>", Role::Host).await.unwrap();
        let seen = follow(&url).await;
        assert_eq!(seen, "Zoë & Co. <b> as MODERATOR is in Démo 🎥 & Zürich");
    }
}

#[tokio::test]
async fn a_room_that_has_ended_is_created_again_and_an_old_join_url_leads_nowhere() {
    let server = BigBlueButtonServer::start().await;
    let function = Function::new(&server.url, "sha256", SHARED_SECRET, Moderators::Everyone);
    let old = function.enter("Ada", Role::Host).await.unwrap();
    let settings = BigBlueButton::read(&function.settings()).unwrap();
    let direct = BigBlueButton::build(&settings, &function.secret).unwrap();
    let room = visit("Ada", Role::Host).room;
    direct.end(&room).await.unwrap();
    direct.end(&room).await.unwrap();
    function.enter("Ada", Role::Host).await.unwrap();
    assert!(!follow(&old).await.contains("is in"));
}

#[tokio::test]
async fn a_wrong_secret_and_a_server_that_is_down_are_different_errors() {
    let mut server = BigBlueButtonServer::start().await;
    let wrong = Function::new(
        &server.url,
        "sha256",
        "another-secret",
        Moderators::Everyone,
    );
    let error = wrong.enter("Ada", Role::Host).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the video system refused the request: checksumError"
    );
    server.stop().await;
    let right = Function::new(&server.url, "sha256", SHARED_SECRET, Moderators::Everyone);
    let error = right.enter("Ada", Role::Host).await.unwrap_err();
    let no_answer = matches!(error, VideoSystemError::NoAnswer(_));
    assert!(no_answer, "{error}");
}
