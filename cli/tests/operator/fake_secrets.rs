//! A Secrets Manager with one secret, as in its API reference: storing a version makes the current one
//! the previous one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::fake_aws::serve;

#[derive(Clone, Debug, Default)]
struct Inner {
    current: String,
    previous: Option<String>,
    refuses: Option<&'static str>,
}

/// The fake, and its URL.
pub(crate) struct FakeSecrets {
    pub endpoint: String,
    inner: Arc<Mutex<Inner>>,
}

impl FakeSecrets {
    /// Starts with this text as the secret.
    pub(crate) async fn start(current: &str) -> Self {
        let inner = Arc::new(Mutex::new(Inner {
            current: current.to_owned(),
            ..Inner::default()
        }));
        let router = Router::new().fallback(answer).with_state(inner.clone());
        Self {
            endpoint: serve(router).await,
            inner,
        }
    }

    /// From now on this operation is denied.
    pub(crate) fn refuse(&self, operation: &'static str) {
        self.inner.lock().unwrap().refuses = Some(operation);
    }

    /// The text of the current version.
    pub(crate) fn text(&self) -> String {
        self.inner.lock().unwrap().current.clone()
    }

    /// The current version, as JSON.
    pub(crate) fn current(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The previous version.
    pub(crate) fn previous(&self) -> Option<String> {
        self.inner.lock().unwrap().previous.clone()
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap();
    let operation = operation.rsplit_once('.').unwrap().1;
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut inner = inner.lock().unwrap();
    let (status, body) = match operation {
        _ if inner.refuses == Some(operation) => {
            // A message may quote what was sent.
            let message = format!("not allowed: {asked}");
            let denied = json!({"__type": "AccessDeniedException", "Message": message});
            (StatusCode::BAD_REQUEST, denied)
        }
        "GetSecretValue" => (StatusCode::OK, json!({"SecretString": inner.current})),
        "PutSecretValue" => {
            let new = asked["SecretString"].as_str().unwrap().to_owned();
            inner.previous = Some(std::mem::replace(&mut inner.current, new));
            (StatusCode::OK, json!({}))
        }
        "ListSecretVersionIds" => {
            let mut versions = vec![json!({"VersionId": "now", "VersionStages": ["AWSCURRENT"]})];
            if inner.previous.is_some() {
                versions.push(json!({"VersionId": "then", "VersionStages": ["AWSPREVIOUS"]}));
            }
            (StatusCode::OK, json!({"Versions": versions}))
        }
        "UpdateSecretVersionStage" => {
            assert_eq!(asked["VersionStage"], "AWSPREVIOUS");
            assert_eq!(asked["RemoveFromVersionId"], "then");
            inner.previous = None;
            (StatusCode::OK, json!({}))
        }
        other => panic!("{other}"),
    };
    let kind = [("content-type", "application/x-amz-json-1.1")];
    (status, kind, body.to_string()).into_response()
}
