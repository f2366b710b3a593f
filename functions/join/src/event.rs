//! The events that API Gateway sends and the responses that it expects: [payload format 2.0][format], as
//! far as a web page needs it.
//!
//! This doesn't use `lambda_http`, whose conversion to a request panics on some requests that any client
//! can send. Here, a missing or malformed part counts as empty.
//!
//! [format]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

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
    /// The headers. Names are in lower case, and repeated headers are joined with commas.
    pub headers: BTreeMap<String, String>,
    /// The cookies, each as `name=value`.
    pub cookies: Vec<String>,
    body: Option<String>,
    is_base64_encoded: bool,
    request_context: RequestContext,
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
    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// API Gateway's ID for the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    /// The value of a header. `name` must be in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body's bytes. Invalid base64 counts as an empty body.
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
    /// A response with these parts. Header values must be ASCII. `Set-Cookie` goes into its own field.
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
