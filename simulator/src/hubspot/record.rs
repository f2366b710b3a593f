//! The record of every request: the simulated HubSpot's webhooks, and what other programs and browsers send
//! to this machine, each with its answer and what it changed.

use std::borrow::Cow;
use std::collections::VecDeque;

use http::{HeaderMap, HeaderName};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use shared::conference_id::ConferenceId;
use shared::contract::WebhookName;
use shared::timestamp::Timestamp;

use super::caller::{Answer, Request};
use super::effect::Effect;

/// The maximum number of records. The oldest are dropped first.
const MAX_RECORDS: usize = 200;

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of HubSpot's webhooks, from the simulated HubSpot or any other sender.
    Webhook(WebhookName),
    /// A visit of the join page, or of a host's own link.
    Join,
    /// The join function's call to the simulated video system.
    VideoSystem,
}

impl Kind {
    /// The name on the page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook(webhook) => webhook.as_str(),
            Self::Join => "join page",
            Self::VideoSystem => "video system",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// A meeting was scheduled, changed or cancelled.
    First,
    /// The same request, resent.
    Again,
    /// The same body, signed some time earlier.
    Late,
    /// The same body, signed by an attacker without the client secret.
    Broken,
    /// Another program or a browser sent it.
    Received,
}

/// A recorded request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// The sequence number, starting at 1.
    pub id: u64,
    /// What it is.
    pub kind: Kind,
    /// Why it was sent.
    pub occasion: Occasion,
    /// The time in the signature, or when the request was received if the signature has none.
    pub signed_at: Timestamp,
    /// When it was sent or received.
    pub sent_at: Timestamp,
    /// The request.
    #[serde(serialize_with = "request")]
    pub request: Request,
    /// Whether the whole body is kept.
    pub is_whole: bool,
    /// The answer.
    #[serde(flatten)]
    pub result: RequestResult,
    /// The conference, if it is known.
    pub conference_id: Option<ConferenceId>,
    /// The title of the conference's meeting, as it was stored afterwards.
    pub title: Option<String>,
    /// The change in the store; `None` if it can't be determined.
    pub effect: Option<Effect>,
}

/// The answer, or why there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestResult {
    /// An answer.
    #[serde(serialize_with = "answer")]
    Answer(Answer),
    /// No answer, and why.
    Problem(String),
}

impl RequestResult {
    /// The conference that the answer names.
    #[must_use]
    pub fn conference_id(&self) -> Option<ConferenceId> {
        match self {
            Self::Answer(answer) => ConferenceId::parse(answer.body.get("conferenceId")?.as_str()?),
            Self::Problem(_) => None,
        }
    }
}

/// Every recorded request.
#[derive(Debug, Default)]
pub(super) struct RecordedRequests {
    requests: VecDeque<RecordedRequest>,
    count: u64,
}

impl RecordedRequests {
    /// Stores the record that `request` builds for the next number, and returns it.
    pub(super) fn add(&mut self, request: impl FnOnce(u64) -> RecordedRequest) -> RecordedRequest {
        self.count += 1;
        let request = request(self.count);
        self.requests.push_front(request.clone());
        self.requests.truncate(MAX_RECORDS);
        request
    }

    /// Removes all records. New ones continue the numbering.
    pub(super) fn clear(&mut self) {
        self.requests.clear();
    }

    /// The request with this number.
    pub(super) fn get(&self, id: u64) -> Option<&RecordedRequest> {
        self.requests.iter().find(|request| request.id == id)
    }

    /// All records, newest first.
    pub(super) fn newest_first(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }
}

fn request<S: Serializer>(request: &Request, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        method: &'a str,
        url: &'a str,
        headers: Map<String, Value>,
        body: Cow<'a, str>,
    }
    Shown {
        method: request.method.as_str(),
        url: &request.url,
        headers: headers(&request.headers),
        body: String::from_utf8_lossy(&request.body),
    }
    .serialize(serializer)
}

/// The values of a repeated header are joined by newlines.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let text = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join("\n")
    };
    headers
        .keys()
        .map(|name| (name.to_string(), text(name).into()))
        .collect()
}

fn answer<S: Serializer>(answer: &Answer, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        status: u16,
        headers: Map<String, Value>,
        body: &'a Value,
        text: Cow<'a, str>,
        millis: f64,
    }
    Shown {
        status: answer.status,
        headers: headers(&answer.headers),
        body: &answer.body,
        text: String::from_utf8_lossy(&answer.content),
        millis: answer.time.as_secs_f64() * 1000.0,
    }
    .serialize(serializer)
}
