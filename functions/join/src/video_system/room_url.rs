//! The URL that a visitor is redirected to. URLs from another system's response are not trusted.

use std::fmt;

use http::HeaderValue;
use shared::public_url::is_loopback;
use url::Url;

/// The URL that a visitor is redirected to: https (http only for loopback), in ASCII, without user info. It
/// may contain the visitor's own token, so `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomUrl(HeaderValue);

impl RoomUrl {
    /// The maximum length of a redirect URL in bytes. API Gateway limits all headers together to 10,240 bytes
    /// ([API Gateway, "Quotas for HTTP
    /// APIs"](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)).
    pub const MAX_BYTES: usize = 8_000;

    /// Wraps a URL. Returns `None` if it isn't safe to redirect to.
    #[must_use]
    pub fn new(url: &Url) -> Option<Self> {
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_short = url.as_str().len() <= Self::MAX_BYTES;
        (is_https_or_loopback(url) && is_plain && is_short)
            .then(|| HeaderValue::from_str(url.as_str()).ok())
            .flatten()
            .map(Self)
    }

    /// The URL as the value of a `Location` header.
    #[must_use]
    pub fn location(&self) -> &HeaderValue {
        &self.0
    }

    /// The URL's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Debug for RoomUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Whether traffic to `url` is safe from eavesdroppers: https, or http to this machine itself.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}
