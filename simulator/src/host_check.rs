//! Refuses what a website sends here under a name of its own (DNS rebinding): a browser takes such a
//! website and this system for one and the same, so it could read the page and register URLs.
//!
//! The four webhooks need no such check: their signature counts.

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use shared::public_url::is_loopback;

/// The same routes, for requests that name this machine itself as their host.
pub fn for_this_machine_alone(routes: Router) -> Router {
    routes.route_layer(middleware::from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    if names_this_machine(request.headers()) {
        return next.run(request).await;
    }
    let message = "this address is for this machine alone; start with --host 0.0.0.0 to open it";
    let body = Json(json!({"message": message}));
    (StatusCode::MISDIRECTED_REQUEST, body).into_response()
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host: Option<Authority> = host.and_then(|host| host.parse().ok());
    host.is_some_and(|host| is_loopback(host.host()))
}
