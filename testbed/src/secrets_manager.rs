//! A fake AWS Secrets Manager: it answers `GetSecretValue` with what the test stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{Credentials, Region};
use aws_smithy_http_client::Builder;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::watch;

#[derive(Debug, Default)]
struct Stored {
    versions: HashMap<&'static str, String>,
    refused: Option<&'static str>,
    requests: usize,
}

/// The fake.
#[derive(Clone, Debug)]
pub struct SecretsManager {
    /// Its URL.
    pub endpoint: String,
    stored: Arc<Mutex<Stored>>,
    gate: Arc<Gate>,
}

/// A client for the Secrets Manager at `endpoint`, with the functions' timeouts and retries.
pub async fn client(endpoint: &str) -> Client {
    let config = shared::aws::loader()
        .http_client(Builder::new().build_http())
        .endpoint_url(endpoint)
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .load()
        .await;
    Client::new(&config)
}

/// The gate at which requests wait while it is closed.
#[derive(Debug)]
struct Gate {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl SecretsManager {
    /// Starts with an empty store of secrets.
    pub async fn start() -> Self {
        let stored = Arc::new(Mutex::new(Stored::default()));
        let gate = Arc::new(Gate {
            open: watch::Sender::new(true),
            waiting: watch::Sender::new(0),
        });
        let router = Router::new()
            .fallback(get_secret_value)
            .with_state((Arc::clone(&stored), Arc::clone(&gate)));
        Self {
            endpoint: crate::serve(router).await,
            stored,
            gate,
        }
    }

    /// Makes requests wait from now on.
    pub fn hold(&self) {
        self.gate.open.send_replace(false);
    }

    /// Waits until a request is waiting.
    pub async fn held(&self) {
        let mut waiting = self.gate.waiting.subscribe();
        waiting.wait_for(|waiting| *waiting > 0).await.unwrap();
    }

    /// Lets waiting requests continue.
    pub fn release(&self) {
        self.gate.open.send_replace(true);
    }

    /// Makes `text` the secret's version at `stage`: `AWSCURRENT` or `AWSPREVIOUS`.
    pub fn put(&self, stage: &'static str, text: &str) {
        let mut stored = self.stored.lock().unwrap();
        stored.versions.insert(stage, text.to_owned());
    }

    /// Denies access to the version at `stage` from now on.
    pub fn refuse(&self, stage: &'static str) {
        self.stored.lock().unwrap().refused = Some(stage);
    }

    /// Removes all secrets.
    pub fn clear(&self) {
        self.stored.lock().unwrap().versions.clear();
    }

    /// The requests since the last call.
    pub fn take_requests(&self) -> usize {
        std::mem::take(&mut self.stored.lock().unwrap().requests)
    }
}

async fn get_secret_value(
    State((stored, gate)): State<(Arc<Mutex<Stored>>, Arc<Gate>)>,
    body: Bytes,
) -> Response {
    gate.waiting.send_modify(|waiting| *waiting += 1);
    gate.open.subscribe().wait_for(|open| *open).await.unwrap();
    gate.waiting.send_modify(|waiting| *waiting -= 1);
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut stored = stored.lock().unwrap();
    stored.requests += 1;
    // The default of https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    let stage = asked["VersionStage"].as_str().unwrap_or("AWSCURRENT");
    let (status, answer) = match stored.versions.get(stage) {
        _ if stored.refused == Some(stage) => (400, json!({"__type": "AccessDeniedException"})),
        Some(text) => (200, json!({"SecretString": text, "VersionStages": [stage]})),
        None => (400, json!({"__type": "ResourceNotFoundException"})),
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .body(Body::from(answer.to_string()))
        .unwrap()
}
