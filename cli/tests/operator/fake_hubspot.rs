//! A fake HubSpot that has only the settings API, as documented and as in its published descriptions:
//! changes become visible late, and tests can request failures.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A received request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub authorization: String,
    pub body: Option<Value>,
}

/// A response in place of the normal one.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub status: u16,
    pub retry_after: Option<&'static str>,
    pub category: &'static str,
    pub message: &'static str,
}

#[derive(Default)]
struct Inside {
    settings: Option<Value>,
    shown: Option<Value>,
    looks_until_shown: u32,
    lag: u32,
    troubles: VecDeque<Trouble>,
    seen: Vec<Seen>,
}

pub(crate) struct FakeHubSpot {
    pub base: String,
    inside: Arc<Mutex<Inside>>,
}

impl FakeHubSpot {
    pub(crate) async fn start() -> Self {
        let inside = Arc::new(Mutex::new(Inside::default()));
        let router = Router::new().fallback(answer).with_state(inside.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { base, inside }
    }

    /// The registered settings that are visible.
    pub(crate) fn with_settings(self, settings: Value) -> Self {
        let mut inside = self.inside.lock().unwrap();
        inside.settings = Some(settings.clone());
        inside.shown = Some(settings);
        drop(inside);
        self
    }

    /// From now on a change becomes visible after this many requests.
    pub(crate) fn show_changes_after(&self, looks: u32) {
        self.inside.lock().unwrap().lag = looks;
    }

    /// The responses to the next requests.
    pub(crate) fn make_trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.inside.lock().unwrap().troubles.extend(troubles);
    }

    pub(crate) fn settings(&self) -> Option<Value> {
        self.inside.lock().unwrap().settings.clone()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inside.lock().unwrap().seen.clone()
    }

    /// The methods of all requests, in one line.
    pub(crate) fn methods(&self) -> String {
        let seen = self.seen();
        let methods: Vec<_> = seen.iter().map(|seen| seen.method.as_str()).collect();
        methods.join(" ")
    }
}

async fn answer(
    State(inside): State<Arc<Mutex<Inside>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inside = inside.lock().unwrap();
    let authorization = headers.get(AUTHORIZATION);
    inside.seen.push(Seen {
        method: method.clone(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        authorization: authorization.map_or_else(String::new, |v| v.to_str().unwrap().to_owned()),
        body: serde_json::from_slice(&body).ok(),
    });
    if let Some(trouble) = inside.troubles.pop_front() {
        // The message echoes the request, because the client must not rely on a server not to do that.
        let sent = format!("{uri} {authorization:?}");
        return trouble.answer(&sent);
    }
    match method {
        Method::GET => {
            if inside.looks_until_shown > 0 {
                inside.looks_until_shown -= 1;
            } else {
                let settings = inside.settings.clone();
                inside.shown = settings;
            }
            match &inside.shown {
                Some(settings) => axum::Json(settings.clone()).into_response(),
                None => error(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no settings"),
            }
        }
        Method::PUT => {
            let settings: Value = serde_json::from_slice(&body).unwrap();
            inside.settings = Some(settings.clone());
            inside.looks_until_shown = inside.lag;
            axum::Json(settings).into_response()
        }
        Method::DELETE => {
            inside.settings = None;
            inside.looks_until_shown = inside.lag;
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

impl Trouble {
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
