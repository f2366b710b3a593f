//! The connection under the functions' AWS clients: HTTP/1.1 over rustls, opened while a function
//! starts and kept for as long as it lives.
//!
//! The SDK's own client is made for everything: two versions of HTTP, pools, proxies, each machine's
//! certificates. A function has one request under way at a time, to one host for each client, and all
//! the rest is read, linked and run by every cold start (docs/performance.md).

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
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

    /// Begins to look up the name of where requests for `url` go.
    pub(super) fn look_up(&self, url: Option<&str>) -> Opening {
        let target = url.and_then(|url| Target::of(&url.parse().ok()?).ok());
        let lookup = target.as_ref().map(Target::look_up);
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
        let mut sender = match self.take(&target.host).await {
            Some(sender) => sender,
            None => self.open(&target).await?,
        };
        let response = sender.send_request(request).await.map_err(broken)?;
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
        // If the other side has hung up while the function was frozen, the connection's own task finds out:
        // once when the system is asked, and once more to be told.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
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
            let socket = connect(target.look_up().await?).await?;
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
    target: Option<(Target, JoinHandle<Addresses>)>,
}

impl Opening {
    /// Opens the connection, so that the first request finds it open, and says whether it is. If not, the
    /// first request tries again. `meanwhile` runs while the other side does its part of the handshake.
    pub async fn finish(self, meanwhile: impl Future<Output = ()>) -> bool {
        let connected = async {
            let (target, lookup) = self.target?;
            let socket = connect(lookup.await.ok()?).await.ok()?;
            Some((target, socket))
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

    /// Looks the name up in a thread, which begins at once.
    fn look_up(&self) -> JoinHandle<Addresses> {
        let address = (self.name.clone(), self.port);
        tokio::task::spawn_blocking(move || address.to_socket_addrs().map(Iterator::collect))
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

/// What a name stands for, if it is known.
type Addresses = io::Result<Vec<SocketAddr>>;

/// IPv4 first: an address of IPv6 that leads nowhere, as in a network without a way out, would use up
/// the time for the other.
async fn connect(addresses: Addresses) -> io::Result<TcpStream> {
    let mut addresses = addresses?;
    addresses.sort_by_key(SocketAddr::is_ipv6);
    TcpStream::connect(addresses.as_slice()).await
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
