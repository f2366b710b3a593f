//! An HTTP client for the AWS SDK that opens one connection ahead of the first request and keeps it.
//!
//! A Lambda function handles one request at a time, and each AWS client talks to one host. This crate's
//! `README.md` explains why that justifies a crate of its own. hyper-util does the DNS lookups and
//! connection attempts, rustls the TLS, and hyper HTTP/1.1. [`Target`] opens a connection for any HTTP/1.1
//! client.

mod lookup;
mod target;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use futures_util::FutureExt;
use futures_util::future::{MaybeDone, maybe_done};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;

pub use self::lookup::Lookup;
pub use self::target::{ConnectError, Connecting, Stream, Target};

/// After being idle for this long, a connection may have been dropped by the server. The SDK's own client
/// uses the same limit.
const MAX_IDLE: Duration = Duration::from_secs(90);

/// The maximum size of a response's body, in bytes. An item in DynamoDB has at most 400 KB ([DynamoDB,
/// "Quotas"](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)).
const MAX_BODY: usize = 2 * 1024 * 1024;

/// The connect timeout if the SDK doesn't specify one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// An open connection that can be used for the next request.
struct Open {
    host: HeaderValue,
    sender: SendRequest<SdkBody>,
    since: Instant,
}

/// An HTTP client for one AWS client, whose connection it keeps open. Clones share the connection.
#[derive(Clone)]
pub struct KeptConnection {
    tls: Arc<ClientConfig>,
    lookup: Lookup,
    kept: Arc<Mutex<Option<Open>>>,
    connect_timeout: Duration,
}

impl fmt::Debug for KeptConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptConnection").finish_non_exhaustive()
    }
}

impl HttpClient for KeptConnection {
    /// Uses the SDK's connect timeout. There is no read timeout, because the SDK limits each attempt as a
    /// whole.
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            connect_timeout: settings.connect_timeout().unwrap_or(CONNECT_TIMEOUT),
            ..self.clone()
        })
    }
}

impl HttpConnector for KeptConnection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connection = self.clone();
        HttpConnectorFuture::new(async move { connection.exchange(request).await })
    }
}

impl KeptConnection {
    /// A client that uses the system's DNS resolver and verifies certificates as `tls` does.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>) -> Self {
        Self {
            tls,
            lookup: Lookup::system(),
            kept: Arc::default(),
            connect_timeout: CONNECT_TIMEOUT,
        }
    }

    /// The same with a custom resolver.
    #[must_use]
    pub fn with_lookup(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// Starts opening a connection to `url`, the endpoint of the upcoming requests. The DNS lookup is under
    /// way when this returns.
    ///
    /// # Panics
    /// If it is called outside a Tokio runtime.
    pub fn begin(&self, url: &str) -> Opening {
        let target = url.parse().ok().and_then(|url| Target::new(&url).ok());
        let connecting = target.as_ref().map(|target| {
            let connect = target.connect(self.lookup.clone(), self.connect_timeout);
            let mut connecting = Box::pin(maybe_done(connect));
            // Polled once, so that the lookup starts now and not when the caller awaits it.
            connecting.as_mut().now_or_never();
            connecting
        });
        Opening {
            connection: self.clone(),
            target: target.zip(connecting),
        }
    }

    /// Opens a connection to `url` unless one is already open. Returns whether one is open now.
    pub async fn ensure_open(&self, url: &str) -> bool {
        let target = url.parse().ok().and_then(|url| Target::new(&url).ok());
        let Some(target) = target else {
            return false;
        };
        let sender = match self.take(target.host()).await {
            Some(sender) => Some(sender),
            None => self.connect(&target).await.ok(),
        };
        let open = sender.is_some();
        if let Some(sender) = sender {
            self.keep(target.host().clone(), sender);
        }
        open
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        if let Some(capture) = request.extension::<CaptureSmithyConnection>() {
            self.drop_on_demand(capture);
        }
        let request = request.try_into_http1x();
        let mut request = request.map_err(|error| ConnectorError::user(error.into()))?;
        let target = Target::new(request.uri());
        let target = target.map_err(|error| ConnectorError::user(error.into()))?;
        // HTTP/1.1 form: a path, and the host as a header.
        request.headers_mut().insert(HOST, target.host().clone());
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
        let mut sender = match self.take(target.host()).await {
            Some(sender) => sender,
            None => self.connect(&target).await?,
        };
        let response = sender.send_request(request).await;
        let response = response.map_err(|error| ConnectorError::io(error.into()))?;
        let response = read_whole(response).await?;
        self.keep(target.host().clone(), sender);
        Ok(response)
    }

    /// Gives the SDK a way to drop the connection, which it does before it retries after certain errors: a
    /// new connection may reach a healthy server.
    fn drop_on_demand(&self, capture: &CaptureSmithyConnection) {
        let kept = Arc::clone(&self.kept);
        capture.set_connection_retriever(move || {
            let kept = Arc::clone(&kept);
            let metadata = ConnectionMetadata::builder()
                .proxied(false)
                .poison_fn(move || drop(lock(&kept).take()));
            Some(metadata.build())
        });
    }

    /// The kept connection, if there is one to this host and it is still open.
    async fn take(&self, host: &HeaderValue) -> Option<SendRequest<SdkBody>> {
        let kept = lock(&self.kept).take();
        let usable = |kept: &Open| kept.host == host && kept.since.elapsed() < MAX_IDLE;
        let mut sender = kept.filter(usable)?.sender;
        // If the server closed the connection while the function was frozen, the connection's own task has
        // to find out first: one poll reads that from the socket, and another one processes it.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        sender.ready().await.ok()?;
        Some(sender)
    }

    fn keep(&self, host: HeaderValue, sender: SendRequest<SdkBody>) {
        *lock(&self.kept) = Some(Open {
            host,
            sender,
            since: Instant::now(),
        });
    }

    async fn connect(&self, target: &Target) -> Result<SendRequest<SdkBody>, ConnectorError> {
        let connected = async {
            let connect = target.connect(self.lookup.clone(), self.connect_timeout);
            handshake(target, connect.await?, &self.tls).await
        };
        let connected = tokio::time::timeout(self.connect_timeout, connected).await;
        connected
            .map_err(|elapsed| ConnectorError::timeout(elapsed.into()))?
            .map_err(ConnectorError::io)
    }
}

/// A connection that is being opened.
#[must_use = "nothing is opened unless it is finished"]
pub struct Opening {
    connection: KeptConnection,
    target: Option<(Target, Pin<Box<MaybeDone<Connecting>>>)>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

impl Opening {
    /// Opens the connection and keeps it for the first request. Returns whether that succeeded. If it
    /// failed, the first request tries again. The caller sets the time limit.
    pub async fn finish(self) -> bool {
        let opened = async {
            let (target, mut connecting) = self.target?;
            connecting.as_mut().await;
            let socket = connecting.as_mut().take_output()?.ok()?;
            let sender = handshake(&target, socket, &self.connection.tls)
                .await
                .ok()?;
            self.connection.keep(target.host().clone(), sender);
            Some(())
        };
        opened.await.is_some()
    }
}

fn lock(kept: &Mutex<Option<Open>>) -> MutexGuard<'_, Option<Open>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn handshake(
    target: &Target,
    socket: TcpStream,
    tls: &Arc<ClientConfig>,
) -> Result<SendRequest<SdkBody>, BoxError> {
    let stream = target.secure(socket, tls).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The sender reports how the connection ends.
    tokio::spawn(connection);
    Ok(sender)
}

async fn read_whole(response: Response<Incoming>) -> Result<HttpResponse, ConnectorError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await;
    let body = body.map_err(ConnectorError::io)?.to_bytes();
    let response = HttpResponse::try_from(Response::from_parts(head, SdkBody::from(body)));
    response.map_err(|error| ConnectorError::user(error.into()))
}
