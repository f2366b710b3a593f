//! The HTTP edge, which is the same for all four webhooks. A request goes through these steps in this
//! order:
//!
//! 1. `event`: API Gateway's event becomes a request that is safe to read.
//! 2. `limits`: limits on the body's size and on the time that everything may take.
//! 3. `signature`: checks that HubSpot signed the request.
//! 4. [`crate::contract::payload`]: parses the JSON into this webhook's payload.
//! 5. [`crate::webhook`]: calls the function's own rule, in `functions/`.
//! 6. `answer`: turns its reply, or the `refusal`, into a response.
//! 7. `record`: records the request in the log and the metrics.
//!
//! Layers below the edge have errors that don't depend on HTTP. `refusal` is the only place that maps
//! each of them to a status, a category and a message for the sender. The cause goes only to the log.
//!
//! `start` builds the edge when the function starts.

mod answer;
mod event;
mod limits;
mod record;
mod refusal;
mod signature;
mod start;

use std::convert::Infallible;
use std::future::ready;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::Response;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, LambdaEvent, Request, service_fn};
use serde::Serialize;
use tower::Service;

use self::answer::{Success, Verbatim};
use self::limits::Deadlines;
use self::record::Observations;
use self::refusal::Refusal;
use crate::contract::payload::{self, Payload};
use crate::public_url::PublicBaseUrl;
use crate::signature::Verified;
use crate::startup::StartError;
use crate::telemetry::Record;
use crate::timestamp::Timestamp;
use crate::webhook::{Received, Reply, Webhook};

pub use self::signature::SignatureCheck;

/// One webhook, behind HTTP.
#[derive(Debug)]
pub struct Edge<W> {
    webhook: W,
    check: SignatureCheck,
    report: fn(&Record),
}

impl<W: Webhook> Edge<W> {
    /// Puts `webhook` behind the signature check `check`. `report` is called with a record of each request.
    pub fn new(webhook: W, check: SignatureCheck, report: fn(&Record)) -> Self {
        Self {
            webhook,
            check,
            report,
        }
    }

    /// Answers one API Gateway event in [payload format 2.0][format]. `now` is when the function received
    /// it.
    ///
    /// [format]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    ///
    /// # Errors
    /// None: every failure becomes a response.
    pub async fn invoke(
        &self,
        event: LambdaEvent<LambdaRequest>,
        now: Timestamp,
    ) -> Result<impl Serialize, Infallible> {
        invoke_when_started(move || ready(Ok(self)), self.report, event, now).await
    }

    /// Parses the body of a request with a valid signature, and calls the webhook.
    async fn handle(
        &self,
        body: &[u8],
        verified: Verified,
        base_url: PublicBaseUrl,
        now: Timestamp,
        seen: &mut Observations,
    ) -> Result<Success, Refusal> {
        let payload: W::Payload = payload::parse(body)?;
        seen.portal_id = payload.portal_id();
        let received = Received {
            now,
            signed_at: verified.signed_at.unwrap_or(now),
            has_timestamp: verified.signed_at.is_some(),
            base_url,
        };
        let reply = self.webhook.call(payload, received).await?;
        Ok(Success {
            outcome: reply.outcome(),
            body: reply.body().map(serde_json::to_string).transpose()?,
        })
    }
}

/// Like [`Edge::invoke`], for an edge that may not exist yet. `started` creates it, within the request's time
/// limit. If `started` fails, [`StartError`] says whether HubSpot should retry.
///
/// # Errors
/// None: every failure becomes a response.
async fn invoke_when_started<'a, W, S, F>(
    started: S,
    report: fn(&Record),
    mut event: LambdaEvent<LambdaRequest>,
    now: Timestamp,
) -> Result<impl Serialize, Infallible>
where
    W: Webhook + 'a,
    S: Fn() -> F,
    F: Future<Output = Result<&'a Edge<W>, StartError>> + Send,
{
    event::make_harmless(&mut event.payload);
    let handler = |request| {
        let edge = started();
        async move { Ok::<_, Infallible>(Verbatim(respond(edge, report, &request, now).await)) }
    };
    Adapter::from(service_fn(handler)).call(event).await
}

/// Takes one request through all the steps.
async fn respond<'a, W: Webhook + 'a>(
    edge: impl Future<Output = Result<&'a Edge<W>, StartError>>,
    report: fn(&Record),
    request: &Request,
    now: Timestamp,
) -> Response<Body> {
    let deadlines = Deadlines::for_request(request, now);
    let mut seen = Observations::begin(request, now);
    let steps = async {
        let body: &[u8] = request.body();
        limits::check_size(body)?;
        let check = async {
            let edge = edge.await?;
            let verified = edge.check.verify_request(request, now).await?;
            Ok::<_, Refusal>((edge, verified))
        };
        let (edge, verified) = limits::until(deadlines.before_signature, check).await?;
        seen.signature = Some(verified.version);
        let base_url = event::base_url(request, edge.check.public_base_url.as_ref());
        let call = edge.handle(body, verified, base_url, now, &mut seen);
        limits::until(deadlines.after_signature, call).await
    };
    // No input should cause a panic. If one does, only this request fails, and the function keeps running.
    let result = AssertUnwindSafe(steps).catch_unwind().await;
    let result = result.unwrap_or(Err(Refusal::Panicked));
    let response = answer::response(&result, &seen.correlation_id);
    report(&seen.into_record(W::NAME.as_str(), &result, response.status()));
    response
}

#[cfg(test)]
mod tests;
