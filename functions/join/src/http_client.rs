//! The HTTP client for calls to a video system: one request on one connection, over HTTP/1.1.
//!
//! It is built on hyper and rustls, which the AWS clients link anyway. A client with connection pools,
//! proxies and HTTP/2 would add more to every cold start than the calls themselves take. This one doesn't
//! follow redirects, keeps to its time limit, and reads at most [`MAX_ANSWER_BYTES`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kept_connection::{ConnectError, Lookup, Stream, Target};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig};
use url::{Position, Url};

/// The time limit for all calls of one click together.
pub const MAX_CLICK_TIME: Duration = Duration::from_secs(8);

/// The time limit for opening a connection, the DNS lookup and TLS included. The name's addresses share it,
/// so that a dead one leaves time for the others.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum size of a response, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The maximum size of a response's head, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// An HTTP client for one video system.
#[derive(Clone, Debug)]
pub struct HttpClient {
    tls: Arc<ClientConfig>,
    lookup: Lookup,
    /// The time limit for all attempts together.
    time_limit: Duration,
}

/// A request that can be sent more than once.
#[derive(Clone, Debug)]
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// An http or https URL.
    pub url: Url,
    /// Headers besides `Host` and `User-Agent`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body. Empty for a GET.
    pub body: Bytes,
}

impl Call {
    /// A GET of `url`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why there is no response. The messages contain no URL and nothing from the request.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The host name can't be resolved.
    #[error("its host name can't be resolved: {0}")]
    NameNotFound(io::ErrorKind),
    /// The connection was refused or blocked.
    #[error("the connection failed: {0}")]
    NotConnected(io::ErrorKind),
    /// The server's certificate is not accepted.
    #[error("no TLS connection: its certificate is not accepted: {0}")]
    UntrustedCertificate(CertificateError),
    /// The TLS handshake failed for another reason.
    #[error("no TLS connection: the handshake failed: {0}")]
    NotSecure(String),
    /// Opening the connection took longer than 2 s.
    #[error("the connection timed out after 2 s")]
    ConnectTimedOut,
    /// The connection broke before the response was complete.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The response was not complete within the time limit of a click.
    #[error("the request timed out")]
    TimedOut,
    /// The response is larger than [`MAX_ANSWER_BYTES`].
    #[error("the response is larger than 64 KiB")]
    TooLarge,
}

impl HttpError {
    /// Whether the request was certainly not sent, so that a retry can't repeat its effects.
    pub(crate) fn is_before_sending(&self) -> bool {
        match self {
            Self::NameNotFound(_)
            | Self::NotConnected(_)
            | Self::UntrustedCertificate(_)
            | Self::NotSecure(_)
            | Self::ConnectTimedOut => true,
            Self::Broken(_) | Self::TimedOut | Self::TooLarge => false,
        }
    }
}

/// When a failed request may be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Only if it was never sent: the call has effects that must not happen twice.
    IfNotSent,
    /// Also after a broken connection, or a 502, 503 or 504: repeating the call has no further effect.
    Idempotent,
}

impl HttpClient {
    /// A client that uses the system's DNS resolver and verifies certificates as `tls` does.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>) -> Self {
        Self {
            tls,
            lookup: Lookup::system(),
            time_limit: MAX_CLICK_TIME,
        }
    }

    /// The same with a custom resolver.
    #[must_use]
    pub fn with_lookup(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// Sends `call`, and retries it once if `retry` allows that. Takes at most [`MAX_CLICK_TIME`].
    /// [`enter_in_time`](crate::video_system::enter_in_time) applies the same limit to all calls of a click
    /// together.
    ///
    /// # Errors
    /// [`HttpError`] of the last attempt if there is no complete response. A response with an error status
    /// is not an error.
    pub async fn send(&self, call: &Call, retry: Retry) -> Result<HttpResponse, HttpError> {
        let deadline = Instant::now() + self.time_limit;
        let first = self.attempt(call, deadline).await;
        let may_retry = match &first {
            Err(HttpError::Broken(_)) => retry == Retry::Idempotent,
            Err(error) => error.is_before_sending(),
            Ok(answer) => retry == Retry::Idempotent && matches!(answer.status.as_u16(), 502..=504),
        };
        if may_retry {
            self.attempt(call, deadline).await
        } else {
            first
        }
    }

    async fn attempt(&self, call: &Call, deadline: Instant) -> Result<HttpResponse, HttpError> {
        timeout_at(deadline, self.exchange(call))
            .await
            .map_err(|_| HttpError::TimedOut)?
    }

    async fn exchange(&self, call: &Call) -> Result<HttpResponse, HttpError> {
        let stream = timeout(CONNECT_TIMEOUT, self.connect(&call.url))
            .await
            .map_err(|_| HttpError::ConnectTimedOut)??;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        // Ends together with this call, however it returns.
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let request = to_request(call).map_err(|error| HttpError::Broken(error.to_string()))?;
        let (head, body) = sender
            .send_request(request)
            .await
            .map_err(broken)?
            .into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                HttpError::TooLarge
            } else {
                HttpError::Broken("before the end of the response".to_owned())
            }
        })?;
        Ok(HttpResponse {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Stream>, ConnectError> {
        let url: Uri = url.as_str().parse().map_err(|_| ConnectError::NoHost)?;
        let target = Target::new(&url)?;
        let socket = target.connect(self.lookup.clone(), CONNECT_TIMEOUT).await?;
        target.secure(socket, &self.tls).await
    }
}

impl From<ConnectError> for HttpError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::NoHost => Self::NameNotFound(io::ErrorKind::InvalidInput),
            ConnectError::NameNotFound(kind) => Self::NameNotFound(kind),
            // One address alone has all the time there is.
            ConnectError::NotConnected(io::ErrorKind::TimedOut) => Self::ConnectTimedOut,
            ConnectError::NotConnected(kind) => Self::NotConnected(kind),
            ConnectError::NotSecure(error) => not_secure(error),
        }
    }
}

/// Keeps what is wrong with the certificate, without rustls's other details.
fn not_secure(error: io::Error) -> HttpError {
    let kind = error.kind();
    let cause = error
        .into_inner()
        .map(<dyn std::error::Error + Send + Sync>::downcast);
    match cause {
        Some(Ok(cause)) => match *cause {
            rustls::Error::InvalidCertificate(problem) => HttpError::UntrustedCertificate(problem),
            other => HttpError::NotSecure(other.to_string()),
        },
        _ => HttpError::NotSecure(kind.to_string()),
    }
}

// By value, because that is what `map_err` passes.
#[allow(clippy::needless_pass_by_value)]
fn broken(error: hyper::Error) -> HttpError {
    HttpError::Broken(error.to_string())
}

/// Builds the HTTP/1.1 request: a path, and the host as a header.
fn to_request(call: &Call) -> Result<Request<Full<Bytes>>, http::Error> {
    let path = &call.url[Position::BeforePath..Position::AfterQuery];
    let host = &call.url[Position::BeforeHost..Position::AfterPort];
    let mut request = Request::builder()
        .method(&call.method)
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, "hubspot-conference");
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(call.body.clone()))
}

#[cfg(test)]
mod tests {
    use shared::config::Environment;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    fn client() -> HttpClient {
        HttpClient {
            time_limit: Duration::from_millis(300),
            ..HttpClient::new(shared::aws::tls(&Environment::from_variables([])).unwrap())
        }
    }

    async fn listen(scheme: &str) -> (TcpListener, Call) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{}/", listener.local_addr().unwrap());
        (listener, Call::get(Url::parse(&url).unwrap()))
    }

    #[tokio::test]
    async fn a_server_that_never_finishes_its_answer_is_abandoned_after_one_attempt() {
        for beginning in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nslow"] {
            let (listener, call) = listen("http").await;
            let server = tokio::spawn(async move {
                let mut connections = Vec::new();
                loop {
                    let (mut socket, _) = listener.accept().await.unwrap();
                    socket.write_all(beginning.as_bytes()).await.unwrap();
                    connections.push(socket);
                    assert_eq!(connections.len(), 1);
                }
            });
            let error = client().send(&call, Retry::Idempotent).await.unwrap_err();
            assert!(matches!(error, HttpError::TimedOut), "{error}");
            assert!(!server.is_finished());
            server.abort();
        }
    }

    #[tokio::test]
    async fn an_untrusted_certificate_is_refused_and_named() {
        use tokio_rustls::TlsAcceptor;
        use tokio_rustls::rustls::crypto::ring;
        use tokio_rustls::rustls::pki_types::PrivateKeyDer;
        let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![own.cert.der().clone()], key)
                .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (listener, call) = listen("https").await;
        let server = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let _ = acceptor.accept(socket).await;
            }
        });
        let error = client().send(&call, Retry::IfNotSent).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("its certificate is not accepted"),
            "{error}"
        );
        server.abort();
    }

    #[tokio::test]
    async fn a_host_name_that_cannot_be_resolved_is_reported() {
        let client = client().with_lookup(Lookup::new(|_| Err(io::ErrorKind::NotFound.into())));
        let call = Call::get(Url::parse("https://meet.example.com/").unwrap());
        let error = client.send(&call, Retry::IfNotSent).await.unwrap_err();
        assert!(matches!(error, HttpError::NameNotFound(_)), "{error}");
    }
}
