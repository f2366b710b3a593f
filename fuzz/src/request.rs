//! The edges of all four webhooks, with an unreachable store. Any valid HTTP request through API Gateway is
//! answered; an event that can't come from API Gateway at worst fails itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use ::verify::UserVerification;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::{self, SignatureVersion, Signed};
use simulator::event::{self, GatewayRequest};
use simulator::functions::{FunctionSettings, Functions};
use simulator::sample::CLIENT_SECRET;
use testbed::system::BASE_URL;

use crate::{NOW, runtime, unreachable_store};

const DOMAIN: &str = "abc123.execute-api.us-east-1.amazonaws.com";

/// API Gateway's limit for the request line and headers, in bytes:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>.
const MAX_HEAD_BYTES: usize = 10_240;

/// The functions with API Gateway's own address as the URL that HubSpot calls, and with another.
static FUNCTIONS: LazyLock<[(String, Functions); 2]> = LazyLock::new(|| {
    let client = unreachable_store();
    let functions = |public_base_url: Option<&str>| {
        let mut settings = FunctionSettings::for_development(BASE_URL).unwrap();
        settings.public_base_url = public_base_url.map(|url| url.parse().unwrap());
        settings.verification = UserVerification::Open;
        Functions::new(&client, settings, |_| {})
    };
    [
        (format!("https://{DOMAIN}"), functions(None)),
        (BASE_URL.to_owned(), functions(Some(BASE_URL))),
    ]
});

fn invoke(
    functions: &Functions,
    webhook: WebhookName,
    event: Value,
) -> Result<Value, serde_json::Error> {
    runtime().block_on(functions.invoke(webhook, event, NOW))
}

/// The parts of an HTTP/1.1 request; bytes that HTTP doesn't allow are left out.
struct Text<'a> {
    method: Method,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: &'a [u8],
}

impl Text<'_> {
    /// The webhook to which API Gateway routes it, or verify if none.
    fn webhook(&self) -> WebhookName {
        let asked = |webhook: &WebhookName| self.path.starts_with(webhook.path());
        let found = WebhookName::ALL.into_iter().find(asked);
        found.unwrap_or(WebhookName::Verify)
    }
}

fn read(input: &[u8]) -> Text<'_> {
    let end = input.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&input[..end], &input[end + 2..]),
        None => (input, &[][..]),
    };
    let mut lines = head[..head.len().min(MAX_HEAD_BYTES)].split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (method, target) = first.split_once(' ').unwrap_or(("POST", &first));
    let target = format!("/{}", target.trim_start_matches('/'));
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target.as_str(), None),
    };
    let mut headers = HeaderMap::new();
    for line in lines {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(parts.next().unwrap_or_default());
        let value = HeaderValue::from_bytes(parts.next().unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    Text {
        method: method.parse().unwrap_or(Method::POST),
        path: path.to_owned(),
        query,
        headers,
        body,
    }
}

fn gateway_event(text: &Text<'_>) -> Value {
    event::event(&GatewayRequest {
        method: &text.method,
        path: &text.path,
        query: text.query.as_deref(),
        headers: &text.headers,
        body: text.body,
        domain_name: DOMAIN,
        source_ip: "203.0.113.7",
        request_id: "fuzz",
        now: NOW,
    })
}

/// Every unsigned request through API Gateway is refused.
pub fn unsigned(input: &[u8]) {
    let mut text = read(input);
    for name in [signature::SIGNATURE, signature::SIGNATURE_V3] {
        // A valid signature can't be found by chance, but the corpus may contain one.
        text.headers.remove(name).inspect(|_| {
            text.headers.insert(name, HeaderValue::from_static("AAAA"));
        });
    }
    let expected = if text.body.len() > 65_536 { 413 } else { 401 };
    for (_, functions) in &*FUNCTIONS {
        let answer = invoke(functions, text.webhook(), gateway_event(&text)).unwrap();
        assert_eq!(answer["statusCode"], expected);
    }
}

/// The answer to a signed request through API Gateway depends on its body.
pub fn signed(input: &[u8]) {
    let mut text = read(input);
    let webhook = text.webhook();
    // HubSpot signs the URL that was registered, so its path is one that needs no encoding.
    webhook.path().clone_into(&mut text.path);
    text.query = None;
    let answers = FUNCTIONS.each_ref().map(|(base_url, functions)| {
        let url = format!("{base_url}{}", text.path);
        let signed = Signed {
            method: text.method.as_str(),
            url: &url,
            body: text.body,
        };
        let secret = Secret::new(CLIENT_SECRET);
        let signature = signature::sign(SignatureVersion::V3, &secret, &signed, NOW);
        let time = NOW.as_millis().to_string();
        let headers = &mut text.headers;
        headers.insert(signature::SIGNATURE_V3, signature.parse().unwrap());
        headers.insert(signature::REQUEST_TIMESTAMP, time.parse().unwrap());
        invoke(functions, webhook, gateway_event(&text)).unwrap()
    });
    let status = answers[0]["statusCode"].as_u64().unwrap();
    let expected: &[u64] = match webhook {
        WebhookName::Create => &[400, 413, 503],
        // An ID that can't be one of ours is answered without the store.
        WebhookName::Update => &[400, 404, 413, 503],
        WebhookName::Delete => &[204, 400, 413, 503],
        WebhookName::Verify => &[200, 400, 413],
    };
    assert!(expected.contains(&status), "{webhook:?} {}", answers[0]);
    assert_eq!(answers[0], answers[1], "whatever address HubSpot calls");
}

/// An event that API Gateway can't produce at worst fails itself, and the next one is answered.
pub fn event(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let (_, functions) = &FUNCTIONS[0];
    // Like the runtime on a panic: this event fails, and the next one is processed.
    let answer = catch_unwind(AssertUnwindSafe(|| {
        invoke(functions, WebhookName::Verify, event)
    }));
    if let Ok(Ok(answer)) = answer {
        assert!(answer["statusCode"].is_u64());
    }
    let good = gateway_event(&Text {
        method: Method::POST,
        path: "/verify-user".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: b"{}",
    });
    let answer = invoke(functions, WebhookName::Verify, good).unwrap();
    assert_eq!(answer["statusCode"], 401);
}
