//! How a function starts. Its `main` specifies its settings, its repository and its webhook. This module
//! does the rest, in this order:
//!
//! 1. Read the settings. A wrong one ends the process with an error that says which one and why.
//! 2. Open the connection to the store and read the secrets, concurrently: neither needs the other.
//! 3. Ask Lambda's [Runtime API][runtime] for events.
//!
//! [runtime]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//!
//! If Secrets Manager doesn't answer, the process keeps running. Each request tries the start again until
//! one attempt succeeds; requests before that get a 503.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::{join, join_all, try_join};
use kept_connection::Opening;
use lambda_http::{LambdaEvent, service_fn};
use tokio::sync::OnceCell;

use crate::aws::{Aws, Connection};
use crate::client_secrets::{SecretSource, Secrets, SecretsError};
use crate::conference_key::ConferenceKey;
use crate::config::{ConfigError, Environment};
use crate::edge::{self, Edge, Event, EventAnswer, NotStarted, SignatureCheck};
use crate::error_chain;
use crate::public_url::PublicBaseUrl;
use crate::signature::SignatureVersion;
use crate::telemetry;
use crate::timestamp::Timestamp;
use crate::webhook::Webhook;

/// How long a start waits for the store's connection. If that isn't enough, the first webhook connects by
/// itself.
const OPENING_TIMEOUT: Duration = Duration::from_secs(1);

/// The time limit of a keep-warm call. No user waits for it, but its duration is billed.
const KEEP_WARM_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a function doesn't start.
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

/// The building blocks of a function's webhook.
#[derive(Debug)]
pub struct Start {
    /// The settings.
    pub environment: Environment,
    aws: Aws,
    stores: Vec<(Connection, Opening)>,
}

/// A webhook that is complete once the secrets are known.
pub struct Prepared<W>(Box<Finish<W>>);

type Finish<W> = dyn FnOnce(&Secrets) -> Result<W, ConfigError> + Send;

impl<W> fmt::Debug for Prepared<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}

impl<W: Webhook + Send + 'static> Prepared<W> {
    /// A webhook that needs no secrets.
    #[must_use]
    pub fn new(webhook: W) -> Self {
        Self(Box::new(|_| Ok(webhook)))
    }

    /// A webhook that needs the key for conference ids.
    #[must_use]
    pub fn with_conference_key(finish: impl FnOnce(ConferenceKey) -> W + Send + 'static) -> Self {
        Self(Box::new(|secrets| Ok(finish(secrets.conference_key()?))))
    }
}

impl Start {
    /// A repository on the table that the setting `name` names, or on the table `default` if it isn't set.
    /// Starts opening the connection.
    ///
    /// # Errors
    /// [`ConfigError`] if the setting isn't a valid table name.
    pub fn repository<R>(
        &mut self,
        name: &'static str,
        default: &str,
        new: impl FnOnce(aws_sdk_dynamodb::Client, String) -> R,
    ) -> Result<R, ConfigError> {
        let table = self.environment.table(name, default)?;
        let (client, connection) = self.aws.dynamodb();
        let opening = connection.begin();
        self.stores.push((connection, opening));
        Ok(new(client, table))
    }
}

/// A function that has started.
struct Started<W> {
    edge: Edge<W>,
    stores: Vec<Connection>,
}

impl<W: Webhook> Started<W> {
    async fn keep_warm(&self, now: Timestamp) {
        let connections = self.stores.iter().map(Connection::ensure_open);
        join(self.edge.keep_warm(now), join_all(connections)).await;
    }
}

/// Runs a function: builds its webhook with `build`, then handles events until Lambda ends the process.
pub fn run<W>(build: fn(&mut Start) -> Result<Prepared<W>, ConfigError>) -> ExitCode
where
    W: Webhook + Send + 'static,
{
    telemetry::init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return give_up(W::NAME, "the function can't start", &error),
    };
    let code = runtime.block_on(serve(build));
    // A thread that is still in a DNS lookup can't be stopped. The process ends without waiting for it.
    runtime.shutdown_background();
    code
}

async fn serve<W>(build: fn(&mut Start) -> Result<Prepared<W>, ConfigError>) -> ExitCode
where
    W: Webhook + Send + 'static,
{
    let started = OnceCell::new();
    let start = || started.get_or_try_init(|| Box::pin(start(build)));
    match start().await {
        Ok(_) => {}
        Err(StartError::Secrets(error @ SecretsError::Unavailable(_))) => {
            let cause = error_chain::describe(&error);
            tracing::warn!(target: "webhook", webhook = W::NAME, cause, "requests start the function again");
        }
        Err(error) => return give_up(W::NAME, "the function can't start", &error),
    }
    let edge = || async { Ok(&start().await?.edge) };
    let handler = service_fn(|event: LambdaEvent<Event>| {
        let now = Timestamp::now();
        let (edge, start) = (&edge, &start);
        async move {
            match event.payload {
                Event::Request(request) => {
                    let event = LambdaEvent::new(*request, event.context);
                    let response =
                        edge::invoke_when_started(edge, telemetry::report, event, now).await;
                    response.map(EventAnswer::Response)
                }
                Event::KeepWarm => {
                    let work = async {
                        if let Ok(started) = start().await {
                            started.keep_warm(now).await;
                        }
                    };
                    // The result doesn't matter: if this failed, the next webhook connects by itself.
                    drop(tokio::time::timeout(KEEP_WARM_TIMEOUT, work).await);
                    Ok(EventAnswer::KeepWarm)
                }
            }
        }
    });
    match Box::pin(lambda_http::lambda_runtime::run(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => give_up(W::NAME, "the runtime has ended", error.as_ref()),
    }
}

async fn start<W: Webhook>(
    build: fn(&mut Start) -> Result<Prepared<W>, ConfigError>,
) -> Result<Started<W>, StartError> {
    let environment = Environment::from_process();
    let source = SecretSource::read(&environment)?;
    let minimum = environment.parsed("MIN_SIGNATURE_VERSION")?;
    let public_base_url: Option<PublicBaseUrl> = environment.parsed("PUBLIC_BASE_URL")?;
    let mut start = Start {
        aws: Aws::for_function(&environment)?,
        environment,
        stores: Vec::new(),
    };
    let prepared = build(&mut start)?;
    let (stores, openings): (Vec<_>, Vec<_>) = start.stores.into_iter().unzip();
    let openings = async {
        let openings = join_all(openings.into_iter().map(Opening::finish));
        // It isn't an error yet if the store can't be reached.
        drop(tokio::time::timeout(OPENING_TIMEOUT, openings).await);
        Ok::<_, StartError>(())
    };
    let aws = start.aws;
    let webhook = async {
        let client = || aws.secrets_manager();
        let secrets = source.secrets(client, Timestamp::now()).await?;
        let webhook = (prepared.0)(&secrets)?;
        Ok::<_, StartError>((webhook, secrets.client))
    };
    // A wrong secret ends the function immediately, without waiting for the store.
    let ((webhook, secrets), ()) = try_join(webhook, openings).await?;
    let check = SignatureCheck {
        secrets,
        minimum: minimum.unwrap_or(SignatureVersion::V1),
        public_base_url,
    };
    Ok(Started {
        edge: Edge::new(webhook, check, telemetry::report),
        stores,
    })
}

fn give_up(webhook: &str, message: &str, error: &dyn Error) -> ExitCode {
    let cause = error_chain::describe(error);
    tracing::error!(target: "webhook", webhook, cause, "{message}");
    ExitCode::FAILURE
}
