//! What API Gateway gives to the function and takes from it: payload format 2.0, as far as a page for
//! people needs it (API Gateway, "Working with AWS Lambda proxy integrations for HTTP APIs").
//!
//! Not by way of `lambda_http`, whose conversion to a request panics over some that anybody can send.
//! Here a part that is missing or odd is an empty one.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

/// An HTTP request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// The path, percent-decoded.
    pub raw_path: String,
    /// The headers; names in lower case, repeated ones joined with commas.
    pub headers: BTreeMap<String, String>,
    /// The cookies, each as `name=value`.
    pub cookies: Vec<String>,
    body: Option<String>,
    is_base64_encoded: bool,
    request_context: RequestContext,
    keep_warm: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    http: Http,
    request_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    method: String,
}

impl Event {
    /// Whether this is no request at all, but the schedule that keeps the function warm.
    #[must_use]
    pub fn is_keep_warm(&self) -> bool {
        self.keep_warm
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// API Gateway's id for the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The bytes of the body. Base64 that isn't any is an empty body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let body = self.body.as_deref().unwrap_or_default().as_bytes();
        if self.is_base64_encoded {
            BASE64.decode(body).unwrap_or_default()
        } else {
            body.to_vec()
        }
    }
}

/// An HTTP response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl Response {
    /// A response of these parts; every header is text in ASCII. `Set-Cookie` has a place of its own.
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: String) -> Self {
        let mut response = Self {
            status_code: status.as_u16(),
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body,
            is_base64_encoded: false,
        };
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if name == http::header::SET_COOKIE {
                response.cookies.push(value);
            } else {
                response.headers.insert(name.as_str().to_owned(), value);
            }
        }
        response
    }
}
