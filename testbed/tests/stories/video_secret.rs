//! The video system's credentials are changed in Secrets Manager while the join link runs. Secrets Manager
//! is a fake.

use std::time::Duration;

use join::settings::Settings;
use join::startup::JoinFunction;
use join::video_system::{Selected, VideoSystemSettings};
use join::{Answer, Click};
use shared::aws;
use shared::conference_id::ConferenceId;
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::repository::conferences::ReadConferences;
use shared::startup::{Function, StartError};
use shared::stored_secret::StoredSecret;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::secrets_manager::{self, SecretsManager};
use testbed::system::System;

const MINUTE: Duration = Duration::from_mins(1);

/// Without credentials, Jitsi's links have no token.
const OPEN: &str = r#"{"roomKey":"development-only-room-key"}"#;
const WITH_TOKENS: &str =
    r#"{"roomKey":"development-only-room-key","appId":"my_app","appSecret":"example_app_secret"}"#;

/// A running join link, and a conference that can be entered.
struct Running {
    system: System,
    secrets: SecretsManager,
    function: JoinFunction,
    conference_id: ConferenceId,
}

impl Running {
    /// Starts it with the secret that is stored at that time.
    async fn start(secret: &str) -> Self {
        let system = System::start().await;
        let meeting = Meeting {
            start_time: system.now,
            end_time: system.now.plus(600 * MINUTE),
            ..Meeting::default()
        };
        let created = system.send(WebhookName::Create, &meeting).await;
        let secrets = SecretsManager::start().await;
        secrets.put("AWSCURRENT", secret);
        let function = start(&system, &secrets).await.unwrap();
        assert_eq!(secrets.take_requests(), 1);
        Self {
            conference_id: ConferenceId::parse(created.id()).unwrap(),
            system,
            secrets,
            function,
        }
    }

    fn at(&self, minutes: u32) -> Timestamp {
        self.system.now.plus(MINUTE * minutes)
    }

    /// The link that a person gets in this minute.
    async fn enter(&self, minutes: u32) -> String {
        let now = self.at(minutes);
        let click = Click {
            conference_id: self.conference_id.clone(),
            host: None,
            name: Some("Ada".to_owned()),
            now,
        };
        let (answer, _) = self.function.current(now).follow(click).await;
        let url = match answer {
            Answer::Room(url) => Some(url.as_str().to_owned()),
            Answer::Page(_) | Answer::Unavailable(..) => None,
        };
        url.unwrap()
    }

    /// Whether that link has a token.
    async fn has_token(&self, minutes: u32) -> bool {
        self.enter(minutes).await.contains("jwt=")
    }
}

async fn start(system: &System, secrets: &SecretsManager) -> Result<JoinFunction, StartError> {
    let environment = Environment::from_variables([
        ("VIDEO_SYSTEM", "jitsi"),
        ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
    ]);
    let client = secrets_manager::client(&secrets.endpoint).await;
    let secret = StoredSecret::new(client, "VIDEO_SYSTEM_SECRET_ID", "video".to_owned());
    let store = &system.store;
    let conferences = ReadConferences::new(store.store.client(), store.conferences.clone());
    let settings = Settings::read(&environment).unwrap();
    let video_system = Selected::read(&VideoSystemSettings {
        environment: &environment,
        moderators: settings.moderators,
        tls: aws::tls(&environment).unwrap(),
    });
    JoinFunction::stored(
        secret,
        video_system.unwrap(),
        conferences,
        settings,
        system.now,
    )
    .await
}

#[tokio::test]
async fn new_credentials_reach_a_running_instance_and_no_click_waits_for_them() {
    let running = Running::start(OPEN).await;
    running.secrets.put("AWSCURRENT", WITH_TOKENS);
    assert!(!running.has_token(14).await);
    assert_eq!(running.secrets.take_requests(), 0, "not old yet");
    running.secrets.hold();
    assert!(!running.has_token(15).await, "waits for nothing");
    running.secrets.held().await;
    running.secrets.release();
    let renewed = async {
        while !running.has_token(15).await {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), renewed).await;
    assert!(in_time.is_ok(), "the new credentials never arrive");
    assert_eq!(running.secrets.take_requests(), 1);
}

#[tokio::test]
async fn the_keep_warm_event_renews_the_credentials_before_a_person_clicks() {
    let running = Running::start(OPEN).await;
    running.secrets.put("AWSCURRENT", WITH_TOKENS);
    running.function.keep_warm(running.at(14)).await;
    assert!(!running.has_token(14).await);
    running.function.keep_warm(running.at(15)).await;
    assert!(running.has_token(15).await);
    assert_eq!(running.secrets.take_requests(), 1);
    running.function.keep_warm(running.at(29)).await;
    assert_eq!(running.secrets.take_requests(), 0, "not old yet");
}

#[tokio::test]
async fn an_unusable_new_secret_is_ignored_and_read_again_a_minute_later() {
    let running = Running::start(WITH_TOKENS).await;
    let room = running.enter(0).await;
    let room = room.split('?').next().unwrap();
    let half = r#"{"roomKey":"development-only-room-key","appId":"my_app"}"#;
    for (minute, stored) in (15..).zip(["hush", half, OPEN]) {
        running.secrets.put("AWSCURRENT", stored);
        for _ in 0..3 {
            running.function.keep_warm(running.at(minute)).await;
        }
        assert_eq!(running.secrets.take_requests(), 1);
        let entered = running.enter(minute).await;
        assert!(entered.starts_with(room), "the room is the same");
        assert_eq!(entered.contains("jwt="), stored != OPEN, "{stored}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_video_systems_secret_is_said_without_quoting_it() {
    let system = System::start().await;
    let secrets = SecretsManager::start().await;
    let missing = start(&system, &secrets).await.unwrap_err();
    assert!(!missing.is_transient());
    let expected =
        "VIDEO_SYSTEM_SECRET_ID can't be read from Secrets Manager: there is no such secret";
    assert_eq!(missing.to_string(), expected);
    secrets.put("AWSCURRENT", "hush");
    let malformed = start(&system, &secrets).await.unwrap_err();
    assert!(!malformed.is_transient());
    let expected = "VIDEO_SYSTEM_SECRET_ID is not a JSON object whose values are strings";
    assert_eq!(malformed.to_string(), expected);
}
