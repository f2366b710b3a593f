//! A simulated video system, which stands in for an operator's own one behind `VIDEO_SYSTEM=webhook`. It is
//! called for each join, returns a personal link for every participant, and shows who is in the room on a
//! minimal page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderMap, HeaderName, StatusCode};
use join::video_system::webhook::SigningKey;
use maud::{DOCTYPE, html};
use serde::Deserialize;
use serde_json::json;
use shared::timestamp::Timestamp;

/// The endpoint that decides where a participant goes.
pub const PATH: &str = "/video-system/join";

/// The secret of the simulator's join link: a key for rooms, and one for signing calls.
pub const SECRET: &str = "{\"roomKey\":\"development-only-room-key\",\
    \"signingSecret\":\"whsec_ZGV2ZWxvcG1lbnQtb25seS1zaWduaW5nLWtleQ==\"}";
const SIGNING_SECRET: &str = "whsec_ZGV2ZWxvcG1lbnQtb25seS1zaWduaW5nLWtleQ==";

/// The maximum number of participants in all rooms. After that, every join is answered with 503.
const MAX_PEOPLE: usize = 1_000;

const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Keeps the list of participants up to date.
const SCRIPT: &str = include_str!("video_system/room.js");
const SCRIPT_PATH: &str = "/room/room.js";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;\
    color-scheme:light dark}code{overflow-wrap:anywhere}";

/// An admitted participant.
#[derive(Clone, Debug)]
struct Person {
    room: String,
    name: String,
    role: String,
    is_in: bool,
}

/// The video system's state: the participants by the last segment of their link.
#[derive(Debug)]
struct VideoSystem {
    base_url: String,
    people: Mutex<Vec<Person>>,
}

/// The part of a call's body that this system uses.
#[derive(Deserialize)]
struct Call {
    data: Visitor,
}

#[derive(Deserialize)]
struct Visitor {
    room: String,
    name: Option<String>,
    role: String,
}

/// The routes of a video system with its pages under `base_url`.
pub fn router(base_url: &str) -> Router {
    let system = VideoSystem {
        base_url: base_url.to_owned(),
        people: Mutex::new(Vec::new()),
    };
    Router::new()
        .route(PATH, post(admit))
        .route("/room/{room}/{person}", get(room))
        .route(
            SCRIPT_PATH,
            get(async || ([(CONTENT_TYPE, "text/javascript")], SCRIPT)),
        )
        .with_state(Arc::new(system))
}

impl VideoSystem {
    fn people(&self) -> MutexGuard<'_, Vec<Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a call of the join link with a link for one participant.
async fn admit(
    State(system): State<Arc<VideoSystem>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_signed(&headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(Call { data }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut people = system.people();
    if people.len() >= MAX_PEOPLE {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let number = people.len();
    let url = format!("{}/room/{}/{number}", system.base_url, data.room);
    people.push(Person {
        room: data.room,
        name: data.name.unwrap_or_else(|| "Someone".to_owned()),
        role: data.role,
        is_in: false,
    });
    Json(json!({ "url": url })).into_response()
}

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The signature of a call ([Standard Webhooks, "Signature
/// scheme"](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme)).
fn sign(headers: &HeaderMap, seconds: i64, body: &[u8]) -> Option<String> {
    let id = headers.get(ID)?.to_str().ok()?;
    let key = SigningKey::new(SIGNING_SECRET)?;
    Some(key.sign(id, seconds, body))
}

fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name| headers.get(name)?.to_str().ok();
    let seconds = header(TIMESTAMP).and_then(|seconds| seconds.parse().ok());
    let signature = seconds.and_then(|seconds| sign(headers, seconds, body));
    signature.is_some() && signature.as_deref() == header(SIGNATURE)
}

/// The headers of a recorded call, signed again at `now`. A call without an ID can't be signed.
pub(crate) fn sign_again(headers: &HeaderMap, now: Timestamp, body: &[u8]) -> HeaderMap {
    let seconds = now.as_seconds();
    let content_type = headers.get(CONTENT_TYPE).cloned();
    let mut signed: HeaderMap = content_type
        .map(|kind| (CONTENT_TYPE, kind))
        .into_iter()
        .collect();
    let signature = sign(headers, seconds, body).and_then(|text| text.try_into().ok());
    if let (Some(id), Some(signature)) = (headers.get(ID), signature) {
        signed.insert(ID, id.clone());
        signed.insert(TIMESTAMP, seconds.into());
        signed.insert(SIGNATURE, signature);
    }
    signed
}

/// The room's page for one participant, who is marked as present from now on.
async fn room(
    State(system): State<Arc<VideoSystem>>,
    Path((room, person)): Path<(String, usize)>,
) -> Response {
    let mut people = system.people();
    match people.get_mut(person) {
        Some(person) if person.room == room => person.is_in = true,
        _ => return StatusCode::NOT_FOUND.into_response(),
    }
    let mut present: Vec<(usize, &Person)> = people.iter().enumerate().collect();
    present.retain(|(_, person)| person.room == room && person.is_in);
    let roles = HashMap::from([("host", "moderator"), ("guest", "guest")]);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Room" }
                style { (STYLE) }
                script src=(SCRIPT_PATH) defer {}
            }
            body {
                main data-state="room" {
                    h1 { "You are in the room" }
                    p { "This page stands in for your video system. Room " code { (room) } "." }
                    h2 { "Participants" }
                    ul aria-live="polite" {
                        @for (number, someone) in &present {
                            li {
                                bdi { (someone.name) } ", "
                                (roles.get(someone.role.as_str()).unwrap_or(&"guest"))
                                @if *number == person { " (you)" }
                            }
                        }
                    }
                }
            }
        }
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(page.into_string())).into_response()
}
