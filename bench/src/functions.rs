//! A function's program, started cold or kept warm, on a store behind TLS.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use simulator::sample::Meeting;

use crate::process::{SmallShare, cpu_time, peak_memory};
use crate::programs::{Answers, Program};
use crate::runtime_api::{Answered, RuntimeApi};
use crate::services::Services;
use crate::timeline::{Counts, Step, Steps, round_trips_in_sequence};

/// A running function. Dropping this value stops it.
#[derive(Debug)]
pub struct Function {
    spawned: Instant,
    ready: Instant,
    api: RuntimeApi,
    child: Child,
    answers: Answers,
}

/// One cold start.
#[derive(Clone, Copy, Debug)]
pub struct ColdStart {
    /// From starting the program until it asks for work.
    pub ready: Duration,
    /// From delivering the first event until it is answered.
    pub first: Duration,
    /// From starting the program until it has answered.
    pub total: Duration,
    /// The CPU time up to the next request for work.
    pub cpu_time: Duration,
    /// Its peak memory, in KiB.
    pub memory: u64,
    /// Its requests to the store.
    pub store: Exchange,
    /// Its requests to Secrets Manager.
    pub secrets_manager: Exchange,
    /// The round trips that the answer waits for, one after the other.
    pub round_trips: usize,
}

/// What a cold start did at one service. The times are from starting the program; `None` for a step that it
/// didn't take.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    /// When it began to connect.
    pub connect: Option<Duration>,
    /// When the connection was open and it sent its `ClientHello`.
    pub client_hello: Option<Duration>,
    /// When it had finished the TLS handshake.
    pub handshake: Option<Duration>,
    /// When it sent its first request.
    pub request: Option<Duration>,
    /// When it received its last answer.
    pub answer: Option<Duration>,
    /// The number of connections, handshakes and requests.
    pub counts: Counts,
}

impl Exchange {
    fn new(steps: &Steps, spawned: Instant) -> Self {
        let since = |at: Option<Instant>| at.map(|at| at - spawned);
        Self {
            connect: since(steps.first(Step::Connect)),
            client_hello: since(steps.first(Step::ClientHello)),
            handshake: since(steps.first(Step::Handshake)),
            request: since(steps.first(Step::Request)),
            answer: since(steps.last(Step::Answer)),
            counts: steps.counts(),
        }
    }
}

impl Function {
    /// Starts the program with Lambda's environment, and waits until it asks for work.
    pub fn start(program: &Program, services: &Services) -> Self {
        Self::start_as(
            program.command(),
            program.answers,
            services,
            &program.settings(),
        )
    }

    /// Starts a command that runs a program, with these settings in addition to the usual ones.
    pub(crate) fn start_as(
        mut command: Command,
        answers: Answers,
        services: &Services,
        settings: &[(&'static str, String)],
    ) -> Self {
        let api = RuntimeApi::start();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let spawned = Instant::now();
        let child = command
            .env_clear()
            .env("PATH", path)
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            // Lambda sets both. AWS's SDK for Python reads the second one alone.
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "development-only-aws-secret-key")
            .env("AWS_SESSION_TOKEN", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &services.store.endpoint)
            .env(
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                &services.secrets_manager.endpoint,
            )
            .env("SSL_CERT_FILE", &services.authority.file)
            // The same for AWS's SDKs for Node and Python.
            .env("NODE_EXTRA_CA_CERTS", &services.authority.file)
            .env("NODE_NO_WARNINGS", "1")
            .env("AWS_CA_BUNDLE", &services.authority.file)
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            spawned,
            ready: api.ready(),
            api,
            child,
            answers,
        }
    }

    /// Sends it an event about `meeting`, and waits until it asks for more work.
    pub fn invoke(&self, meeting: &Meeting) -> Answered {
        let answered = self.answer(&self.answers.event(meeting));
        assert!(succeeded(&answered.answer), "{}", answered.answer);
        answered
    }

    /// Sends it any event, and waits until it asks for more work.
    pub fn answer(&self, event: &Value) -> Answered {
        let answered = self.api.invoke(event);
        self.api.ready();
        answered
    }

    /// The CPU time that it has used so far.
    pub fn cpu_time(&self) -> Duration {
        cpu_time(&self.child)
    }

    /// Its peak memory so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        peak_memory(&self.child)
    }

    /// Asks it to exit, and waits until it has.
    pub(crate) fn terminate(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts the program, lets it answer once and stops it; `share` applies from its first request for work.
pub fn cold_start(
    program: &Program,
    services: &Services,
    meeting: &Meeting,
    share: Option<&SmallShare>,
) -> ColdStart {
    services.take_counts();
    let function = Function::start(program, services);
    if let Some(share) = share {
        share.limit(&function.child);
    }
    let answered = function.invoke(meeting);
    let (store, secrets_manager) = (
        services.store.log.take(),
        services.secrets_manager.log.take(),
    );
    let (store_ready, store_answer) = store.counts_around(function.ready);
    let (secrets_ready, secrets_answer) = secrets_manager.counts_around(function.ready);
    ColdStart {
        ready: function.ready - function.spawned,
        first: answered.time,
        total: answered.at - function.spawned,
        cpu_time: function.cpu_time(),
        memory: function.peak_memory(),
        store: Exchange::new(&store, function.spawned),
        secrets_manager: Exchange::new(&secrets_manager, function.spawned),
        round_trips: round_trips_in_sequence(
            (store_ready, secrets_ready),
            (store_answer, secrets_answer),
        ),
    }
}

fn succeeded(answer: &Value) -> bool {
    answer["statusCode"]
        .as_u64()
        .is_some_and(|status| status < 300)
}
