//! How a function starts: settings, then secrets and connection at the same time, then the Runtime
//! API. What is wrong with the settings or the secret ends the function before it takes a request.
//! That Secrets Manager gives no answer does not: each request starts the function again until one
//! succeeds, and those before it are told to come again.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::join;
use lambda_http::request::LambdaRequest;
use lambda_http::{LambdaEvent, service_fn};
use tokio::sync::OnceCell;

use crate::aws::Aws;
use crate::aws::connection::Opening;
use crate::client_secrets::{SecretSource, Secrets, SecretsError};
use crate::config::{ConfigError, Environment};
use crate::edge::{self, Edge, NotStarted, SignatureCheck};
use crate::error_chain;
use crate::public_url::PublicBaseUrl;
use crate::signature::SignatureVersion;
use crate::telemetry;
use crate::timestamp::Timestamp;
use crate::webhook::Webhook;

/// How long a start waits for the store. Without it the first webhook connects by itself.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// Why a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is wrong or missing.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The secret can't be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<StartError> for NotStarted {
    fn from(error: StartError) -> Self {
        match &error {
            StartError::Secrets(SecretsError::Unavailable(_)) => Self::Yet(error.into()),
            _ => Self::ForGood(error.into()),
        }
    }
}

/// What a starting function has at hand.
#[derive(Debug)]
pub struct Start {
    /// Its settings.
    pub environment: Environment,
    aws: Aws,
    source: SecretSource,
    minimum: SignatureVersion,
    public_base_url: Option<PublicBaseUrl>,
}

impl Start {
    fn new(environment: Environment) -> Result<Self, ConfigError> {
        let source = SecretSource::read(&environment)?;
        let minimum = environment.parsed("MIN_SIGNATURE_VERSION")?;
        let public_base_url = environment.parsed("PUBLIC_BASE_URL")?;
        Ok(Self {
            aws: Aws::of_function(&environment)?,
            environment,
            source,
            minimum: minimum.unwrap_or(SignatureVersion::V1),
            public_base_url,
        })
    }

    /// A client for the store, and its connection, which [`Opening::finish`] opens.
    #[must_use]
    pub fn store(&self) -> (aws_sdk_dynamodb::Client, Opening) {
        self.aws.dynamodb(&self.environment)
    }

    /// Reads the secrets, and meanwhile lets `connect` open the connection to the store.
    ///
    /// # Errors
    /// [`SecretsError`]; that the store can't be reached is no error yet.
    pub async fn secrets(&self, connect: impl Future) -> Result<Secrets, SecretsError> {
        let source = self.source.clone();
        let secrets = source.secrets(
            || self.aws.secrets_manager(&self.environment),
            Timestamp::now(),
        );
        let (secrets, _) = join(secrets, tokio::time::timeout(CONNECT_LIMIT, connect)).await;
        secrets
    }

    /// The webhook behind its signature check.
    #[must_use]
    pub fn edge<W: Webhook>(self, webhook: W, secrets: Secrets) -> Edge<W> {
        let check = SignatureCheck {
            secrets: secrets.client,
            minimum: self.minimum,
            public_base_url: self.public_base_url,
        };
        Edge::new(webhook, check, telemetry::report)
    }
}

/// Runs a function: builds its webhook with `build`, then answers events until Lambda ends it.
pub async fn run<W, F>(build: impl Fn(Start) -> F + Sync) -> ExitCode
where
    W: Webhook,
    F: Future<Output = Result<Edge<W>, StartError>> + Send,
{
    telemetry::init();
    let edge = OnceCell::new();
    let start = || edge.get_or_try_init(|| Box::pin(start(&build)));
    match start().await {
        Ok(_) => {}
        Err(StartError::Secrets(error @ SecretsError::Unavailable(_))) => {
            let cause = error_chain::describe(&error);
            tracing::warn!(target: "webhook", webhook = W::NAME, cause, "requests start the function again");
        }
        Err(error) => return give_up(W::NAME, "the function can't start", &error),
    }
    let started = || async { Ok(start().await?) };
    let handler = service_fn(|event: LambdaEvent<LambdaRequest>| {
        edge::invoke_when_started(&started, telemetry::report, event, Timestamp::now())
    });
    match Box::pin(lambda_http::lambda_runtime::run(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => give_up(W::NAME, "the runtime has ended", error.as_ref()),
    }
}

async fn start<W, F>(build: impl Fn(Start) -> F) -> Result<Edge<W>, StartError>
where
    F: Future<Output = Result<Edge<W>, StartError>>,
{
    build(Start::new(Environment::from_process())?).await
}

fn give_up(webhook: &str, message: &str, error: &dyn Error) -> ExitCode {
    let cause = error_chain::describe(error);
    tracing::error!(target: "webhook", webhook, cause, "{message}");
    ExitCode::FAILURE
}
