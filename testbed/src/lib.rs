//! The tests' common parts: a store for each test, the functions with a clock that the test controls, the
//! compiled binaries under a Runtime API, and servers that fail on demand.
//!
//! Everything here may panic, because a test that can't be set up has failed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod bigbluebutton;
pub mod bootstrap;
pub mod cold_start;
pub mod dead_address;
pub mod join_link;
pub mod proxy;
pub mod secrets_manager;
pub mod silent_dns;
pub mod system;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

/// The maximum time to an answer, well within the 5 s that HubSpot waits.
pub const IN_TIME: Duration = Duration::from_secs(4);

/// Any free port on loopback.
pub const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Serves `router` on a free loopback port and returns its URL.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// One of the sample events in `events/`, by its file name without the extension.
pub fn sample_event(name: &str) -> Value {
    let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The JSON in the body of a function's response; null if there is none.
pub fn body_of(answer: &Value) -> Value {
    let text = answer["body"].as_str().filter(|text| !text.is_empty());
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}
