//! A Secrets Manager with one secret, as in its API reference: storing a version makes the current one
//! the previous one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(Clone, Debug, Default)]
struct Inside {
    current: String,
    previous: Option<String>,
    refuses: Option<&'static str>,
}

/// The fake, and its URL.
pub(crate) struct FakeSecrets {
    pub endpoint: String,
    inside: Arc<Mutex<Inside>>,
}

impl FakeSecrets {
    /// Starts with this text as the secret.
    pub(crate) async fn start(current: &str) -> Self {
        let inside = Arc::new(Mutex::new(Inside {
            current: current.to_owned(),
            ..Inside::default()
        }));
        let router = Router::new().fallback(answer).with_state(inside.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { endpoint, inside }
    }

    /// From now on this operation is denied.
    pub(crate) fn refuse(&self, operation: &'static str) {
        self.inside.lock().unwrap().refuses = Some(operation);
    }

    /// The current version, as JSON.
    pub(crate) fn current(&self) -> Value {
        serde_json::from_str(&self.inside.lock().unwrap().current).unwrap()
    }

    /// The previous version.
    pub(crate) fn previous(&self) -> Option<String> {
        self.inside.lock().unwrap().previous.clone()
    }
}

async fn answer(
    State(inside): State<Arc<Mutex<Inside>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap();
    let operation = operation.rsplit_once('.').unwrap().1;
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut inside = inside.lock().unwrap();
    let (status, body) = match operation {
        _ if inside.refuses == Some(operation) => {
            // A message may quote what was sent.
            let message = format!("not allowed: {asked}");
            let denied = json!({"__type": "AccessDeniedException", "Message": message});
            (StatusCode::BAD_REQUEST, denied)
        }
        "GetSecretValue" => (StatusCode::OK, json!({"SecretString": inside.current})),
        "PutSecretValue" => {
            let new = asked["SecretString"].as_str().unwrap().to_owned();
            inside.previous = Some(std::mem::replace(&mut inside.current, new));
            (StatusCode::OK, json!({}))
        }
        "ListSecretVersionIds" => {
            let mut versions = vec![json!({"VersionId": "now", "VersionStages": ["AWSCURRENT"]})];
            if inside.previous.is_some() {
                versions.push(json!({"VersionId": "then", "VersionStages": ["AWSPREVIOUS"]}));
            }
            (StatusCode::OK, json!({"Versions": versions}))
        }
        "UpdateSecretVersionStage" => {
            assert_eq!(asked["VersionStage"], "AWSPREVIOUS");
            assert_eq!(asked["RemoveFromVersionId"], "then");
            inside.previous = None;
            (StatusCode::OK, json!({}))
        }
        other => panic!("{other}"),
    };
    let kind = [("content-type", "application/x-amz-json-1.1")];
    (status, kind, body.to_string()).into_response()
}
