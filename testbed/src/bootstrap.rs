//! A compiled function under a fake [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//! The binary is the one that is deployed.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, Notify, mpsc};

use crate::system::TestStore;
use crate::{body_of, sample_event};

/// A function that takes longer than this for any step counts as hanging.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// A running function.
#[derive(Debug)]
pub struct Bootstrap {
    child: Child,
    events: mpsc::UnboundedSender<String>,
    answers: mpsc::UnboundedReceiver<Answered>,
    asked: Arc<Notify>,
}

/// The response to one event.
#[derive(Debug)]
enum Answered {
    Response(Value),
    Error(Value),
}

/// The exit status and output of a function that was stopped or did not start.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Everything it wrote.
    pub output: String,
}

/// Texts from the sample events and the development settings that must not appear in any log.
const HIDDEN: [&str; 8] = [
    "example.com",
    "A Test Meeting",
    "A Better Title",
    "Zürich",
    "host-4711",
    "yyyyyyyy",
    "development-only",
    "ardnswrq",
];

impl Ended {
    /// The lines that the function logged. Checks that each is JSON without personal data or secrets.
    pub fn log(&self) -> Vec<Value> {
        let output = &self.output;
        for hidden in HIDDEN {
            assert!(!output.contains(hidden), "{hidden} is in {output}");
        }
        let lines = output.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

struct Api {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    answers: mpsc::UnboundedSender<Answered>,
    asked: Arc<Notify>,
}

impl Bootstrap {
    /// Starts `program` with this environment, in addition to Lambda's own variables.
    pub async fn start(program: &str, environment: &[(&str, &str)]) -> Self {
        let (events, next) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let asked = Arc::new(Notify::new());
        let api = Arc::new(Api {
            events: Mutex::new(next),
            answers: answered,
            asked: Arc::clone(&asked),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route(
                "/2018-06-01/runtime/invocation/{id}/{kind}",
                post(receive_answer),
            )
            .with_state(api);
        let endpoint = crate::serve(router).await;
        let child = Command::new(program)
            .env_clear()
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                endpoint.trim_start_matches("http://"),
            )
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "development-only-aws-secret-key")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            child,
            events,
            answers,
            asked,
        }
    }

    /// Waits until the function has started and asks for its first event.
    pub async fn ready(&mut self) {
        tokio::select! {
            () = self.asked.notified() => {}
            status = self.child.wait() => panic!("the function exited with {status:?}"),
            () = tokio::time::sleep(STEP_TIMEOUT) => panic!("the function didn't start"),
        }
    }

    /// Starts `program` on `store` with the development settings from `events/env.json`.
    pub async fn start_on(program: &str, store: &TestStore) -> Self {
        Self::start_with(program, store, &[]).await
    }

    /// Starts `program` as [`Self::start_on`] does, with `others` in addition to or instead of those settings.
    pub async fn start_with(program: &str, store: &TestStore, others: &[(&str, &str)]) -> Self {
        let settings = sample_event("env")["Parameters"].clone();
        let own = [
            ("AWS_ENDPOINT_URL_DYNAMODB", store.store.endpoint()),
            ("CONFERENCES_TABLE", &store.conferences),
            ("USERS_TABLE", &store.users),
        ];
        let settings = settings.as_object().unwrap().iter();
        let mut environment: Vec<(&str, &str)> = settings
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        environment.extend(own);
        environment.extend(others);
        Self::start(program, &environment).await
    }

    /// Starts `program` as [`Self::start_on`] does, with its secret in the Secrets Manager at `endpoint`.
    pub async fn start_with_secret(program: &str, store: &TestStore, endpoint: &str) -> Self {
        let named = [
            ("HUBSPOT_SECRET_ID", "hubspot"),
            ("HUBSPOT_CLIENT_SECRET", ""),
            ("CONFERENCE_KEY", ""),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint),
        ];
        Self::start_with(program, store, &named).await
    }

    /// Sends the function an event; returns the status and the body of its answer.
    pub async fn invoke(&mut self, event: &Value) -> (u64, Value) {
        let answer = self.answer_to(event).await;
        (answer["statusCode"].as_u64().unwrap(), body_of(&answer))
    }

    /// Sends the function an event; returns the whole answer, as API Gateway gets it.
    pub async fn answer_to(&mut self, event: &Value) -> Value {
        self.events.send(event.to_string()).unwrap();
        match self.answer().await {
            Answered::Response(answer) => answer,
            Answered::Error(error) => panic!("the function failed: {error}"),
        }
    }

    /// Sends the function an event that it can't answer; returns the error that it reports.
    pub async fn fail(&mut self, event: &str) -> Value {
        self.events.send(event.to_owned()).unwrap();
        match self.answer().await {
            Answered::Error(error) => error,
            Answered::Response(answer) => panic!("the function answered {answer}"),
        }
    }

    async fn answer(&mut self) -> Answered {
        tokio::select! {
            answer = self.answers.recv() => answer.unwrap(),
            status = self.child.wait() => panic!("the function exited with {status:?}"),
            () = tokio::time::sleep(STEP_TIMEOUT) => panic!("the function hangs"),
        }
    }

    /// Stops the function and returns its output.
    pub async fn end(mut self) -> Ended {
        self.child.start_kill().unwrap();
        self.wait().await
    }

    /// Waits for a function that exits on its own.
    pub async fn wait(mut self) -> Ended {
        let mut output = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut output).await.unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut output).await.unwrap();
        // For CI, which searches all printed output for secrets.
        print!("{output}");
        Ended {
            status: self.child.wait().await.unwrap(),
            output,
        }
    }
}

async fn next_event(State(api): State<Arc<Api>>) -> Response {
    api.asked.notify_one();
    let event = api.events.lock().await.recv().await;
    // The test is over: no more events come, and the binary is about to be stopped.
    let Some(event) = event else {
        return std::future::pending().await;
    };
    Response::builder()
        .header(
            "lambda-runtime-aws-request-id",
            "00000000-0000-0000-0000-000000000000",
        )
        .header("lambda-runtime-deadline-ms", "9999999999999")
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:1:function:f",
        )
        .header("lambda-runtime-trace-id", "Root=1-0-0;Sampled=0")
        .body(event.into())
        .unwrap()
}

async fn receive_answer(
    State(api): State<Arc<Api>>,
    Path((_, kind)): Path<(String, String)>,
    body: String,
) -> http::StatusCode {
    let body = serde_json::from_str(&body).unwrap();
    let answered = match kind.as_str() {
        "response" => Answered::Response(body),
        _ => Answered::Error(body),
    };
    // The test may have ended in the meantime.
    drop(api.answers.send(answered));
    http::StatusCode::ACCEPTED
}
