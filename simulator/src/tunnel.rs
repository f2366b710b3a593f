//! What is reachable when a tunnel exposes this machine to the internet: only the four webhooks, which
//! require a valid signature.

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::json;
use shared::public_url::{PublicBaseUrl, is_loopback};

/// Headers that proxies and tunnels add, including those that write this machine's name into `Host`.
const FORWARDING_HEADERS: [&str; 6] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
];

/// The same routes, closed to requests through a tunnel.
pub(crate) fn keep_out(routes: Router) -> Router {
    routes.layer(middleware::from_fn(refuse_forwarded))
}

async fn refuse_forwarded(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut names = FORWARDING_HEADERS.iter();
    if names.any(|name| headers.contains_key(*name)) {
        return refusal(
            "only the webhooks answer behind a tunnel; open the page on the machine itself",
        );
    }
    next.run(request).await
}

/// The same routes, open to requests whose host is this machine or `public`.
pub(crate) fn admit(public: &PublicBaseUrl, routes: Router) -> Router {
    let uri: Option<Uri> = public.join("/", None).parse().ok();
    let public = uri.and_then(|uri| uri.authority().cloned());
    let check = middleware::from_fn(move |request: Request, next: Next| {
        let public = public.clone();
        async move {
            let host = host(request.headers());
            let is_here = host.as_ref().is_some_and(|host| is_loopback(host.host()));
            if is_here || (host.is_some() && host == public) {
                return next.run(request).await;
            }
            refusal("the webhooks answer only under --public-base-url and on this machine")
        }
    });
    routes.route_layer(check)
}

fn host(headers: &HeaderMap) -> Option<Authority> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.and_then(|host| host.parse().ok())
}

fn refusal(message: &str) -> Response {
    let body = Json(json!({"message": message}));
    (StatusCode::MISDIRECTED_REQUEST, body).into_response()
}
