//! The edge with webhooks that only reply, fail, wait or panic. The stories test the real webhooks.

use std::sync::Mutex;

use lambda_http::Context;
use serde_json::{Value, json};

use super::*;
use crate::client_secrets::ClientSecrets;
use crate::contract::WebhookName;
use crate::contract::payload::VerifyUser;
use crate::identifiers::PortalId;
use crate::outcome::Outcome;
use crate::repository::StoreError;
use crate::secret::Secret;
use crate::signature::{self, SignatureVersion, Signed};
use crate::webhook::WebhookError;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);
const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const BODY: &str = r#"{"portalId":123123,"userEmail":"test.user@example.com"}"#;

/// The behavior of the webhook behind the edge.
#[derive(Clone, Copy)]
enum Does {
    Reply,
    ReplyNothing,
    NotFound,
    Throttled,
    Broken,
    Panic,
    Hang,
}

struct Double(bool);

impl Reply for Double {
    type Body = Value;

    fn body(&self) -> Option<&Value> {
        self.0.then_some(&Value::Null)
    }

    fn outcome(&self) -> Outcome {
        Outcome::Verified
    }
}

impl Webhook for Does {
    const NAME: WebhookName = WebhookName::Verify;
    type Payload = VerifyUser;
    type Reply = Double;

    async fn call(&self, _: VerifyUser, _: Received) -> Result<Double, WebhookError> {
        match self {
            Self::Reply => Ok(Double(true)),
            Self::ReplyNothing => Ok(Double(false)),
            Self::NotFound => Err(WebhookError::NotFound("nobody")),
            Self::Throttled => {
                Err(StoreError::Transient("throttled by arn:aws:hush".into()).into())
            }
            Self::Broken => Err(StoreError::Permanent("no table hush".into()).into()),
            Self::Panic => panic!("a bug"),
            Self::Hang => std::future::pending().await,
        }
    }
}

/// The records of all edges in these tests. Tests run concurrently, each with its own correlation ID.
static RECORDS: Mutex<Vec<Record>> = Mutex::new(Vec::new());

fn record_of(correlation_id: &str) -> Record {
    let records = RECORDS.lock().unwrap();
    let mut found = records
        .iter()
        .filter(|r| r.correlation_id == correlation_id);
    let record = found.next().unwrap().clone();
    assert!(found.next().is_none(), "one request, one record");
    record
}

fn edge(does: Does) -> Edge<Does> {
    let check = SignatureCheck {
        secrets: ClientSecrets::fixed(vec![Secret::new(SECRET)]),
        minimum: SignatureVersion::V1,
        public_base_url: None,
    };
    Edge::new(does, check, |record| {
        RECORDS.lock().unwrap().push(record.clone());
    })
}

/// A signed API Gateway event in payload format 2.0.
fn event(correlation_id: &str, body: &str) -> Value {
    let signed = Signed {
        method: "POST",
        url: "https://api.example.com/verify-user",
        body: body.as_bytes(),
    };
    let secret = Secret::new(SECRET);
    let signature = signature::sign(SignatureVersion::V3, &secret, &signed, NOW);
    json!({
        "version": "2.0",
        "routeKey": "POST /verify-user",
        "rawPath": "/verify-user",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "host": "forged.example.com",
            "x-hubspot-signature-v3": signature,
            "x-hubspot-request-timestamp": NOW.as_millis().to_string(),
        },
        "requestContext": {
            "domainName": "api.example.com",
            "requestId": correlation_id,
            "stage": "$default",
            "timeEpoch": NOW.as_millis(),
            "http": {"method": "POST", "path": "/verify-user"},
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The response's status and body.
async fn invoke(does: Does, event: Value) -> (u64, Value, Value) {
    let request: LambdaRequest = serde_json::from_value(event).unwrap();
    let event = LambdaEvent::new(request, Context::default());
    let edge = edge(does);
    let Ok(answer) = edge.invoke(event, NOW).await;
    let answer = serde_json::to_value(&answer).unwrap();
    let body = answer["body"].as_str().filter(|body| !body.is_empty());
    let body = serde_json::from_str(body.unwrap_or("null")).unwrap();
    (
        answer["statusCode"].as_u64().unwrap(),
        body,
        answer["headers"].clone(),
    )
}

#[tokio::test]
async fn a_signed_request_is_answered_and_recorded() {
    let (status, body, headers) = invoke(Does::Reply, event("replied", BODY)).await;
    assert_eq!((status, body), (200, Value::Null));
    assert_eq!(headers["content-type"], "application/json");
    let record = record_of("replied");
    assert_eq!(
        (record.webhook, record.outcome, record.status),
        ("verify", Outcome::Verified, 200)
    );
    assert_eq!(record.signature, Some(SignatureVersion::V3));
    assert_eq!(record.portal_id, Some(PortalId::new(123_123)));
    assert_eq!(record.cause, None);
}

#[tokio::test]
async fn a_reply_without_content_is_204() {
    let (status, ..) = invoke(Does::ReplyNothing, event("nothing", BODY)).await;
    assert_eq!(status, 204);
}

#[tokio::test]
async fn every_error_has_hubspots_format_and_reveals_no_internals() {
    let errors = [
        (Does::NotFound, 404, "NOT_FOUND", "nobody"),
        (
            Does::Throttled,
            503,
            "STORE_UNAVAILABLE",
            "the service is temporarily unavailable, please try again",
        ),
        (
            Does::Broken,
            500,
            "INTERNAL_ERROR",
            "something went wrong on our side",
        ),
        (
            Does::Panic,
            500,
            "INTERNAL_ERROR",
            "something went wrong on our side",
        ),
    ];
    for (does, status, category, message) in errors {
        let correlation_id = message;
        let (found, body, headers) = invoke(does, event(correlation_id, BODY)).await;
        let expected = json!({
            "status": "error",
            "category": category,
            "message": message,
            "correlationId": correlation_id,
        });
        assert_eq!((found, body), (status, expected));
        assert_eq!(headers["retry-after"] == "1", status == 503);
    }
}

#[tokio::test]
async fn the_cause_of_an_error_is_recorded_for_us() {
    invoke(Does::Throttled, event("cause", BODY)).await;
    let cause = record_of("cause").cause.unwrap();
    assert_eq!(
        cause,
        "the store is overloaded or unreachable: throttled by arn:aws:hush"
    );
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_hangs_is_answered_before_hubspot_gives_up() {
    for (theirs, ours) in [
        (None, 3_500),
        (Some("10000"), 3_500),
        (Some("2000"), 1_500),
        (Some("0"), 500),
        (Some("soon"), 3_500),
    ] {
        let mut event = event(&format!("hang {theirs:?}"), BODY);
        if let Some(theirs) = theirs {
            event["headers"]["x-hubspot-timeout-millis"] = theirs.into();
        }
        let started = tokio::time::Instant::now();
        let (status, body, _) = invoke(Does::Hang, event).await;
        assert_eq!(
            (status, &body["category"]),
            (503, &json!("STORE_UNAVAILABLE"))
        );
        assert_eq!(started.elapsed().as_millis() / 10, ours / 10);
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_header_of_an_unsigned_request_shortens_nothing() {
    let mut event = event("unsigned timeout", BODY);
    event["headers"]["x-hubspot-timeout-millis"] = "0".into();
    let request: LambdaRequest = serde_json::from_value(event).unwrap();
    let event = LambdaEvent::new(request, Context::default());
    let edge = edge(Does::Reply);
    // The function takes longer than the header's timeout until it can verify the signature.
    let start = || async {
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        Ok(&edge)
    };
    let Ok(answer) = invoke_when_started(start, edge.report, event, NOW).await;
    assert_eq!(serde_json::to_value(&answer).unwrap()["statusCode"], 200);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_request_waited_for_the_start_counts() {
    let limits = [
        (0, 3_500),
        (1_500, 2_000),
        (9_000, 500),
        (-60_000, 3_500),
        (60_000, 3_500),
    ];
    for (waited, ours) in limits {
        let mut event = event(&format!("waited {waited}"), BODY);
        event["requestContext"]["timeEpoch"] = (NOW.as_millis() - waited).into();
        let started = tokio::time::Instant::now();
        let (status, ..) = invoke(Does::Hang, event).await;
        assert_eq!(status, 503);
        assert_eq!(started.elapsed().as_millis() / 10, ours / 10, "{waited}");
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_a_larger_one_refused_before_its_signature() {
    let padding = |length: usize| format!("{BODY}{}", " ".repeat(length - BODY.len()));
    let (status, ..) = invoke(Does::Reply, event("64 KiB", &padding(65_536))).await;
    assert_eq!(status, 200);
    let mut unsigned = event("larger", &padding(65_537));
    unsigned["headers"] = json!({});
    let (status, body, _) = invoke(Does::Reply, unsigned).await;
    assert_eq!(
        (status, &body["category"]),
        (413, &json!("PAYLOAD_TOO_LARGE"))
    );
}

#[tokio::test]
async fn a_request_with_an_invalid_signature_is_refused_before_its_body_is_parsed() {
    let mut event = event("unsigned", "no JSON at all");
    event["headers"]["x-hubspot-signature-v3"] = "AAAA".into();
    let (status, body, _) = invoke(Does::Reply, event).await;
    assert_eq!(
        (status, &body["category"]),
        (401, &json!("INVALID_SIGNATURE"))
    );
    let record = record_of("unsigned");
    assert_eq!(record.signature, None);
    let cause = "signature v3 is malformed";
    assert_eq!(record.cause.as_deref(), Some(cause));
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_used_is_refused_with_the_fields_name() {
    let (status, body, _) =
        invoke(Does::Reply, event("malformed", "{\"portalId\":\"hush\"}")).await;
    assert_eq!(
        (status, &body["category"]),
        (400, &json!("VALIDATION_ERROR"))
    );
    assert_eq!(
        body["message"],
        "portalId must be a non-negative whole number"
    );
    assert_eq!(record_of("malformed").signature, Some(SignatureVersion::V3));
}

#[tokio::test]
async fn a_body_that_api_gateway_encoded_is_decoded_before_it_is_checked() {
    let mut event = event("base64", BODY);
    event["body"] = data_encoding::BASE64.encode(BODY.as_bytes()).into();
    event["isBase64Encoded"] = true.into();
    assert_eq!(invoke(Does::Reply, event).await.0, 200);
}

#[tokio::test]
async fn no_query_host_or_header_makes_the_edge_panic() {
    for (number, query) in ["a b", "\"", "<>", "a=%zz", "é🎥", "#", "{|}^`\\", "\u{0}"]
        .into_iter()
        .enumerate()
    {
        for host in ["", " ", "a b", "[", "host:port:port", "é"] {
            let mut event = event(&format!("odd {number} {host}"), BODY);
            event["rawQueryString"] = query.into();
            event["headers"]["host"] = host.into();
            event["headers"]["x-forwarded-proto"] = "://".into();
            assert_eq!(invoke(Does::Reply, event).await.0, 401, "{query} {host}");
        }
    }
}
