//! Records the requests that arrive at this machine, from every sender: webhooks from `send`, curl or a
//! real HubSpot account, visits of the join page, and the calls to the simulated video system.
//!
//! Webhooks from the simulated HubSpot are left out here: they are recorded when they are sent, because
//! they may go to another machine.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{self, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::contract::WebhookName;
use shared::public_url::PublicBaseUrl;
use shared::signature::REQUEST_TIMESTAMP;
use shared::timestamp::Timestamp;

use super::caller::{Answer, Request, read_content};
use super::record::{Kind, Occasion, RecordedRequest, RequestResult};
use super::state::HubSpot;
use crate::{gateway, video_system};

/// How much of a body is kept, in bytes. No webhook accepts a larger one.
const MAX_KEPT: usize = 64 * 1024;

/// Adds requests to the record. The recorded URLs begin with `base_url`.
#[derive(Clone)]
struct Recorder {
    hubspot: Arc<HubSpot>,
    base_url: PublicBaseUrl,
}

/// The same routes, with every request in the record of `hubspot`. `base_url` is the address that callers
/// use and sign.
pub(crate) fn record(hubspot: &Arc<HubSpot>, base_url: &PublicBaseUrl, routes: Router) -> Router {
    let recorder = Recorder {
        hubspot: Arc::clone(hubspot),
        base_url: base_url.clone(),
    };
    routes.layer(middleware::from_fn_with_state(recorder, receive))
}

/// What a request to this path is; `None` if it isn't recorded.
fn kind(path: &str) -> Option<Kind> {
    let mut webhooks = WebhookName::ALL.into_iter();
    if let Some(webhook) = webhooks.find(|webhook| webhook.path() == path) {
        return Some(Kind::Webhook(webhook));
    }
    let is_visit = path == "/join" || path.starts_with("/join/") || path.starts_with("/host/");
    if is_visit {
        return Some(Kind::Join);
    }
    (path == video_system::PATH).then_some(Kind::VideoSystem)
}

/// The conference that a request is about, if it names one.
fn conference_id(kind: Kind, path: &str, body: &[u8]) -> Option<ConferenceId> {
    if kind == Kind::Join {
        return ConferenceId::parse(path.strip_prefix("/join/")?);
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let fields = match kind {
        Kind::VideoSystem => body.get("data")?,
        _ => &body,
    };
    ConferenceId::parse(fields.get("conferenceId")?.as_str()?)
}

async fn receive(
    State(recorder): State<Recorder>,
    request: extract::Request,
    next: Next,
) -> Response {
    let kind = kind(request.uri().path());
    let Some(kind) = kind.filter(|kind| !recorder.is_own(*kind, request.headers())) else {
        return next.run(request).await;
    };
    // In a task of its own, because a caller that gives up drops this future.
    let answer = tokio::spawn(recorder.answer(kind, request, next));
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR.into_response();
    answer.await.unwrap_or_else(failed)
}

impl Recorder {
    /// Whether the simulated HubSpot is sending this request.
    fn is_own(&self, kind: Kind, headers: &HeaderMap) -> bool {
        matches!(kind, Kind::Webhook(_)) && self.hubspot.ongoing.contains(headers)
    }

    async fn answer(self, kind: Kind, request: extract::Request, next: Next) -> Response {
        let received_at = Timestamp::now();
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, gateway::MAX_BODY).await else {
            return gateway::too_large();
        };
        let before = conference_id(kind, parts.uri.path(), &body);
        let before = self.hubspot.before(before, received_at).await;
        let received = self.request(&parts, &body);
        let is_whole = received.body.len() == body.len();

        let started = Instant::now();
        let request = extract::Request::from_parts(parts, Body::from(body));
        let (response, answer) = read(next.run(request).await, started).await;

        let result = RequestResult::Answer(answer);
        let after = self.hubspot.after(before, result.conference_id()).await;
        let mut state = self.hubspot.state.lock().await;
        state.touch();
        if let (Kind::Webhook(_), Some(stored)) = (kind, &after.stored) {
            state.follow(stored, &result);
        }
        state.requests.add(|id| RecordedRequest {
            id,
            kind,
            occasion: Occasion::Received,
            signed_at: signed_at(&received.headers).unwrap_or(received_at),
            sent_at: received_at,
            request: received,
            is_whole,
            result,
            conference_id: after.conference_id,
            title: after.stored.map(|conference| conference.topic),
            effect: after.effect,
        });
        response
    }

    fn request(&self, parts: &Parts, body: &Bytes) -> Request {
        Request {
            method: parts.method.clone(),
            url: self.base_url.join(parts.uri.path(), parts.uri.query()),
            headers: parts.headers.clone(),
            body: body.slice(..body.len().min(MAX_KEPT)),
        }
    }
}

/// The response, and the same for the record.
async fn read(response: Response, started: Instant) -> (Response, Answer) {
    let (parts, body) = response.into_parts();
    let content = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kept = content.slice(..content.len().min(MAX_KEPT));
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers.clone(),
        body: read_content(&kept),
        content: kept,
        time: started.elapsed(),
    };
    (Response::from_parts(parts, Body::from(content)), answer)
}

/// The time in a signature of version 3.
fn signed_at(headers: &HeaderMap) -> Option<Timestamp> {
    let millis = headers.get(REQUEST_TIMESTAMP)?.to_str().ok()?;
    Some(Timestamp::from_millis(millis.parse().ok()?))
}
