//! How a function starts. Its `main` specifies its settings, its repository and its rule. This module does
//! the rest, in this order:
//!
//! 1. Read the settings. A wrong one ends the process with an error that says which one and why.
//! 2. Open the connection to the store and read the secret, concurrently: neither needs the other.
//! 3. Ask Lambda's [Runtime API][runtime] for events.
//!
//! [runtime]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//!
//! If Secrets Manager doesn't answer, the process keeps running. Each request retries the start until one
//! attempt succeeds; requests before that get a 503.
//!
//! HubSpot's webhooks and the join link differ in their events, answers and secrets. [`Function`] is what
//! they have in common.

mod event;

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join, join_all, try_join};
use kept_connection::Opening;
use lambda_http::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use tokio_rustls::rustls::ClientConfig;

use self::event::{Event, EventAnswer};
use crate::aws::{Aws, Connection};
use crate::config::{ConfigError, Environment};
use crate::error_chain;
use crate::stored_secret::{SecretError, StoredSecret};
use crate::telemetry;
use crate::timestamp::Timestamp;

/// How long a start waits for the store's connection. If that isn't enough, the first request connects by
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
    /// The secret can't be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl StartError {
    /// Whether another attempt may succeed. Otherwise an operator has to correct something.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Secret(SecretError::Unavailable { .. }))
    }
}

/// A function that has started.
pub trait Function: Send + Sync + Sized + 'static {
    /// The function's name in logs and metrics.
    const NAME: &'static str;
    /// The type that API Gateway's event is parsed into.
    type Request: DeserializeOwned;

    /// Answers a request that came in at `now`. `started` returns the function, which may have to be started
    /// first. If that fails, the answer is a 503, or a 500 if no retry can help.
    fn answer<'a, S, F>(
        started: S,
        event: LambdaEvent<Self::Request>,
        now: Timestamp,
    ) -> impl Future<Output = Result<impl Serialize, Infallible>>
    where
        S: Fn() -> F,
        F: Future<Output = Result<&'a Self, StartError>> + Send;

    /// Does the work that a request would otherwise wait for, at `now`: renews a stale secret.
    fn keep_warm(&self, now: Timestamp) -> impl Future<Output = ()>;
}

/// The building blocks of a function.
#[derive(Debug)]
pub struct Start {
    /// The settings.
    pub environment: Environment,
    pub(crate) aws: Arc<Aws>,
    stores: Vec<(Connection, Opening)>,
}

/// A function whose settings are read. What remains is to read its secret.
pub type Prepared<F> = BoxFuture<'static, Result<F, StartError>>;

type Build<F> = fn(&mut Start) -> Result<Prepared<F>, ConfigError>;

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

    /// The trust anchors of the AWS clients, for a function's other clients.
    #[must_use]
    pub fn tls(&self) -> Arc<ClientConfig> {
        self.aws.tls()
    }

    /// The secret whose name or ARN the setting `name` specifies, or `None` if it isn't set.
    #[must_use]
    pub fn stored_secret(&self, name: &'static str) -> Option<StoredSecret> {
        let id = self.environment.optional(name)?;
        Some(StoredSecret::new(self.aws.secrets_manager(), name, id))
    }
}

/// A function that has started, and its connections.
struct Instance<F> {
    function: F,
    stores: Vec<Connection>,
}

impl<F: Function> Instance<F> {
    async fn launch(build: Build<F>) -> Result<Self, StartError> {
        let environment = Environment::from_process();
        let mut start = Start {
            aws: Arc::new(Aws::for_function(&environment)?),
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
        // A wrong secret ends the function immediately, without waiting for the store.
        let (function, ()) = try_join(prepared, openings).await?;
        Ok(Self { function, stores })
    }

    async fn keep_warm(&self, now: Timestamp) {
        let connections = self.stores.iter().map(Connection::ensure_open);
        join(self.function.keep_warm(now), join_all(connections)).await;
    }
}

/// Runs a function: builds it with `build`, then handles events until Lambda ends the process.
pub fn run<F: Function>(build: Build<F>) -> ExitCode {
    telemetry::init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return give_up(F::NAME, "the function can't start", &error),
    };
    let code = runtime.block_on(serve(build));
    // A thread that is still in a DNS lookup can't be stopped. The process ends without waiting for it.
    runtime.shutdown_background();
    code
}

async fn serve<F: Function>(build: Build<F>) -> ExitCode {
    let instance = OnceCell::new();
    let ensure_launched = || instance.get_or_try_init(|| Box::pin(Instance::launch(build)));
    match ensure_launched().await {
        Ok(_) => {}
        Err(error) if error.is_transient() => {
            let cause = error_chain::describe(&error);
            tracing::warn!(target: "webhook", webhook = F::NAME, cause, "the function has not started; each request retries the start");
        }
        Err(error) => return give_up(F::NAME, "the function can't start", &error),
    }
    let started = || async { Ok(&ensure_launched().await?.function) };
    let handler = service_fn(|event: LambdaEvent<Event<F::Request>>| {
        let now = Timestamp::now();
        let (started, ensure_launched) = (&started, &ensure_launched);
        // Boxed, because the compiler limits how deeply futures may be nested.
        Box::pin(async move {
            match event.payload {
                Event::Request(request) => {
                    let event = LambdaEvent::new(*request, event.context);
                    let response = F::answer(started, event, now).await;
                    response.map(EventAnswer::Response)
                }
                Event::KeepWarm => {
                    let work = async {
                        if let Ok(instance) = ensure_launched().await {
                            instance.keep_warm(now).await;
                        }
                    };
                    // The result doesn't matter: if this failed, the next request connects by itself.
                    drop(tokio::time::timeout(KEEP_WARM_TIMEOUT, work).await);
                    Ok(EventAnswer::KeepWarm)
                }
            }
        })
    });
    match Box::pin(lambda_http::lambda_runtime::run(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => give_up(F::NAME, "the runtime has ended", error.as_ref()),
    }
}

fn give_up(webhook: &str, message: &str, error: &dyn Error) -> ExitCode {
    let cause = error_chain::describe(error);
    tracing::error!(target: "webhook", webhook, cause, "{message}");
    ExitCode::FAILURE
}
