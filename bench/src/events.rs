//! Freshly signed events, by default each for its own meeting.

use http::Method;
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
pub fn signed_event(webhook: WebhookName, meeting: &Meeting) -> Value {
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
    event(&GatewayRequest {
        method: &Method::POST,
        path: webhook.path(),
        query: None,
        headers: &signer.headers(&url, body.as_bytes(), now),
        body: body.as_bytes(),
        domain_name: "api.example.com",
        source_ip: "203.0.113.7",
        request_id: "benchmark",
        now,
    })
}
