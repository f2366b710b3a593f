//! How the function starts: with its own secret, which holds the room key and the video system's
//! credentials.
//!
//! Credentials that `video set` stores have to reach running instances. So a secret that was read more than
//! 15 minutes ago is read again in the background, and the video system is rebuilt from it. If that
//! fails, the previous one stays.

use std::convert::Infallible;
use std::sync::Arc;

use lambda_runtime::LambdaEvent;
use serde::Serialize;
use shared::aws;
use shared::config::{ConfigError, Environment};
use shared::error_chain;
use shared::renewal::Renewal;
use shared::repository::conferences::ReadConferences;
use shared::startup::{Function, Prepared, Start, StartError};
use shared::stored_secret::StoredSecret;
use shared::telemetry;
use shared::timestamp::Timestamp;
use tokio::sync::watch;
use tokio_rustls::rustls::ClientConfig;

use crate::Join;
use crate::edge;
use crate::event::Event;
use crate::settings::Settings;
use crate::video_system::{Selected, VideoSystemSecret, VideoSystemSettings};

const SECRET_ID: &str = "VIDEO_SYSTEM_SECRET_ID";
const SECRET: &str = "VIDEO_SYSTEM_SECRET";

impl Join {
    /// Builds the join link from `conferences` and the video system that `environment` specifies.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting of the video system or a field of the secret is missing or wrong.
    pub fn from_settings(
        environment: &Environment,
        secret: &VideoSystemSecret,
        conferences: ReadConferences,
        settings: Settings,
    ) -> Result<Self, ConfigError> {
        let video_system = select(environment, &settings, aws::tls(environment)?)?;
        Self::build(&video_system, secret, conferences, settings)
    }

    fn build(
        video_system: &Selected,
        secret: &VideoSystemSecret,
        conferences: ReadConferences,
        settings: Settings,
    ) -> Result<Self, ConfigError> {
        let room_key = secret.room_key.clone();
        let video_system = video_system.build(secret)?;
        Ok(Self::new(conferences, room_key, video_system, settings))
    }
}

fn select(
    environment: &Environment,
    settings: &Settings,
    tls: Arc<ClientConfig>,
) -> Result<Selected, ConfigError> {
    Selected::read(&VideoSystemSettings {
        environment,
        moderators: settings.moderators,
        tls,
    })
}

/// The join link on Lambda, whose secret is renewed.
#[derive(Debug)]
pub struct JoinFunction {
    state: Arc<watch::Sender<State>>,
    /// `None` if the secret is in the environment, in local development.
    stored: Option<Arc<Source>>,
}

#[derive(Debug)]
struct State {
    join: Arc<Join>,
    renewal: Renewal,
}

/// Where the secret is stored, and everything else that a join link is built from.
#[derive(Debug)]
struct Source {
    secret: StoredSecret,
    video_system: Selected,
    conferences: ReadConferences,
    settings: Settings,
}

impl Source {
    /// Builds the join link with the credentials in `secret`.
    fn build(&self, secret: &str) -> Result<Join, ConfigError> {
        let secret = VideoSystemSecret::from_json(SECRET_ID, secret)?;
        let (conferences, settings) = (self.conferences.clone(), self.settings.clone());
        Join::build(&self.video_system, &secret, conferences, settings)
    }

    async fn read(&self) -> Result<Join, StartError> {
        Ok(self.build(&self.secret.current().await?)?)
    }
}

impl JoinFunction {
    /// The join link on `conferences`, with the secret and the video system that the settings in `start`
    /// specify.
    ///
    /// # Errors
    /// [`ConfigError`] if neither `VIDEO_SYSTEM_SECRET_ID` nor `VIDEO_SYSTEM_SECRET` is set, or the latter
    /// or a setting of the video system is wrong.
    pub fn prepare(
        start: &Start,
        conferences: ReadConferences,
        settings: Settings,
    ) -> Result<Prepared<Self>, ConfigError> {
        let video_system = select(&start.environment, &settings, start.tls())?;
        if let Some(secret) = start.stored_secret(SECRET_ID) {
            let now = Timestamp::now();
            let stored = Self::stored(secret, video_system, conferences, settings, now);
            return Ok(Box::pin(stored));
        }
        let secret = start
            .environment
            .optional(SECRET)
            .ok_or_else(|| ConfigError::new(SECRET_ID, "is not set, nor is VIDEO_SYSTEM_SECRET"))?;
        let secret = VideoSystemSecret::from_json(SECRET, &secret)?;
        let join = Join::build(&video_system, &secret, conferences, settings)?;
        let function = Self::new(join, None, Timestamp::now());
        Ok(Box::pin(std::future::ready(Ok(function))))
    }

    /// The join link on `conferences` with this video system. Its credentials are in `secret`, which is read
    /// at `now`.
    ///
    /// # Errors
    /// [`StartError`] if the secret can't be read, or it or a setting of the video system is wrong.
    pub async fn stored(
        secret: StoredSecret,
        video_system: Selected,
        conferences: ReadConferences,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let source = Source {
            secret,
            video_system,
            conferences,
            settings,
        };
        let join = source.build(&source.secret.current_at_start().await?)?;
        Ok(Self::new(join, Some(Arc::new(source)), now))
    }

    fn new(join: Join, stored: Option<Arc<Source>>, now: Timestamp) -> Self {
        let state = State {
            join: Arc::new(join),
            renewal: Renewal::new(now),
        };
        Self {
            state: Arc::new(watch::Sender::new(state)),
            stored,
        }
    }

    /// The join link for a request that came in at `now`. If its secret is stale, a read starts in the
    /// background, and this call doesn't wait for it.
    #[must_use]
    pub fn current(&self, now: Timestamp) -> Arc<Join> {
        if let Some(renewal) = self.renewal(now) {
            tokio::spawn(renewal);
        }
        Arc::clone(&self.state.borrow().join)
    }

    fn renewal(&self, now: Timestamp) -> Option<impl Future<Output = ()> + Send + use<>> {
        let stored = self.stored.as_ref()?;
        let due = self
            .state
            .send_if_modified(|state| state.renewal.begin(now));
        let reading = renew(Arc::clone(&self.state), Arc::clone(stored), now);
        due.then_some(reading)
    }
}

async fn renew(state: Arc<watch::Sender<State>>, stored: Arc<Source>, began: Timestamp) {
    match stored.read().await {
        Ok(join) => state.send_modify(|state| {
            if state.renewal.accept(began) {
                state.join = Arc::new(join);
            }
        }),
        Err(error) => {
            let cause = error_chain::describe(&error);
            tracing::warn!(target: "webhook", cause, "failed to reread the video system's secret");
        }
    }
}

impl Function for JoinFunction {
    const NAME: &'static str = edge::NAME;
    type Request = Event;

    async fn answer<'a, S, F>(
        started: S,
        event: LambdaEvent<Event>,
        now: Timestamp,
    ) -> Result<impl Serialize, Infallible>
    where
        S: Fn() -> F,
        F: Future<Output = Result<&'a Self, StartError>> + Send,
    {
        let join = async { Ok(started().await?.current(now)) };
        Ok(edge::invoke(join, telemetry::report, &event.payload, now).await)
    }

    async fn keep_warm(&self, now: Timestamp) {
        if let Some(renewal) = self.renewal(now) {
            renewal.await;
        }
    }
}
