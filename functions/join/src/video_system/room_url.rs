//! Where a person is sent. What an answer of another system names is not trusted.

use std::fmt;
use std::net::IpAddr;

use http::HeaderValue;
use url::{Host, Url};

/// Where a person is sent: an https URL (http on loopback alone) in ASCII, without user info. It may
/// hold a token that is that person's alone, so `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomUrl(HeaderValue);

impl RoomUrl {
    /// The longest URL that we send somebody to: browsers and API Gateway take no more in a header.
    pub const MAX_BYTES: usize = 8_000;

    /// Takes a URL, and `None` for what is unsafe to follow.
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

/// Whether nobody on the way can read what goes to `url`: https, or http to this machine itself.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
