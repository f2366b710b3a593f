//! The edge. What can come through API Gateway, written as HTTP writes it, is always answered; an event
//! that can't come from there costs itself at most.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use ::verify::Verify;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use hubspot_conference::event::{self, GatewayRequest};
use lambda_http::request::LambdaRequest;
use lambda_http::{Context, LambdaEvent};
use serde_json::Value;
use shared::client_secrets::ClientSecrets;
use shared::edge::{Edge, SignatureCheck};
use shared::secret::Secret;
use shared::signature::{self, SignatureVersion, Signed};
use shared::timestamp::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);
const DOMAIN: &str = "abc123.execute-api.us-east-1.amazonaws.com";
const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

/// API Gateway takes so many bytes of request line and headers (API Gateway, "Quotas for HTTP APIs").
const LONGEST_HEAD: usize = 10_240;

static EDGE: LazyLock<Edge<Verify>> = LazyLock::new(|| {
    let check = SignatureCheck {
        secrets: ClientSecrets::fixed(vec![Secret::new(SECRET)]),
        minimum: SignatureVersion::V1,
        public_base_url: None,
    };
    Edge::new(Verify::Open, check, |_| {})
});

fn invoke(event: Value) -> Result<Value, serde_json::Error> {
    let request: LambdaRequest = serde_json::from_value(event)?;
    let event = LambdaEvent::new(request, Context::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let Ok(answer) = runtime.block_on(EDGE.invoke(event, NOW));
    serde_json::to_value(answer)
}

/// The parts of a request as HTTP/1.1 writes it; what HTTP doesn't allow is left out.
struct Text<'a> {
    method: Method,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: &'a [u8],
}

fn read(input: &[u8]) -> Text<'_> {
    let end = input.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&input[..end], &input[end + 2..]),
        None => (input, &[][..]),
    };
    let mut lines = head[..head.len().min(LONGEST_HEAD)].split(|byte| *byte == b'\n');
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

/// Whatever comes through API Gateway unsigned is refused.
pub fn unsigned(input: &[u8]) {
    let mut text = read(input);
    for name in [signature::SIGNATURE, signature::SIGNATURE_V3] {
        // A right signature can't be found by chance, but it may stand in the corpus.
        text.headers.remove(name).inspect(|_| {
            text.headers.insert(name, HeaderValue::from_static("AAAA"));
        });
    }
    let answer = invoke(gateway_event(&text)).unwrap();
    let expected = if text.body.len() > 65_536 { 413 } else { 401 };
    assert_eq!(answer["statusCode"], expected);
}

/// Whatever comes through API Gateway signed is answered by its body.
pub fn signed(input: &[u8]) {
    let mut text = read(input);
    // HubSpot signs the URL that was registered, so its path is one that needs no encoding.
    text.path = String::from("/verify-user");
    text.query = None;
    let url = format!("https://{DOMAIN}{}", text.path);
    let signed = Signed {
        method: text.method.as_str(),
        url: &url,
        body: text.body,
    };
    let secret = Secret::new(SECRET);
    let signature = signature::sign(SignatureVersion::V3, &secret, &signed, NOW);
    let time = NOW.as_millis().to_string();
    let headers = &mut text.headers;
    headers.insert(signature::SIGNATURE_V3, signature.parse().unwrap());
    headers.insert(signature::REQUEST_TIMESTAMP, time.parse().unwrap());
    let answer = invoke(gateway_event(&text)).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    assert!([200, 400, 413].contains(&status), "{answer}");
}

/// An event that API Gateway does not make costs itself at most.
pub fn event(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    // What the runtime does with a panic: this event failed, and the next one comes.
    let answer = catch_unwind(AssertUnwindSafe(|| invoke(event)));
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
    assert_eq!(invoke(good).unwrap()["statusCode"], 401);
}
