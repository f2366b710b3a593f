//! Where a request goes, and how to connect to it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

use super::lookup::{Lookup, NotResolved};

/// The head start of the first address family before the other one is tried as well ([RFC 8305, section
/// 8](https://www.rfc-editor.org/rfc/rfc8305#section-8): 250 ms is the recommended "Connection Attempt
/// Delay").
const HEAD_START: Duration = Duration::from_millis(250);

/// A stream with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A TCP connection that is being opened.
pub type Connecting = BoxFuture<'static, Result<TcpStream, ConnectError>>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL has no host, or one that no server can have.
    #[error("the URL has no usable host")]
    NoHost,
    /// The host name can't be resolved.
    #[error("the host name can't be resolved: {0}")]
    NameNotFound(io::ErrorKind),
    /// No address accepts a connection; the kind is that of the last attempt.
    #[error("the connection failed: {0}")]
    NotConnected(io::ErrorKind),
    /// The TLS handshake failed. The cause is rustls's error where the server answered.
    #[error("the TLS handshake failed")]
    NotSecure(#[source] io::Error),
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub struct Target {
    url: Uri,
    host: HeaderValue,
    /// The name on the server's certificate. `None` without TLS.
    server_name: Option<ServerName<'static>>,
}

impl Target {
    /// The server of an http or https URL.
    ///
    /// # Errors
    /// [`ConnectError::NoHost`] if the URL has no host or, with TLS, one that is neither a host name nor an
    /// IP address.
    pub fn new(url: &Uri) -> Result<Self, ConnectError> {
        let authority = url.authority().ok_or(ConnectError::NoHost)?;
        let tls = url.scheme() != Some(&Scheme::HTTP);
        let default_port = if tls { 443 } else { 80 };
        let host = match authority.port_u16() {
            Some(port) if port != default_port => authority.as_str(),
            _ => authority.host(),
        };
        let name = authority.host().trim_matches(['[', ']']).to_owned();
        let server_name = tls.then(|| ServerName::try_from(name)).transpose();
        Ok(Self {
            host: HeaderValue::from_str(host).map_err(|_| ConnectError::NoHost)?,
            server_name: server_name.map_err(|_| ConnectError::NoHost)?,
            url: url.clone(),
        })
    }

    /// The value of the `Host` header: with the port only if it is not the scheme's own.
    #[must_use]
    pub const fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Connects to one of the name's addresses. They share `timeout`, so that one that never answers
    /// leaves time for the others: with two addresses, each gets half of it.
    ///
    /// # Errors
    /// [`ConnectError::NameNotFound`] or [`ConnectError::NotConnected`]. The lookup of the name has no time
    /// limit of its own.
    pub fn connect(&self, lookup: Lookup, timeout: Duration) -> Connecting {
        let mut connector = HttpConnector::new_with_resolver(lookup);
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        connector.set_happy_eyeballs_timeout(Some(HEAD_START));
        let connecting = connector.call(self.url.clone());
        connecting
            .map(|connected| match connected {
                Ok(stream) => Ok(stream.into_inner()),
                Err(error) => Err(cause(&error)),
            })
            .boxed()
    }

    /// Adds TLS to a connection, if the URL asks for it.
    ///
    /// # Errors
    /// [`ConnectError::NotSecure`] if the handshake fails.
    pub async fn secure(
        &self,
        socket: TcpStream,
        tls: &Arc<ClientConfig>,
    ) -> Result<Box<dyn Stream>, ConnectError> {
        let Some(name) = self.server_name.clone() else {
            return Ok(Box::new(socket));
        };
        let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, socket);
        let stream = connecting.await.map_err(ConnectError::NotSecure)?;
        Ok(Box::new(stream))
    }
}

/// hyper-util's error is one opaque type, so its cause tells what failed.
fn cause(error: &dyn Error) -> ConnectError {
    let cause = error.source();
    if let Some(NotResolved(error)) = cause.and_then(<dyn Error>::downcast_ref) {
        return ConnectError::NameNotFound(error.kind());
    }
    let cause = cause.and_then(<dyn Error>::downcast_ref::<io::Error>);
    ConnectError::NotConnected(cause.map_or(io::ErrorKind::Other, io::Error::kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::new(&url.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_host_header_has_the_port_only_if_it_is_not_the_default() {
        assert_eq!(target("https://a.example").host(), "a.example");
        assert_eq!(target("https://a.example:443").host(), "a.example");
        assert_eq!(target("http://a.example:443").host(), "a.example:443");
        assert_eq!(target("http://127.0.0.1:8000/").host(), "127.0.0.1:8000");
    }

    #[test]
    fn the_name_on_the_certificate_is_the_urls_host() {
        assert_eq!(target("http://a.example").server_name, None);
        for (url, name) in [
            ("https://a.example:8000", "a.example"),
            ("https://[::1]:8000", "::1"),
        ] {
            let name = ServerName::try_from(name).unwrap();
            assert_eq!(target(url).server_name, Some(name), "{url}");
        }
    }
}
