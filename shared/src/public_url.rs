//! The address that HubSpot calls us at. HubSpot includes it in its signatures, so it must match exactly.
//! What a request itself says about its host is never trusted.

use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

/// `PUBLIC_BASE_URL`: scheme, host and optionally a path, without a trailing slash.
///
/// ```
/// use shared::public_url::PublicBaseUrl;
///
/// let base: PublicBaseUrl = "https://vc.example.com/hubspot/".parse()?;
/// assert_eq!(
///     base.join("/create-meeting", Some("a=b")),
///     "https://vc.example.com/hubspot/create-meeting?a=b"
/// );
/// assert!("http://vc.example.com".parse::<PublicBaseUrl>().is_err());
/// # Ok::<_, &'static str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBaseUrl {
    origin: String,
    path: String,
}

impl FromStr for PublicBaseUrl {
    type Err = &'static str;

    /// Parses an https URL without a query. Plain http is accepted only for loopback, for local
    /// development.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "must be an https URL without query or user name";
        let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(EXPECTED);
        };
        let allowed = is_https_or_loopback(&uri);
        if !allowed || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(EXPECTED);
        }
        Ok(Self {
            origin: format!("{scheme}://{authority}"),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl PublicBaseUrl {
    /// The base URL for API Gateway's own domain name, with `https://`.
    #[must_use]
    pub fn from_domain(domain: &str) -> Self {
        Self {
            origin: format!("https://{domain}"),
            path: String::new(),
        }
    }

    /// Whether the URL leads to this machine itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let uri: Result<Uri, _> = self.origin.parse();
        uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback))
    }

    /// The URL of one of our pages. `path` is always appended to the base's own path.
    #[must_use]
    pub fn with_path(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.path)
    }

    /// The full URL for a request's path and query. A path that already starts with the base's own path is
    /// used unchanged: API Gateway's paths may or may not include a custom domain's base path.
    #[must_use]
    pub fn join(&self, path: &str, query: Option<&str>) -> String {
        let has_base = path
            .strip_prefix(&self.path)
            .is_some_and(|rest| rest.starts_with('/'));
        let base = if has_base { "" } else { &self.path };
        let (mark, query) = query.map_or(("", ""), |query| ("?", query));
        format!("{}{base}{path}{mark}{query}", self.origin)
    }
}

/// Whether traffic to `uri` is safe from eavesdroppers: https, or plain http to this machine itself.
#[must_use]
pub fn is_https_or_loopback(uri: &Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => uri.host().is_some_and(is_loopback),
        _ => false,
    }
}

/// Whether `host` is this machine itself: `localhost` or a loopback address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> PublicBaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_path_is_appended_to_the_base() {
        let url = base("https://vc.example.com").join("/create-meeting", None);
        assert_eq!(url, "https://vc.example.com/create-meeting");
        let url = base("https://vc.example.com/hubspot/").join("/create-meeting", Some("t=a%3Ab"));
        assert_eq!(url, "https://vc.example.com/hubspot/create-meeting?t=a%3Ab");
    }

    #[test]
    fn a_base_path_is_never_doubled() {
        let url = base("https://vc.example.com/hubspot").join("/hubspot/create-meeting", None);
        assert_eq!(url, "https://vc.example.com/hubspot/create-meeting");
        let url = base("https://vc.example.com/hub").join("/hubspot/create-meeting", None);
        assert_eq!(url, "https://vc.example.com/hub/hubspot/create-meeting");
    }

    #[test]
    fn only_this_machines_own_url_is_loopback() {
        for here in [
            "http://127.0.0.1:8787",
            "http://[::1]:1",
            "https://localhost/a",
        ] {
            assert!(base(here).is_loopback(), "{here}");
        }
        assert!(!base("https://vc.example.com").is_loopback());
    }

    #[test]
    fn plain_http_is_only_for_loopback() {
        for good in [
            "http://127.0.0.1:8787",
            "http://localhost:1",
            "http://[::1]:8787",
        ] {
            assert!(good.parse::<PublicBaseUrl>().is_ok(), "{good}");
        }
        for bad in [
            "http://vc.example.com",
            "http://127.0.0.1.example.com",
            "vc.example.com",
            "https://me@vc.example.com",
            "https://vc.example.com/?a=b",
            "ftp://vc.example.com",
            "",
        ] {
            assert!(bad.parse::<PublicBaseUrl>().is_err(), "{bad}");
        }
    }
}
