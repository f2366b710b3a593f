//! A function's program, started cold or kept warm, on a store behind TLS.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use shared::contract::WebhookName;
use simulator::sample::{self, Meeting};

use crate::events::signed_event;
use crate::process::{SmallShare, peak_memory, processor_time};
use crate::programs::Program;
use crate::runtime_api::{Answered, RuntimeApi};
use crate::services::Services;

/// A running function. Dropping this value stops it.
pub struct Function {
    spawned: Instant,
    ready: Instant,
    api: RuntimeApi,
    child: Child,
    webhook: Option<WebhookName>,
}

/// One cold start.
#[derive(Clone, Copy, Debug)]
pub struct ColdStart {
    /// From starting the program until it asks for work.
    pub ready: Duration,
    /// The first answer.
    pub first: Duration,
    /// From starting the program until it has answered.
    pub total: Duration,
    /// The CPU time up to the next request for work.
    pub processor: Duration,
    /// Its peak memory, in KiB.
    pub memory: u64,
}

impl Function {
    /// Starts the program with Lambda's environment, and waits until it asks for work.
    pub fn start(program: &Program, services: &Services) -> Self {
        let settings = if program.secrets_manager {
            vec![("HUBSPOT_SECRET_ID", "secret")]
        } else {
            vec![
                ("HUBSPOT_CLIENT_SECRET", sample::CLIENT_SECRET),
                ("CONFERENCE_KEY", sample::CONFERENCE_KEY),
            ]
        };
        let command = Command::new(&program.path);
        Self::start_as(command, program.webhook, services, &settings)
    }

    /// Starts a command that runs a program, with these settings in addition to the usual ones.
    pub fn start_as(
        mut command: Command,
        webhook: Option<WebhookName>,
        services: &Services,
        settings: &[(&str, &str)],
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
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "development-only-aws-secret-key")
            .env("AWS_SESSION_TOKEN", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &services.store.endpoint)
            .env(
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                &services.secrets_manager.endpoint,
            )
            .env("SSL_CERT_FILE", &services.authority.file)
            .env("CONFERENCE_URL_TEMPLATE", "https://meet.example.com/{room}")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            spawned,
            ready: api.ready(),
            api,
            child,
            webhook,
        }
    }

    /// Sends it a webhook about `meeting`, and waits until it asks for more work. The baseline gets a create.
    pub fn invoke(&self, meeting: &Meeting) -> Answered {
        let webhook = self.webhook.unwrap_or(WebhookName::Create);
        let answered = self.answer(&signed_event(webhook, meeting));
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
    pub fn processor_time(&self) -> Duration {
        processor_time(&self.child)
    }

    /// Its peak memory so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        peak_memory(&self.child)
    }

    /// Asks it to exit, and waits until it has.
    pub fn terminate(mut self) {
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
    let function = Function::start(program, services);
    if let Some(share) = share {
        share.hold(&function.child);
    }
    let answered = function.invoke(meeting);
    ColdStart {
        ready: function.ready - function.spawned,
        first: answered.time,
        total: answered.at - function.spawned,
        processor: function.processor_time(),
        memory: function.peak_memory(),
    }
}

fn succeeded(answer: &Value) -> bool {
    answer["statusCode"]
        .as_u64()
        .is_some_and(|status| status < 300)
}
