//! API Gateway's event for an HTTP request, payload format 2.0 ([API Gateway, "Working with AWS Lambda
//! proxy integrations for HTTP APIs"][proxy]).
//!
//! [proxy]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

use std::borrow::Cow;

use data_encoding::BASE64;
use http::header::{CONTENT_TYPE, COOKIE, USER_AGENT};
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};
use shared::timestamp::Timestamp;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// API Gateway's time format, which is also that of web servers' access logs.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");

/// An HTTP request as API Gateway receives it.
#[derive(Debug)]
pub struct GatewayRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, percent-encoded.
    pub path: &'a str,
    /// The query, without the question mark.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// API Gateway's host name.
    pub domain_name: &'a str,
    /// The caller's IP address.
    pub source_ip: &'a str,
    /// API Gateway's request ID.
    pub request_id: &'a str,
    /// When the request arrived.
    pub now: Timestamp,
}

/// The event that API Gateway passes to a function.
#[must_use]
pub fn event(request: &GatewayRequest<'_>) -> Value {
    let route = format!("{} {}", request.method, request.path);
    let path = percent_encoding::percent_decode_str(request.path).decode_utf8_lossy();
    let user_agent = request.headers.get(USER_AGENT);
    let (body, is_base64) = encode(request);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": request.query.unwrap_or_default(),
        "headers": join_headers(request.headers),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": request.domain_name,
            "domainPrefix": request.domain_name.split('.').next(),
            "http": {
                "method": request.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": user_agent.map(|v| String::from_utf8_lossy(v.as_bytes())),
            },
            "requestId": request.request_id,
            "routeKey": route,
            "stage": "$default",
            "time": clock_time(request.now),
            "timeEpoch": request.now.as_millis(),
        },
        "isBase64Encoded": is_base64,
    });
    if let Some(fields) = event.as_object_mut() {
        if !body.is_empty() {
            fields.insert("body".to_owned(), body.into());
        }
        if let Some(cookie) = request.headers.get(COOKIE) {
            let cookies = String::from_utf8_lossy(cookie.as_bytes());
            let cookies: Vec<&str> = cookies.split("; ").collect();
            fields.insert("cookies".to_owned(), cookies.into());
        }
    }
    event
}

/// The body, and whether it is base64: text is passed unchanged, everything else is encoded.
fn encode<'a>(request: &GatewayRequest<'a>) -> (Cow<'a, str>, bool) {
    let kind = request.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|v| v.to_str().ok()).unwrap_or("text/plain");
    let is_text = [
        "text/",
        "application/json",
        "application/xml",
        "application/javascript",
    ]
    .iter()
    .any(|prefix| kind.starts_with(prefix));
    match std::str::from_utf8(request.body) {
        Ok(text) if is_text => (text.into(), false),
        _ => (BASE64.encode(request.body).into(), true),
    }
}

/// Lower-case names; repeated headers are joined with commas.
fn join_headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut joined = Map::new();
    for name in headers.keys().filter(|name| **name != COOKIE) {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        joined.insert(name.as_str().to_owned(), values.join(",").into());
    }
    joined
}

fn clock_time(now: Timestamp) -> Option<String> {
    let seconds = OffsetDateTime::from_unix_timestamp(now.as_seconds()).ok()?;
    seconds.format(TIME).ok()
}
