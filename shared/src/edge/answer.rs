//! The sixth step: turns a webhook's success, or a refusal, into an HTTP response.

use std::future::ready;

use futures_util::future::BoxFuture;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use lambda_http::{Body, IntoResponse};
use serde::Serialize;

use super::refusal::Refusal;
use crate::outcome::Outcome;

/// A webhook's successful reply.
#[derive(Debug)]
pub(super) struct Success {
    pub(super) outcome: Outcome,
    /// The JSON, or `None` for a 204.
    pub(super) body: Option<String>,
}

/// HubSpot's own error format ([HubSpot, "Error
/// handling"](https://developers.hubspot.com/docs/api-reference/error-handling)).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    status: &'static str,
    category: String,
    message: &'a str,
    correlation_id: &'a str,
}

/// 200 with JSON, 204, or the refusal's status with an [`ErrorBody`]. A 503 asks for a retry after a second
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub(super) fn response(result: &Result<Success, Refusal>, correlation_id: &str) -> Response<Body> {
    match result {
        Ok(Success {
            body: Some(body), ..
        }) => json(StatusCode::OK, body.clone()),
        Ok(Success { body: None, .. }) => empty(StatusCode::NO_CONTENT),
        Err(refusal) => refuse(refusal, correlation_id),
    }
}

fn refuse(refusal: &Refusal, correlation_id: &str) -> Response<Body> {
    let body = ErrorBody {
        status: "error",
        category: refusal.outcome().as_str().to_ascii_uppercase(),
        message: &refusal.message(),
        correlation_id,
    };
    let body = serde_json::to_string(&body).unwrap_or_default();
    let mut response = json(refusal.status(), body);
    if refusal.status() == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = empty(status);
    *response.body_mut() = Body::Text(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

/// A response that is sent unchanged. Without this, `lambda_http` would guess the body's encoding from its
/// headers and decode it again.
pub(super) struct Verbatim(pub(super) Response<Body>);

impl IntoResponse for Verbatim {
    fn into_response(self) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ready(self.0))
    }
}
