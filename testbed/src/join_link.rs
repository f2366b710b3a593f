//! The join link in front of a video system that records its calls: the real `webhook` system and a
//! receiver on loopback. Requests go in as API Gateway's events.

use std::future::ready;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use join::Join;
use join::room_key::RoomKey;
use join::settings::Settings;
use join::video_system::VideoSystemSecret;
use serde_json::{Value, json};
use shared::config::{ConfigError, Environment};
use shared::identifiers::{PortalId, UserId};
use shared::repository::conferences::ReadConferences;
use shared::secret::Secret;
use shared::startup::StartError;
use shared::telemetry::Record;
use shared::timestamp::Timestamp;
use simulator::event::{GatewayRequest, event};

use crate::serve;
use crate::system::TestStore;

const ROOM_KEY: &str = "development-only-room-key";

/// What the video system answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// A link to the room.
    Room,
    /// 404: there is no such room.
    NoSuchRoom,
    /// An unusable response.
    Failure,
}

type Seen = Arc<Mutex<Vec<Value>>>;

static RECORDS: Mutex<Vec<Record>> = Mutex::new(Vec::new());

/// The join link of a test.
#[derive(Debug)]
pub struct JoinLink {
    join: Join,
    seen: Seen,
}

/// The response to a person.
#[derive(Clone, Debug)]
pub struct Page {
    /// The HTTP status.
    pub status: u64,
    /// The page's state; `None` if there is no page.
    pub state: Option<String>,
    /// The headers.
    pub headers: Value,
    /// The cookies that are set.
    pub cookies: Vec<String>,
    /// The HTML.
    pub html: String,
}

impl Page {
    /// The URL of the redirect, or an empty string.
    pub fn location(&self) -> &str {
        self.headers["location"].as_str().unwrap_or_default()
    }

    /// Status and state, as in the table of pages in docs/api.md.
    pub fn row(&self) -> (u64, Option<&str>) {
        (self.status, self.state.as_deref())
    }

    /// Whether a person can join from this page.
    pub fn has_form(&self) -> bool {
        self.html.contains("<form")
    }
}

impl JoinLink {
    /// A join link on `store`, with these settings in addition to the defaults.
    pub async fn start(store: &TestStore, settings: &[(&'static str, &'static str)]) -> Self {
        Self::answering(store, settings, Answers::Room).await
    }

    /// A join link as from [`Self::start`], with a video system that answers like this.
    pub async fn answering(
        store: &TestStore,
        settings: &[(&'static str, &'static str)],
        answers: Answers,
    ) -> Self {
        let seen = Seen::default();
        let receiver = Router::new()
            .route("/", post(answer))
            .with_state((answers, Arc::clone(&seen)));
        let url = serve(receiver).await;
        let settings = settings.to_vec();
        let environment = Environment::from_lookup(move |name| {
            let found = settings.iter().find(|(known, _)| *known == name);
            match (found, name) {
                (Some((_, value)), _) => Some((*value).to_owned()),
                (None, "VIDEO_SYSTEM") => Some("webhook".to_owned()),
                (None, "VIDEO_SYSTEM_URL") => Some(url.clone()),
                (None, _) => None,
            }
        });
        let secret = json!({
            "roomKey": ROOM_KEY,
            "signingSecret": "whsec_ZGV2ZWxvcG1lbnQtb25seS1zaWduaW5nLWtleQ==",
        });
        let secret = VideoSystemSecret::from_json("VIDEO_SYSTEM_SECRET", &secret.to_string());
        let conferences = ReadConferences::new(store.store.client(), store.conferences.clone());
        let settings = Settings::read(&environment).unwrap();
        let join = Join::from_settings(&environment, &secret.unwrap(), conferences, settings);
        Self {
            join: join.unwrap(),
            seen,
        }
    }

    /// The `data` of each call to the video system.
    pub fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap().clone()
    }

    /// The token in a host's own link.
    pub fn host_token(portal: u64, user: u64) -> String {
        let key = RoomKey::new(&Secret::new(ROOM_KEY)).unwrap();
        key.host_token(PortalId::new(portal), UserId::new(user))
    }

    /// A person opens a page at `now`.
    pub async fn get(&self, path: &str, now: Timestamp) -> Page {
        self.send(&Method::GET, path, &HeaderMap::new(), "", now)
            .await
    }

    /// A person submits the form at `now`.
    pub async fn post(&self, path: &str, name: &str, now: Timestamp) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("name", name)
            .finish();
        self.send(&Method::POST, path, &HeaderMap::new(), &body, now)
            .await
    }

    /// A person with a host's cookie submits the form, or opens the page if there is no name.
    pub async fn as_host(
        &self,
        token: &str,
        path: &str,
        name: Option<&str>,
        now: Timestamp,
    ) -> Page {
        let mut headers = HeaderMap::new();
        let cookie = format!("theme=dark; __Host-host={token}");
        headers.insert(COOKIE, HeaderValue::try_from(cookie).unwrap());
        let method = if name.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let body = name.map(|name| format!("name={name}")).unwrap_or_default();
        self.send(&method, path, &headers, &body, now).await
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &str,
        now: Timestamp,
    ) -> Page {
        let event = request(method, path, headers, body, now);
        self.deliver(event, now).await
    }

    /// Sends any event.
    pub async fn deliver(&self, event: Value, now: Timestamp) -> Page {
        page(Ok(&self.join), event, now).await
    }

    /// A person opens a page of a join link that can't start, because its secret can't be read.
    pub async fn get_without_secret(path: &str, now: Timestamp) -> Page {
        let event = request(&Method::GET, path, &HeaderMap::new(), "", now);
        let error = ConfigError::new("VIDEO_SYSTEM_SECRET_ID", "can't be read");
        page(Err(error.into()), event, now).await
    }

    /// Everything that any join link in this process logged, as text.
    pub fn records() -> String {
        format!("{:?}", RECORDS.lock().unwrap())
    }
}

fn request(method: &Method, path: &str, headers: &HeaderMap, body: &str, now: Timestamp) -> Value {
    let mut headers = headers.clone();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.entry(CONTENT_TYPE).or_insert(form);
    event(&GatewayRequest {
        method,
        path,
        query: None,
        headers: &headers,
        body: body.as_bytes(),
        domain_name: "api.example.com",
        source_ip: "203.0.113.7",
        request_id: "click",
        now,
    })
}

async fn page(join: Result<&Join, StartError>, event: Value, now: Timestamp) -> Page {
    let event = serde_json::from_value(event).unwrap();
    let report = |record: &Record| RECORDS.lock().unwrap().push(record.clone());
    let answer = join::edge::invoke(ready(join), report, &event, now).await;
    let answer = serde_json::to_value(answer).unwrap();
    let html = answer["body"].as_str().unwrap().to_owned();
    let state = html
        .split_once("data-state=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(state, _)| state.to_owned());
    Page {
        status: answer["statusCode"].as_u64().unwrap(),
        state,
        headers: answer["headers"].clone(),
        cookies: serde_json::from_value(answer["cookies"].clone()).unwrap(),
        html,
    }
}

async fn answer(State((answers, seen)): State<(Answers, Seen)>, body: String) -> Response {
    let call: Value = serde_json::from_str(&body).unwrap();
    let room = call["data"]["room"].as_str().unwrap().to_owned();
    seen.lock().unwrap().push(call["data"].clone());
    match answers {
        Answers::Room => {
            let url = format!("https://video.example.com/{room}");
            axum::Json(json!({ "url": url })).into_response()
        }
        Answers::NoSuchRoom => StatusCode::GONE.into_response(),
        Answers::Failure => StatusCode::BAD_REQUEST.into_response(),
    }
}
