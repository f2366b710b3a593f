//! Calls webhooks as HubSpot does: signs payloads and sends them.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::{self, SignatureVersion, Signed};
use shared::timestamp::Timestamp;

use crate::http_client::{HttpClient, SendError};

/// HubSpot documents no timeout for these webhooks. Some of its requests carry
/// `X-HubSpot-Timeout-Millis: 10000`.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Signs webhooks with a client secret, in one version of HubSpot's signatures.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The app's client secret.
    pub secret: Secret,
    /// The version of the signature.
    pub version: SignatureVersion,
}

impl Signer {
    /// A signer that uses the same version but lacks the client secret.
    pub(crate) fn forger(&self) -> Self {
        Self {
            secret: Secret::new("not-the-client-secret"),
            version: self.version,
        }
    }

    /// The headers that HubSpot sends with `body` to `url`, signed at `now`.
    #[must_use]
    pub fn headers(&self, url: &str, body: &[u8], now: Timestamp) -> HeaderMap {
        let signed = Signed {
            method: "POST",
            url,
            body,
        };
        let signature = signature::sign(self.version, &self.secret, &signed, now);
        let timestamp = now.as_millis().to_string();
        let headers = match self.version {
            SignatureVersion::V3 => [
                (signature::SIGNATURE_V3, signature.as_str()),
                (signature::REQUEST_TIMESTAMP, timestamp.as_str()),
            ],
            weaker => [
                (signature::SIGNATURE, signature.as_str()),
                (signature::SIGNATURE_VERSION, weaker.as_str()),
            ],
        };
        let content = ("content-type", "application/json");
        let pairs = headers.into_iter().chain([content]);
        // Digests and numbers are valid header values, so none is dropped.
        pairs
            .filter_map(|(name, value)| {
                Some((
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).ok()?,
                ))
            })
            .collect()
    }

    /// HubSpot's request with `body` to `url`, signed at `now`.
    #[must_use]
    pub fn sign(&self, url: String, body: Bytes, now: Timestamp) -> Request {
        Request {
            method: Method::POST,
            headers: self.headers(&url, &body, now),
            url,
            body,
        }
    }
}

/// A request. Sending it again sends exactly the same bytes.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The full URL, as it was signed.
    pub url: String,
    /// The headers. Those of a webhook are the signature and the content type.
    pub headers: HeaderMap,
    /// The bytes of the body, which the signature covers.
    pub body: Bytes,
}

impl Request {
    /// Sends the request and waits for the answer.
    ///
    /// # Errors
    /// [`SendError`] if the request fails or times out.
    pub async fn send(&self, client: &HttpClient) -> Result<Answer, SendError> {
        let failed = |source| SendError::new(&self.url, TIMEOUT, source);
        let started = Instant::now();
        let request = client
            .request(self.method.clone(), &self.url)
            .timeout(TIMEOUT)
            .headers(self.headers.clone())
            .body(self.body.clone());
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let content = response.bytes().await.map_err(failed)?;
        Ok(Answer {
            status,
            headers,
            body: read_content(&content),
            content,
            time: started.elapsed(),
        })
    }
}

/// A webhook's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The JSON body, a string if the body is not JSON, or null if it is empty.
    pub body: Value,
    /// The bytes of the body.
    pub content: Bytes,
    /// The time from sending the request to reading the last byte of the answer.
    pub time: Duration,
}

/// Sends webhooks to a base URL.
#[derive(Clone, Debug)]
pub struct Caller {
    client: HttpClient,
    base_url: String,
    signer: Signer,
}

impl Caller {
    /// Calls the system at `base_url`, signing as `signer`.
    ///
    /// # Errors
    /// [`reqwest::Error`] if the HTTP client can't be built.
    pub fn new(base_url: &str, signer: Signer) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: HttpClient::new()?,
            base_url: base_url.trim_end_matches('/').to_owned(),
            signer,
        })
    }

    /// An attacker who calls the same system without the client secret.
    pub(crate) fn forger(&self) -> Self {
        Self {
            signer: self.signer.forger(),
            ..self.clone()
        }
    }

    /// Sends `body` to `webhook`, signed at `now`, and waits for the answer.
    ///
    /// # Errors
    /// [`SendError`] if the request fails or times out.
    pub async fn send(
        &self,
        webhook: WebhookName,
        body: &Value,
        now: Timestamp,
    ) -> Result<Answer, SendError> {
        let url = format!("{}{}", self.base_url, webhook.path());
        let request = self.signer.sign(url, body.to_string().into(), now);
        request.send(&self.client).await
    }
}

/// The JSON of an answer, as in [`Answer::body`].
pub(super) fn read_content(content: &[u8]) -> Value {
    if content.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(content)
        .unwrap_or_else(|_| String::from_utf8_lossy(content).into_owned().into())
}
