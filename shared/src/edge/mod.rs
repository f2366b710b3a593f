//! The HTTP edge, the same for all four webhooks: size → signature → JSON → webhook → answer.
//!
//! Errors below know no HTTP. `refusal` is the one place that gives each a status, a category and
//! a message for the sender; the cause goes to the log alone.

mod refusal;

use std::convert::Infallible;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, IntoResponse, LambdaEvent, Request, RequestExt, service_fn};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use tower::Service;

pub use self::refusal::NotStarted;
use self::refusal::Refusal;
use crate::client_secrets::ClientSecrets;
use crate::identifiers::PortalId;
use crate::payload::{self, Payload};
use crate::public_url::PublicBaseUrl;
use crate::signature::{self, Presented, SignatureError, SignatureVersion, Signed, Verified};
use crate::telemetry::Record;
use crate::timestamp::Timestamp;
use crate::webhook::{Received, Reply, Webhook};

/// The largest body that is read. HubSpot's are well below 1 KiB.
const LARGEST_BODY: usize = 64 * 1024;

/// The longest that a webhook may take. HubSpot's nearest documented limit is 5 s, with way and back.
const LONGEST: Duration = Duration::from_millis(3_500);
/// The shortest that it may take, however long the request has waited: better late than not tried.
const SHORTEST: Duration = Duration::from_millis(500);
/// What is left of HubSpot's own limit for the way back.
const WAY_BACK: Duration = Duration::from_millis(500);
/// Lambda gives a request to a function after at most this long; what claims more is a sample.
const LONGEST_START: Duration = Duration::from_secs(10);
/// Says how long HubSpot waits for this request, in milliseconds.
const TIMEOUT_MILLIS: &str = "x-hubspot-timeout-millis";

/// What a query may not contain (RFC 3986). HubSpot registers no such URL, but anybody can send one.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// How a request must be signed to be read.
#[derive(Debug)]
pub struct SignatureCheck {
    /// The client secrets that are valid now.
    pub secrets: ClientSecrets,
    /// Anything weaker is refused.
    pub minimum: SignatureVersion,
    /// The URL that HubSpot knows; without it, API Gateway's own domain name counts.
    pub public_base_url: Option<PublicBaseUrl>,
}

/// One webhook, reachable by HTTP.
#[derive(Debug)]
pub struct Edge<W> {
    webhook: W,
    check: SignatureCheck,
    report: fn(&Record),
}

/// What is known of a request so far, for the record of it.
#[derive(Default)]
struct Seen {
    signature: Option<SignatureVersion>,
    portal_id: Option<PortalId>,
}

impl<W: Webhook> Edge<W> {
    /// Puts `webhook` behind `check`; `report` is told about every request.
    pub fn new(webhook: W, check: SignatureCheck, report: fn(&Record)) -> Self {
        Self {
            webhook,
            check,
            report,
        }
    }

    /// Answers one API Gateway event, payload format 2.0, that came in at `now`.
    ///
    /// # Errors
    /// None; whatever goes wrong is an answer.
    pub async fn invoke(
        &self,
        event: LambdaEvent<LambdaRequest>,
        now: Timestamp,
    ) -> Result<impl Serialize, Infallible> {
        invoke(move || ready(Ok(self)), self.report, event, now).await
    }

    async fn process(
        &self,
        request: &Request,
        now: Timestamp,
        seen: &mut Seen,
    ) -> Result<(&'static str, Option<String>), Refusal> {
        let body: &[u8] = request.body();
        if body.len() > LARGEST_BODY {
            return Err(Refusal::TooLarge);
        }
        let verified = self.verify(request, body, now).await?;
        seen.signature = Some(verified.version);
        let payload: W::Payload = payload::parse(body)?;
        seen.portal_id = payload.portal_id();
        let received = Received {
            now,
            signed_at: verified.signed_at.unwrap_or(now),
        };
        let reply = self.webhook.call(payload, received).await?;
        let body = reply.body().map(serde_json::to_string).transpose()?;
        Ok((reply.outcome(), body))
    }

    async fn verify(
        &self,
        request: &Request,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        let url = self.url(request);
        let signed = Signed {
            method: request.method().as_str(),
            url: &url,
            body,
        };
        let presented = presented(request.headers());
        let verify = || {
            let (secrets, minimum) = (self.check.secrets.valid(), self.check.minimum);
            signature::verify(&presented, &signed, &secrets, minimum, now)
        };
        let result = verify();
        if !matches!(result, Err(SignatureError::Mismatch(_))) {
            return Ok(result?);
        }
        let certain = self.check.secrets.refresh(now).await;
        match verify() {
            Err(SignatureError::Mismatch(_)) if !certain => Err(Refusal::SecretsUnknown),
            result => Ok(result?),
        }
    }

    /// The URL that HubSpot called, as far as it can be known without believing the request.
    fn url(&self, request: &Request) -> String {
        let (path, query) = (request.raw_http_path(), request.uri().query());
        if let Some(base) = &self.check.public_base_url {
            return base.join(path, query);
        }
        let domain = context(request).and_then(|context| context.domain_name.as_deref());
        PublicBaseUrl::of_domain(domain.unwrap_or_default()).join(path, query)
    }
}

/// A response as it is. `lambda_http` takes any other for one in an unknown encoding, and decodes it.
struct Answer(Response<Body>);

impl IntoResponse for Answer {
    fn into_response(self) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ready(self.0))
    }
}

/// Like [`Edge::invoke`], for an edge that may have to be made first: `edge` does that within the
/// request's time. Where it fails, [`NotStarted`] says whether the sender should come again.
///
/// # Errors
/// None; whatever goes wrong is an answer.
pub async fn invoke<'a, W, E, F>(
    edge: E,
    report: fn(&Record),
    mut event: LambdaEvent<LambdaRequest>,
    now: Timestamp,
) -> Result<impl Serialize, Infallible>
where
    W: Webhook + 'a,
    E: Fn() -> F,
    F: Future<Output = Result<&'a Edge<W>, NotStarted>> + Send,
{
    make_harmless(&mut event.payload);
    let answer = |request| {
        let edge = edge();
        async move { Ok::<_, Infallible>(Answer(answer(edge, report, &request, now).await)) }
    };
    Adapter::from(service_fn(answer)).call(event).await
}

async fn answer<'a, W: Webhook + 'a>(
    edge: impl Future<Output = Result<&'a Edge<W>, NotStarted>>,
    report: fn(&Record),
    request: &Request,
    now: Timestamp,
) -> Response<Body> {
    let started = Instant::now();
    let mut seen = Seen::default();
    let work = async {
        let edge = edge.await?;
        edge.process(request, now, &mut seen).await
    };
    let limited = tokio::time::timeout(time_limit(request, now), work);
    // A panic, which no input should cause, costs this one answer and not the function.
    let result = match AssertUnwindSafe(limited).catch_unwind().await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Refusal::TimedOut),
        Err(_) => Err(Refusal::Panicked),
    };
    let correlation_id = correlation_id(request);
    let (outcome, cause, response) = match result {
        Ok((outcome, body)) => (outcome, None, success(body)),
        Err(refusal) => (
            refusal.outcome(),
            Some(refusal.cause()),
            refuse(&refusal, &correlation_id),
        ),
    };
    report(&Record {
        webhook: W::NAME,
        outcome,
        status: response.status().as_u16(),
        signature: seen.signature,
        portal_id: seen.portal_id,
        correlation_id,
        received_at: now,
        duration: started.elapsed(),
        cause,
    });
    response
}

/// Takes out of an event what a stranger can put into it to make its conversion to a request panic:
/// characters that no query may contain, and the headers that would become part of the URL.
fn make_harmless(event: &mut LambdaRequest) {
    if let LambdaRequest::ApiGatewayV2(event) = event {
        event.headers.remove(HOST);
        event.headers.remove("x-forwarded-proto");
        if let Some(query) = &mut event.raw_query_string {
            *query = utf8_percent_encode(query, NOT_IN_A_QUERY).to_string();
        }
    }
}

fn presented(headers: &HeaderMap) -> Presented<'_> {
    let header = |name| headers.get(name).map(http::HeaderValue::as_bytes);
    Presented {
        signature: header(signature::SIGNATURE),
        version: header(signature::SIGNATURE_VERSION),
        signature_v3: header(signature::SIGNATURE_V3),
        timestamp: header(signature::REQUEST_TIMESTAMP),
    }
}

/// How long this request may take: what HubSpot says, less the way back, but never longer than ours.
/// The time for which it has waited already, while the function started, is part of it.
fn time_limit(request: &Request, now: Timestamp) -> Duration {
    let theirs = request
        .headers()
        .get(TIMEOUT_MILLIS)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_millis);
    let limit = theirs.map_or(LONGEST, |theirs| {
        theirs.saturating_sub(WAY_BACK).min(LONGEST)
    });
    let accepted_at = context(request).map(|context| Timestamp::from_millis(context.time_epoch));
    let waited = accepted_at.map_or(Duration::ZERO, |accepted_at| now.since(accepted_at));
    let waited = if waited > LONGEST_START {
        Duration::ZERO
    } else {
        waited
    };
    limit.saturating_sub(waited).max(SHORTEST)
}

fn context(request: &Request) -> Option<&ApiGatewayV2httpRequestContext> {
    match request.extensions().get() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        _ => None,
    }
}

fn correlation_id(request: &Request) -> String {
    let id = context(request).and_then(|context| context.request_id.clone());
    id.unwrap_or_default()
}

fn success(body: Option<String>) -> Response<Body> {
    match body {
        Some(body) => json(StatusCode::OK, body),
        None => respond(StatusCode::NO_CONTENT, Body::Empty),
    }
}

/// HubSpot's own shape of an error.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    status: &'static str,
    category: &'static str,
    message: String,
    correlation_id: &'a str,
}

fn refuse(refusal: &Refusal, correlation_id: &str) -> Response<Body> {
    let body = ErrorBody {
        status: "error",
        category: refusal.category(),
        message: refusal.message(),
        correlation_id,
    };
    let body = serde_json::to_string(&body).unwrap_or_default();
    let mut response = json(refusal.status(), body);
    if refusal.status() == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, http::HeaderValue::from_static("1"));
    }
    response
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = respond(status, Body::Text(body));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn respond(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
