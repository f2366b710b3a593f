//! The record of every sent webhook: the request, the answer, and what it changed.

use std::collections::VecDeque;

use http::HeaderMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use shared::conference_id::ConferenceId;
use shared::repository::conferences::Conference;
use shared::timestamp::Timestamp;

use super::caller::{Answer, SignedRequest};
use shared::contract::WebhookName;

/// The maximum number of records. The oldest are dropped first.
const MOST_KEPT: usize = 200;

/// Why a webhook was sent.
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
}

/// A sent webhook.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentWebhook {
    /// The sequence number, starting at 1.
    pub id: u64,
    /// Which webhook.
    #[serde(serialize_with = "name")]
    pub webhook: WebhookName,
    /// Why it was sent.
    pub occasion: Occasion,
    /// The time that was signed.
    pub signed_at: Timestamp,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The request.
    #[serde(serialize_with = "request")]
    pub request: SignedRequest,
    /// The answer.
    #[serde(flatten)]
    pub result: Outcome,
    /// The conference, if it is known.
    pub conference_id: Option<ConferenceId>,
    /// The change in the store; `None` if it can't be determined.
    pub effect: Option<Effect>,
}

/// The answer, or why there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// An answer.
    #[serde(serialize_with = "answer")]
    Answer(Answer),
    /// No answer, and why.
    Problem(String),
}

/// A webhook's effect on the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// The conference was created.
    Made,
    /// These attributes changed.
    Changed(Vec<String>),
    /// Everything is as it was.
    Nothing,
}

impl Effect {
    /// Compares the conference before and after. The conference of a create isn't known in advance: it
    /// counts as new if it was created since `sent_at`.
    #[must_use]
    pub fn between(before: Option<&Conference>, after: &Conference, sent_at: Timestamp) -> Self {
        let Some(before) = before else {
            return if after.created_at >= sent_at {
                Self::Made
            } else {
                Self::Nothing
            };
        };
        let (before, after) = (attributes(before), attributes(after));
        let differs = |name: &&String| before.get(*name) != after.get(*name);
        let mut changed: Vec<String> = after.keys().filter(differs).cloned().collect();
        changed.sort_unstable();
        if changed.is_empty() {
            Self::Nothing
        } else {
            Self::Changed(changed)
        }
    }
}

fn attributes(conference: &Conference) -> Map<String, Value> {
    match serde_json::to_value(conference) {
        Ok(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    }
}

/// Every sent webhook.
#[derive(Debug, Default)]
pub struct SentWebhooks {
    webhooks: VecDeque<SentWebhook>,
    count: u64,
}

impl SentWebhooks {
    /// Stores the record that `webhook` builds for the next number, and returns it.
    pub fn add(&mut self, webhook: impl FnOnce(u64) -> SentWebhook) -> SentWebhook {
        self.count += 1;
        let webhook = webhook(self.count);
        self.webhooks.push_front(webhook.clone());
        self.webhooks.truncate(MOST_KEPT);
        webhook
    }

    /// The webhook with this number.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&SentWebhook> {
        self.webhooks.iter().find(|webhook| webhook.id == id)
    }

    /// All records, newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<SentWebhook> {
        self.webhooks.iter().cloned().collect()
    }
}

// serde requires references here.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn name<S: Serializer>(webhook: &WebhookName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(webhook.as_str())
}

fn request<S: Serializer>(request: &SignedRequest, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        method: &'static str,
        url: &'a str,
        headers: Map<String, Value>,
        body: &'a str,
    }
    Shown {
        method: "POST",
        url: &request.url,
        headers: headers(&request.headers),
        body: &request.body,
    }
    .serialize(serializer)
}

fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value).into()))
        .collect()
}

fn answer<S: Serializer>(answer: &Answer, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        status: u16,
        body: &'a Value,
        millis: f64,
    }
    Shown {
        status: answer.status,
        body: &answer.body,
        millis: answer.time.as_secs_f64() * 1000.0,
    }
    .serialize(serializer)
}
