//! A fake HubSpot with only the settings API, as in HubSpot's documentation and OpenAPI descriptions: changes
//! become visible late, and tests can make requests fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};

use crate::fake_aws::serve;

/// A received request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub authorization: String,
    pub body: Option<Value>,
}

/// A failure in place of the normal response.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub status: u16,
    pub retry_after: Option<&'static str>,
    pub category: &'static str,
    pub message: &'static str,
}

#[derive(Default)]
struct Inner {
    settings: Option<Value>,
    shown: Option<Value>,
    looks_until_shown: u32,
    lag: u32,
    failures: VecDeque<Failure>,
    seen: Vec<Seen>,
}

pub(crate) struct FakeHubSpot {
    pub base: String,
    inner: Arc<Mutex<Inner>>,
}

impl FakeHubSpot {
    pub(crate) async fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let router = Router::new().fallback(answer).with_state(inner.clone());
        Self {
            base: serve(router).await,
            inner,
        }
    }

    /// Registers `settings`, which are visible at once.
    pub(crate) fn with_settings(self, settings: Value) -> Self {
        let mut inner = self.inner.lock().unwrap();
        inner.settings = Some(settings.clone());
        inner.shown = Some(settings);
        drop(inner);
        self
    }

    /// From now on a change becomes visible after this many requests.
    pub(crate) fn show_changes_after(&self, looks: u32) {
        self.inner.lock().unwrap().lag = looks;
    }

    /// Answers the next requests with these failures, one each.
    pub(crate) fn fail_next(&self, failures: impl IntoIterator<Item = Failure>) {
        self.inner.lock().unwrap().failures.extend(failures);
    }

    pub(crate) fn settings(&self) -> Option<Value> {
        self.inner.lock().unwrap().settings.clone()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inner.lock().unwrap().seen.clone()
    }

    /// The methods of all requests, in one line.
    pub(crate) fn methods(&self) -> String {
        let seen = self.seen();
        let methods: Vec<_> = seen.iter().map(|seen| seen.method.as_str()).collect();
        methods.join(" ")
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = inner.lock().unwrap();
    let authorization = headers.get(AUTHORIZATION);
    inner.seen.push(Seen {
        method: method.clone(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        authorization: authorization.map_or_else(String::new, |v| v.to_str().unwrap().to_owned()),
        body: serde_json::from_slice(&body).ok(),
    });
    if let Some(failure) = inner.failures.pop_front() {
        // The message echoes the request, as a server may, because the client must not show secrets then.
        let sent = format!("{uri} {authorization:?}");
        return failure.answer(&sent);
    }
    match method {
        Method::GET => {
            if inner.looks_until_shown > 0 {
                inner.looks_until_shown -= 1;
            } else {
                let settings = inner.settings.clone();
                inner.shown = settings;
            }
            match &inner.shown {
                Some(settings) => axum::Json(settings.clone()).into_response(),
                None => error(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no settings"),
            }
        }
        Method::PUT => {
            let settings: Value = serde_json::from_slice(&body).unwrap();
            inner.settings = Some(settings.clone());
            inner.looks_until_shown = inner.lag;
            axum::Json(settings).into_response()
        }
        Method::DELETE => {
            inner.settings = None;
            inner.looks_until_shown = inner.lag;
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn error(status: StatusCode, category: &str, message: &str) -> Response {
    let body = json!({
        "status": "error",
        "category": category,
        "message": message,
        "correlationId": "c0ffee",
    });
    (status, axum::Json(body)).into_response()
}

impl Failure {
    pub(crate) const fn new(status: u16, category: &'static str, message: &'static str) -> Self {
        Self {
            status,
            retry_after: None,
            category,
            message,
        }
    }

    pub(crate) const fn retry_after(self, seconds: &'static str) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    fn answer(&self, sent: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap();
        let message = format!("{} \u{1b}[31m{sent}", self.message);
        let mut response = error(status, self.category, &message);
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.parse().unwrap());
        }
        if status.is_redirection() {
            headers.insert(LOCATION, "/elsewhere".parse().unwrap());
        }
        response
    }
}
