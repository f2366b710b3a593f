//! Stands in for API Gateway: turns each HTTP request into an event, invokes the route's function and
//! returns its response.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::{any, post};
use data_encoding::BASE64;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use shared::contract::WebhookName;
use shared::timestamp::Timestamp;
use tokio::net::TcpListener;

use crate::event::{GatewayRequest, event};
use crate::functions::Functions;

/// The maximum size of a body, in bytes ([API Gateway, "Quotas for HTTP
/// APIs"](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)).
pub(crate) const MAX_BODY: usize = 10 * 1024 * 1024;

/// The function behind a route.
#[derive(Clone, Copy)]
enum Target {
    Webhook(WebhookName),
    Join,
}

/// The number of the next request, for unique request IDs.
static NEXT_REQUEST: AtomicU64 = AtomicU64::new(1);

/// The routes of the functions. They need the caller's address, which [`serve`] provides.
pub(crate) fn router(functions: Functions) -> Router {
    let functions = Arc::new(functions);
    let mut router = Router::new();
    for webhook in WebhookName::ALL {
        let functions = Arc::clone(&functions);
        let handler = post(answer).with_state((Target::Webhook(webhook), functions));
        router = router.route(webhook.path(), handler);
    }
    if functions.has_join() {
        for path in ["/join", "/join/", "/join/{conferenceId}", "/host/{token}"] {
            let handler = any(answer).with_state((Target::Join, Arc::clone(&functions)));
            router = router.route(path, handler);
        }
    }
    router
}

/// Serves `listener` until the process ends.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let service = router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .into_make_service_with_connect_info::<SocketAddr>();
    // It only returns if the listener fails; every later request reports that.
    drop(axum::serve(listener, service).await);
}

async fn answer(
    State((target, functions)): State<(Target, Arc<Functions>)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    let now = Timestamp::now();
    let request_id = format!("local-{}", NEXT_REQUEST.fetch_add(1, Ordering::Relaxed));
    let event = event(&GatewayRequest {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &parts.headers,
        body: &body,
        domain_name: "localhost",
        source_ip: &peer.ip().to_string(),
        request_id: &request_id,
        now,
    });
    // In a task of its own, so that a panic fails only this invocation, as on Lambda.
    let invocation = tokio::spawn(async move {
        match target {
            Target::Webhook(webhook) => functions.invoke(webhook, event, now).await,
            Target::Join => functions.follow(event, now).await,
        }
    });
    match invocation.await {
        Ok(Ok(answer)) => response(answer),
        _ => None,
    }
    .unwrap_or_else(|| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
}

/// A function's response, payload format 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionAnswer {
    status_code: u16,
    #[serde(default)]
    headers: std::collections::HashMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The HTTP response of a function's answer; `None` if the answer is malformed.
fn response(answer: Value) -> Option<Response> {
    let answer: FunctionAnswer = serde_json::from_value(answer).ok()?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        Bytes::from(BASE64.decode(body.as_bytes()).ok()?)
    } else {
        Bytes::from(body)
    };
    let mut headers = HeaderMap::new();
    for (name, value) in answer.headers {
        let name = HeaderName::try_from(name).ok()?;
        headers.insert(name, HeaderValue::try_from(value).ok()?);
    }
    for cookie in answer.cookies {
        headers.append(SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok()?;
    *response.headers_mut() = headers;
    Some(response)
}

/// API Gateway's own response to a body above [`MAX_BODY`].
pub(crate) fn too_large() -> Response {
    message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

/// A response that comes from API Gateway itself and not from a function.
fn message(status: StatusCode, text: &str) -> Response {
    let body = serde_json::json!({"message": text}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}
