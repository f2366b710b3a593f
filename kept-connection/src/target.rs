//! Where a request goes, and how to connect to it.

use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

use super::lookup::Lookup;

/// The head start of the first address family before the other one is tried as well ([RFC 8305, section
/// 8](https://www.rfc-editor.org/rfc/rfc8305#section-8): 250 ms is the recommended "Connection Attempt
/// Delay").
const HEAD_START: Duration = Duration::from_millis(250);

/// A stream with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A TCP connection that is being opened.
pub(crate) type Connecting = BoxFuture<'static, Result<TcpStream, BoxError>>;

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    url: Uri,
    tls: bool,
    pub(crate) host: HeaderValue,
}

impl Target {
    pub(crate) fn new(url: &Uri) -> Result<Self, BoxError> {
        let authority = url.authority().ok_or("a request without a host")?;
        let tls = url.scheme() != Some(&Scheme::HTTP);
        let default_port = if tls { 443 } else { 80 };
        let host = match authority.port_u16() {
            Some(port) if port != default_port => authority.as_str(),
            _ => authority.host(),
        };
        Ok(Self {
            host: HeaderValue::from_str(host)?,
            tls,
            url: url.clone(),
        })
    }

    /// The name on the server's certificate, or `None` without TLS.
    pub(crate) fn server_name(&self) -> Result<Option<ServerName<'static>>, BoxError> {
        if !self.tls {
            return Ok(None);
        }
        let name = self.url.host().unwrap_or_default();
        let name = name.trim_matches(['[', ']']).to_owned();
        Ok(Some(ServerName::try_from(name)?))
    }

    /// Connects to one of the name's addresses. They share `timeout`: with two addresses, each gets half of
    /// it.
    pub(crate) fn connect(&self, lookup: Lookup, timeout: Duration) -> Connecting {
        let mut connector = HttpConnector::new_with_resolver(lookup);
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        connector.set_happy_eyeballs_timeout(Some(HEAD_START));
        let connecting = connector.call(self.url.clone());
        connecting
            .map(|connected| Ok(connected?.into_inner()))
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_header_has_the_port_only_if_it_is_not_the_default() {
        let host = |url: &str| Target::new(&url.parse().unwrap()).unwrap().host;
        assert_eq!(host("https://a.example"), "a.example");
        assert_eq!(host("https://a.example:443"), "a.example");
        assert_eq!(host("http://a.example:443"), "a.example:443");
        assert_eq!(host("http://127.0.0.1:8000/"), "127.0.0.1:8000");
    }

    #[test]
    fn the_name_on_the_certificate_is_the_urls_host() {
        let name = |url: &str| Target::new(&url.parse().unwrap()).unwrap().server_name();
        assert_eq!(name("http://a.example").unwrap(), None);
        for url in ["https://a.example:8000", "https://[::1]:8000"] {
            assert!(name(url).unwrap().is_some(), "{url}");
        }
    }
}
