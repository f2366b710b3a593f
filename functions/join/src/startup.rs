//! How the function starts: it reads its settings, then its secret while it opens the connection to the
//! store.
//!
//! A wrong setting or secret ends the function before it takes a request. If Secrets Manager doesn't
//! answer, the function keeps running, and each request tries the start again until one attempt succeeds.

use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{LambdaEvent, service_fn};
use shared::aws::{self, Aws};
use shared::aws_error::AwsError;
use shared::config::{ConfigError, Environment};
use shared::error_chain;
use shared::repository::conferences::ReadConferences;
use shared::telemetry;
use shared::timestamp::Timestamp;
use tokio::sync::OnceCell;

use crate::edge::{self, NotStarted};
use crate::event::Event;
use crate::settings::Settings;
use crate::video_system::{self, VideoSystemSecret, VideoSystemSettings};
use crate::{Join, edge::NAME};

const SECRET_ID: &str = "VIDEO_SYSTEM_SECRET_ID";
const SECRET: &str = "VIDEO_SYSTEM_SECRET";

/// How long a start waits for the store's connection. If that isn't enough, the first page connects by
/// itself.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// Why the function doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting or the secret is wrong or missing: an operator has to fix it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Secrets Manager is throttling or unreachable: the next request tries again.
    #[error("VIDEO_SYSTEM_SECRET_ID can't be read from Secrets Manager: {0}")]
    SecretUnavailable(String),
}

impl Join {
    /// Builds the join link from the tables and the video system that `environment` specifies.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is wrong or missing, or Secrets Manager doesn't answer. It
    /// isn't an error yet if the store can't be reached.
    pub async fn start(environment: &Environment) -> Result<Self, StartError> {
        let settings = Settings::read(environment)?;
        let table = environment.table("CONFERENCES_TABLE", "conferences")?;
        let aws = Aws::for_function(environment)?;
        let (client, connection) = aws.dynamodb();
        let conferences = ReadConferences::new(client, table);
        let connect = tokio::time::timeout(CONNECT_LIMIT, connection.begin().finish());
        let (secret, _) = tokio::join!(secret(environment, &aws), connect);
        Ok(Self::from_settings(
            environment,
            &secret?,
            conferences,
            settings,
        )?)
    }

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
        let video_system = video_system::from_settings(&VideoSystemSettings {
            environment,
            secret,
            moderators: settings.moderators,
            tls: aws::tls(environment)?,
        })?;
        Ok(Self::new(
            conferences,
            secret.room_key.clone(),
            video_system,
            settings,
        ))
    }
}

/// Reads the secret from Secrets Manager, or from the environment in local development.
async fn secret(environment: &Environment, aws: &Aws) -> Result<VideoSystemSecret, StartError> {
    if let Some(id) = environment.optional(SECRET_ID) {
        let client = aws.secrets_manager();
        let answer = client.get_secret_value().secret_id(id).send().await;
        let text = answer
            .map_err(|error| explain(&AwsError::from(&error)))?
            .secret_string;
        return Ok(VideoSystemSecret::from_json(
            SECRET_ID,
            &text.unwrap_or_default(),
        )?);
    }
    let Some(text) = environment.optional(SECRET) else {
        let problem = "is not set, nor is VIDEO_SYSTEM_SECRET";
        return Err(ConfigError::new(SECRET_ID, problem).into());
    };
    Ok(VideoSystemSecret::from_json(SECRET, &text)?)
}

fn explain(error: &AwsError) -> StartError {
    if error.is_transient() {
        return StartError::SecretUnavailable(error.to_string());
    }
    let problem = format!("can't be read from Secrets Manager: {error}");
    ConfigError::new(SECRET_ID, problem).into()
}

/// Runs the function until Lambda ends the process.
pub async fn run() -> ExitCode {
    telemetry::init();
    let join = OnceCell::new();
    let start = || {
        join.get_or_try_init(|| Box::pin(async { Join::start(&Environment::from_process()).await }))
    };
    match start().await {
        Ok(_) => {}
        Err(error @ StartError::SecretUnavailable(_)) => {
            let cause = error_chain::describe(&error);
            tracing::warn!(target: "webhook", webhook = NAME, cause, "requests start the function again");
        }
        Err(error @ StartError::Config(_)) => {
            let cause = error_chain::describe(&error);
            tracing::error!(target: "webhook", webhook = NAME, cause, "the function can't start");
            return ExitCode::FAILURE;
        }
    }
    let handler = service_fn(async |event: LambdaEvent<Event>| {
        let event = event.payload;
        if event.is_keep_warm() {
            return Ok::<_, std::convert::Infallible>(None);
        }
        let join = async {
            let started = start().await;
            started.map_err(|error| NotStarted(error_chain::describe(&error)))
        };
        let now = Timestamp::now();
        Ok(Some(
            edge::invoke(join, telemetry::report, &event, now).await,
        ))
    });
    match Box::pin(lambda_runtime::run(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error_chain::describe(error.as_ref());
            tracing::error!(target: "webhook", webhook = NAME, cause, "the runtime has ended");
            ExitCode::FAILURE
        }
    }
}
