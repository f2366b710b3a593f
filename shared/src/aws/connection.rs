//! The connection under the functions' AWS clients: HTTP/1.1 over rustls, opened while a function
//! starts and kept for as long as it lives.
//!
//! The SDK's own client is made for everything: two versions of HTTP, pools, proxies, each machine's
//! certificates. A function has one request under way at a time, to one host for each client, and all
//! the rest is read, linked and run by every cold start (docs/performance.md).

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io, vec};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, HttpClient, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ConnectorError};
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use futures_util::future::join;
use http::header::HOST;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// Makes a request end before it is sent: it is prepared and signed like any other, so that all this
/// code has been read from the disk and run once before the first real one. The answer is an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rehearsal;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Rehearsal {
    fn name(&self) -> &'static str {
        "Rehearsal"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Err("a rehearsal".into())
    }
}

/// After this long nobody can tell whether the other side still knows of the connection. The SDK's own
/// client waits as long.
const IDLE: Duration = Duration::from_secs(90);

/// A connection that can be used for the next request.
struct Kept {
    host: HeaderValue,
    sender: SendRequest<SdkBody>,
    since: Instant,
}

/// An HTTP client for one AWS client, whose connection it keeps.
#[derive(Clone)]
pub(super) struct Connection {
    tls: Arc<ClientConfig>,
    kept: Arc<Mutex<Option<Kept>>>,
    connect_timeout: Option<Duration>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl HttpClient for Connection {
    /// Of the settings, reading has no limit of its own: an attempt as a whole has.
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            connect_timeout: settings.connect_timeout(),
            ..self.clone()
        })
    }
}

impl HttpConnector for Connection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connection = self.clone();
        HttpConnectorFuture::new(async move { connection.exchange(request).await })
    }
}

impl Connection {
    pub(super) fn new(tls: Arc<ClientConfig>) -> Self {
        Self {
            tls,
            kept: Arc::default(),
            connect_timeout: None,
        }
    }

    /// Begins to open the connection to where requests for `url` go.
    pub(super) fn look_up(&self, url: Option<&str>) -> Opening {
        let target = url.and_then(|url| Target::of(&url.parse().ok()?).ok());
        let lookup = target.as_ref().map(|target| {
            let address = (target.name.clone(), target.port);
            tokio::task::spawn_blocking(move || address.to_socket_addrs())
        });
        Opening {
            connection: self.clone(),
            target: target.zip(lookup),
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        if let Some(capture) = request.extension::<CaptureSmithyConnection>() {
            self.let_go_on_demand(capture);
        }
        let request = request.try_into_http1x();
        let mut request = request.map_err(|error| ConnectorError::user(error.into()))?;
        let target = Target::of(request.uri()).map_err(ConnectorError::user)?;
        // HTTP/1.1's form: a path, and the host as a header.
        request.headers_mut().insert(HOST, target.host.clone());
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
        let kept = self.take(&target.host).await;
        let reused = kept.is_some();
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.open(&target).await?,
        };
        let response = match sender.try_send_request(request).await {
            Ok(response) => response,
            Err(mut error) => match error.take_message() {
                // The other side has hung up, and nothing was sent yet.
                Some(request) if reused => {
                    sender = self.open(&target).await?;
                    sender.send_request(request).await.map_err(broken)?
                }
                _ => return Err(broken(error.into_error())),
            },
        };
        let response = whole(response).await?;
        self.keep(target.host, sender);
        Ok(response)
    }

    /// Shows the SDK how to get rid of the connection, which it does after an answer that makes it try
    /// again: a new connection may lead to a server that is well.
    fn let_go_on_demand(&self, capture: &CaptureSmithyConnection) {
        let connection = self.clone();
        capture.set_connection_retriever(move || {
            let connection = connection.clone();
            let metadata = ConnectionMetadata::builder()
                .proxied(false)
                .poison_fn(move || drop(connection.kept().take()));
            Some(metadata.build())
        });
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kept connection, if there is one to this host and it is still open.
    async fn take(&self, host: &HeaderValue) -> Option<SendRequest<SdkBody>> {
        let kept = self.kept().take();
        let usable = |kept: &Kept| kept.host == host && kept.since.elapsed() < IDLE;
        let mut sender = kept.filter(usable)?.sender;
        sender.ready().await.ok()?;
        Some(sender)
    }

    fn keep(&self, host: HeaderValue, sender: SendRequest<SdkBody>) {
        *self.kept() = Some(Kept {
            host,
            sender,
            since: Instant::now(),
        });
    }

    async fn open(&self, target: &Target) -> Result<SendRequest<SdkBody>, ConnectorError> {
        let opened = async {
            let socket = TcpStream::connect((target.name.as_str(), target.port)).await?;
            target.handshake(socket, Arc::clone(&self.tls)).await
        };
        let opened = match self.connect_timeout {
            Some(limit) => tokio::time::timeout(limit, opened)
                .await
                .map_err(|elapsed| ConnectorError::timeout(elapsed.into()))?,
            None => opened.await,
        };
        opened.map_err(ConnectorError::io)
    }
}

/// A connection whose other side's name is being looked up.
#[derive(Debug)]
pub struct Opening {
    connection: Connection,
    target: Option<(Target, JoinHandle<io::Result<vec::IntoIter<SocketAddr>>>)>,
}

impl Opening {
    /// Opens the connection, so that the first request finds it open, and says whether it is. If not, the
    /// first request tries again. `meanwhile` runs while the other side does its part of the handshake.
    pub async fn finish(self, meanwhile: impl Future<Output = ()>) -> bool {
        let connected = async {
            let (target, lookup) = self.target?;
            let addresses: Vec<SocketAddr> = lookup.await.ok()?.ok()?.collect();
            Some((target, TcpStream::connect(addresses.as_slice()).await.ok()?))
        };
        let Some((target, socket)) = connected.await else {
            meanwhile.await;
            return false;
        };
        let handshake = target.handshake(socket, Arc::clone(&self.connection.tls));
        let (sender, ()) = join(handshake, meanwhile).await;
        sender
            .map(|sender| self.connection.keep(target.host, sender))
            .is_ok()
    }
}

/// Where a request goes.
#[derive(Debug)]
struct Target {
    tls: bool,
    name: String,
    port: u16,
    host: HeaderValue,
}

impl Target {
    fn of(url: &Uri) -> Result<Self, BoxError> {
        let authority = url.authority().ok_or("a request without a host")?;
        let tls = url.scheme() != Some(&Scheme::HTTP);
        let usual = if tls { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let host = if port == usual {
            authority.host()
        } else {
            authority.as_str()
        };
        Ok(Self {
            tls,
            name: authority.host().trim_matches(['[', ']']).to_owned(),
            port,
            host: HeaderValue::from_str(host)?,
        })
    }

    async fn handshake(
        &self,
        socket: TcpStream,
        tls: Arc<ClientConfig>,
    ) -> Result<SendRequest<SdkBody>, BoxError> {
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = if self.tls {
            let name = ServerName::try_from(self.name.clone())?;
            Box::new(TlsConnector::from(tls).connect(name, socket).await?)
        } else {
            Box::new(socket)
        };
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // How it ends, the sender says.
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// With TLS or without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn whole(response: Response<Incoming>) -> Result<HttpResponse, ConnectorError> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(broken)?.to_bytes();
    let response = HttpResponse::try_from(Response::from_parts(head, SdkBody::from(body)));
    response.map_err(|error| ConnectorError::user(error.into()))
}

fn broken(error: hyper::Error) -> ConnectorError {
    ConnectorError::io(error.into())
}
