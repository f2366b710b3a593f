//! Freshly signed events, by default each for its own meeting.

use http::{HeaderMap, Method};
use serde_json::Value;
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::event::{GatewayRequest, event};
use simulator::hubspot::caller::Signer;
use simulator::sample::{self, Meeting};

/// The meeting with this number.
pub fn meeting(number: usize) -> Meeting {
    Meeting {
        topic: format!("Meeting {number}"),
        ..Meeting::default()
    }
}

/// API Gateway's event for a webhook about `meeting`, signed with version 3 now.
pub(crate) fn signed_event(webhook: WebhookName, meeting: &Meeting) -> Value {
    signed(webhook, &meeting.body(webhook).to_string())
}

/// The same with any body.
pub fn signed(webhook: WebhookName, body: &str) -> Value {
    let now = Timestamp::now();
    let signer = Signer {
        secret: Secret::new(sample::CLIENT_SECRET),
        version: SignatureVersion::V3,
    };
    let url = format!("https://api.example.com{}", webhook.path());
    let headers = signer.headers(&url, body.as_bytes(), now);
    event(&GatewayRequest {
        method: &Method::POST,
        body: body.as_bytes(),
        now,
        ..get(webhook.path(), &headers)
    })
}

/// API Gateway's event for a visitor who opens a conference's link.
pub fn visit(conference: &str) -> Value {
    event(&get(&format!("/join/{conference}"), &HeaderMap::new()))
}

fn get<'a>(path: &'a str, headers: &'a HeaderMap) -> GatewayRequest<'a> {
    GatewayRequest {
        method: &Method::GET,
        path,
        query: None,
        headers,
        body: b"",
        domain_name: "api.example.com",
        source_ip: "203.0.113.7",
        request_id: "benchmark",
        now: Timestamp::now(),
    }
}
