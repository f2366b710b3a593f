//! Protects the page, HubSpot's settings API and the store from websites. A website can make a visitor's
//! browser send requests to this machine, under its own origin or, by DNS rebinding, under its own host
//! name. So every request must name this machine as its host, and a request from a page must come from
//! this system's own page ([Fetch, "Origin header"](https://fetch.spec.whatwg.org/#origin-header)).
//!
//! The webhooks need no such check, because they require a valid signature.

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::header::{HOST, ORIGIN};
use http::uri::{Authority, Uri};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use shared::public_url::is_loopback;

/// Docker's name for this machine inside a container.
const DOCKER_HOST: &str = "host.docker.internal";

/// Who may send requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitors {
    /// Only programs on this machine.
    ThisMachine,
    /// Also containers and other machines, which call this machine by an IP address. Host names are
    /// rejected: a website can make its own host name resolve to this machine, and browsers can't detect
    /// that.
    Network,
}

impl Visitors {
    /// The same routes, for these visitors only.
    pub(crate) fn admit(self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self, check))
    }

    fn may_call(self, host: &Authority) -> bool {
        let name = host.host();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let is_address = address.parse::<std::net::IpAddr>().is_ok();
        is_loopback(name) || (self == Self::Network && (is_address || name == DOCKER_HOST))
    }

    fn refusal(self, headers: &HeaderMap) -> Option<&'static str> {
        let host: Option<Authority> = headers
            .get(HOST)
            .and_then(|host| host.to_str().ok()?.parse().ok());
        let Some(host) = host.filter(|host| self.may_call(host)) else {
            return Some(match self {
                Self::ThisMachine => {
                    "only this machine may call this address; start with --host 0.0.0.0 to open it to others"
                }
                Self::Network => "call this machine by its IP address",
            });
        };
        let origin = headers.get(ORIGIN)?;
        let origin: Option<Uri> = origin.to_str().ok().and_then(|origin| origin.parse().ok());
        let is_own = origin.is_some_and(|origin| origin.authority() == Some(&host));
        (!is_own).then_some("another website's page may not call this system")
    }
}

async fn check(State(visitors): State<Visitors>, request: Request, next: Next) -> Response {
    match visitors.refusal(request.headers()) {
        None => next.run(request).await,
        Some(message) => {
            let body = Json(json!({"message": message}));
            (StatusCode::MISDIRECTED_REQUEST, body).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn is_refused(visitors: Visitors, host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        visitors.refusal(&headers).is_some()
    }

    #[test]
    fn only_pages_of_this_system_may_call_it() {
        use Visitors::{Network, ThisMachine};
        for (visitors, host, origin) in [
            (ThisMachine, "127.0.0.1:8787", "http://127.0.0.1:8787"),
            (ThisMachine, "localhost:8787", "http://localhost:8787"),
            (Network, "192.168.1.5:8787", "http://192.168.1.5:8787"),
        ] {
            assert!(!is_refused(visitors, host, Some(origin)), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://evil.example",
            "https://evil.example:8787",
            "http://127.0.0.1:3000",
            "http://127.0.0.1:8787.evil.example",
        ] {
            assert!(
                is_refused(ThisMachine, "127.0.0.1:8787", Some(origin)),
                "{origin}"
            );
        }
    }

    #[test]
    fn an_open_system_accepts_ip_addresses_and_no_name_that_a_website_can_have() {
        for host in [
            "192.168.1.5:8000",
            "[fe80::1]:8000",
            "10.0.0.7",
            "localhost",
            DOCKER_HOST,
        ] {
            assert!(!is_refused(Visitors::Network, host, None), "{host}");
        }
        for host in [
            "evil.example:8000",
            "my-laptop.local",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert!(is_refused(Visitors::Network, host, None), "{host}");
        }
        assert!(is_refused(Visitors::ThisMachine, "192.168.1.5:8000", None));
    }
}
