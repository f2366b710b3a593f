//! The store's port for other programs, such as the AWS CLI and functions in containers. The embedded
//! DynamoDB doesn't check a request's origin, so it listens on an address that websites can't find, and
//! this port forwards only the requests that [`crate::visitors`] admits.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;

use crate::connection_headers;
use crate::http_client::HttpClient;
use crate::visitors::Visitors;

/// DynamoDB's maximum size of a request is 16 MB
/// ([DynamoDB, "Quotas"](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)).
const MAX_BODY: usize = 16 * 1024 * 1024;

/// The address of the embedded DynamoDB: a random one of the 16 million loopback addresses on Linux,
/// which can't be guessed. Other systems have one loopback address, so only the port is random there.
pub(crate) fn hidden_address() -> SocketAddr {
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

/// Forwards requests on `listener` from `visitors` to the store at `endpoint`, until the process ends.
pub(crate) async fn serve(
    listener: TcpListener,
    endpoint: String,
    client: HttpClient,
    visitors: Visitors,
) {
    let routes = Router::new()
        .fallback(forward)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Store { endpoint, client });
    // It only returns if the listener fails; every later request reports that.
    drop(axum::serve(listener, visitors.admit(routes)).await);
}

async fn forward(
    State(store): State<Store>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", store.endpoint);
    connection_headers::remove(&mut headers);
    let request = store.client.request(method, &url);
    let Ok(answer) = request.headers(headers).body(body).send().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store is stopped").into_response();
    };
    let status = answer.status();
    let mut headers = answer.headers().clone();
    connection_headers::remove(&mut headers);
    match answer.bytes().await {
        Ok(body) => (status, headers, Body::from(body)).into_response(),
        Err(_) => (
            StatusCode::BAD_GATEWAY,
            "the store closed the connection before its answer was complete",
        )
            .into_response(),
    }
}
