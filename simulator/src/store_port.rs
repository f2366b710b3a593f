//! The store's port for other programs: the AWS CLI, and functions in containers. The embedded DynamoDB
//! answers every website, so it listens where no website finds it, and this port passes on what
//! [`crate::visitors`] admits.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;

use crate::http_client::HttpClient;
use crate::visitors::Visitors;

/// DynamoDB takes requests of up to 16 MB (DynamoDB, "Quotas").
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Where the embedded DynamoDB itself listens: an address that nobody can guess, among the 16 million
/// that loopback has on Linux. Other systems have one, and then only the port is any.
#[must_use]
pub fn hidden_address() -> SocketAddr {
    let ip = if cfg!(target_os = "linux") {
        let [a, b, c, ..] = RandomState::new().hash_one(()).to_be_bytes();
        Ipv4Addr::new(127, a, b, c.clamp(1, 254))
    } else {
        Ipv4Addr::LOCALHOST
    };
    SocketAddr::new(IpAddr::V4(ip), 0)
}

#[derive(Clone)]
struct Store {
    endpoint: String,
    client: HttpClient,
}

/// Passes requests on `listener` from `visitors` to the store at `endpoint`, until the process ends.
pub async fn serve(
    listener: TcpListener,
    endpoint: String,
    client: HttpClient,
    visitors: Visitors,
) {
    let routes = Router::new()
        .fallback(pass_on)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Store { endpoint, client });
    // It only ends when the listener breaks; then every request that follows says so.
    drop(axum::serve(listener, visitors.admit(routes)).await);
}

async fn pass_on(
    State(store): State<Store>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", store.endpoint);
    remove_connection_headers(&mut headers);
    let request = store.client.request(method, &url);
    let Ok(answer) = request.headers(headers).body(body).send().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store is stopped").into_response();
    };
    let status = answer.status();
    let mut headers = answer.headers().clone();
    remove_connection_headers(&mut headers);
    match answer.bytes().await {
        Ok(body) => (status, headers, Body::from(body)).into_response(),
        Err(_) => (StatusCode::BAD_GATEWAY, "the store broke off its answer").into_response(),
    }
}

/// What concerns one connection alone isn't passed on to another (RFC 9110, section 7.6.1).
fn remove_connection_headers(headers: &mut HeaderMap) {
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}
