//! The first step: makes an API Gateway event ([payload format 2.0][format]) safe to convert to a request,
//! and reads what the event says about the request besides HTTP.
//!
//! [format]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

use http::header::HOST;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Request, RequestExt};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::public_url::PublicBaseUrl;
use crate::timestamp::Timestamp;

/// Characters that a query may not contain ([RFC 3986, section
/// 3.4](https://www.rfc-editor.org/rfc/rfc3986#section-3.4)). The URLs that HubSpot calls have none of
/// them, but any caller can send them.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Removes the parts of an event that an attacker could use to make its conversion to a request panic:
/// characters that aren't allowed in a query, and headers that would become part of the URL.
pub(super) fn make_harmless(event: &mut LambdaRequest) {
    if let LambdaRequest::ApiGatewayV2(event) = event {
        event.headers.remove(HOST);
        event.headers.remove("x-forwarded-proto");
        if let Some(query) = &mut event.raw_query_string {
            *query = utf8_percent_encode(query, NOT_IN_A_QUERY).to_string();
        }
    }
}

/// Our own address: `base` or, without it, API Gateway's own domain. Never the Host header, which the
/// sender controls.
pub(super) fn base_url(request: &Request, base: Option<&PublicBaseUrl>) -> PublicBaseUrl {
    base.cloned().unwrap_or_else(|| {
        let domain = context(request).and_then(|context| context.domain_name.as_deref());
        PublicBaseUrl::from_domain(domain.unwrap_or_default())
    })
}

/// The URL that HubSpot called: our own address, then the path and query as received.
pub(super) fn called_url(request: &Request, base: Option<&PublicBaseUrl>) -> String {
    let (path, query) = (request.raw_http_path(), request.uri().query());
    base_url(request, base).join(path, query)
}

/// API Gateway's ID for the request, or an empty string.
pub(super) fn correlation_id(request: &Request) -> String {
    let id = context(request).and_then(|context| context.request_id.clone());
    id.unwrap_or_default()
}

/// When API Gateway received the request, which is earlier than the function received it.
pub(super) fn accepted_at(request: &Request) -> Option<Timestamp> {
    context(request).map(|context| Timestamp::from_millis(context.time_epoch))
}

fn context(request: &Request) -> Option<&ApiGatewayV2httpRequestContext> {
    match request.extensions().get() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        _ => None,
    }
}
