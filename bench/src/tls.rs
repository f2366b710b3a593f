//! TLS in front of a plain HTTP server, as DynamoDB has it: real handshakes, with generated certificates.
//! It records what the budgets limit, and when it happened.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt, WriteHalf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;

use crate::network::{self, Latency};
use crate::timeline::{Counts, Log, Step};

/// The certificate authority that signs the certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub certificate: CertificateDer<'static>,
    /// The file that contains it, for `SSL_CERT_FILE`.
    pub file: PathBuf,
}

impl Authority {
    /// Creates one, and writes its certificate to `folder`.
    pub fn new(folder: &Path) -> Self {
        // Tests start several in one process.
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "Benchmark");
        let key = KeyPair::generate().unwrap();
        let certificate = authority.self_signed(&key).unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let file = folder.join(format!("authority-{process}-{number}.pem"));
        std::fs::write(&file, certificate.pem()).unwrap();
        Self {
            file,
            certificate: certificate.der().clone(),
            issuer: Issuer::new(authority, key),
        }
    }

    /// A server's side of TLS, under a certificate for `localhost`.
    fn server_config(&self) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

/// The crypto provider on this side. It is explicit because the workspace has two for rustls.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A port with TLS.
#[derive(Debug)]
pub struct Tls {
    /// `https://localhost:…`
    pub endpoint: String,
    /// What its clients did.
    pub log: Arc<Log>,
}

impl Tls {
    /// Starts in front of `upstream`, an `http://` URL, with this latency.
    pub async fn start(upstream: &str, authority: &Authority, latency: Latency) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let port = network::start(port, latency.round_trip);
        let log = Arc::new(Log::new(latency.round_trip));
        let accept = accept(
            listener,
            authority.server_config(),
            upstream.trim_start_matches("http://").to_owned(),
            Arc::clone(&log),
            latency.answer,
        );
        tokio::spawn(accept);
        Self {
            endpoint: format!("https://localhost:{port}"),
            log,
        }
    }

    /// The counts since the last call.
    pub fn take_counts(&self) -> Counts {
        self.log.take().counts()
    }
}

async fn accept(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    upstream: String,
    log: Arc<Log>,
    answer: Duration,
) {
    loop {
        // Opened ahead, because a client of AWS's servers doesn't wait for this second connection.
        let server = TcpStream::connect(&upstream).await.unwrap();
        let (client, _) = listener.accept().await.unwrap();
        log.connected();
        let connection = forward(
            client,
            server,
            Arc::clone(&config),
            Arc::clone(&log),
            answer,
        );
        tokio::spawn(connection);
    }
}

/// Forwards bytes until one side closes. A client that closes early is not an error.
async fn forward(
    client: TcpStream,
    server: TcpStream,
    config: Arc<ServerConfig>,
    log: Arc<Log>,
    answer: Duration,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let hello = LazyConfigAcceptor::new(Acceptor::default(), client).await?;
    log.received(Step::ClientHello);
    let client = hello.into_stream(config).await?;
    log.received(Step::Handshake);
    let (mut from_client, to_client) = tokio::io::split(client);
    let (from_server, mut to_server) = server.into_split();
    tokio::spawn(pass_answers(from_server, to_client, Arc::clone(&log)));
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = from_client.read(&mut bytes).await?;
        if length == 0 {
            return to_server.shutdown().await;
        }
        // HTTP/1.1 without pipelining: each read starts at the beginning of a request.
        if bytes.starts_with(b"POST ") {
            log.received(Step::Request);
            if !answer.is_zero() {
                // On a thread, for the same reason as the network's delay.
                tokio::task::spawn_blocking(move || thread::sleep(answer)).await?;
            }
        }
        to_server.write_all(&bytes[..length]).await?;
    }
}

async fn pass_answers(
    mut from_server: OwnedReadHalf,
    mut to_client: WriteHalf<TlsStream<TcpStream>>,
    log: Arc<Log>,
) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = from_server.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        log.sending(Step::Answer);
        to_client.write_all(&bytes[..length]).await?;
        to_client.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use shared::aws::Aws;
    use shared::config::Environment;

    use crate::services::Services;

    /// Whether a function with these settings trusts the server at `endpoint`. It has no credentials, which it
    /// notices before it sends a request.
    async fn accepts(endpoint: &str, trusted: Option<&str>) -> bool {
        let text = |text: &str| -> &'static str { text.to_owned().leak() };
        let environment = Environment::from_variables([
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL_DYNAMODB", text(endpoint)),
            ("SSL_CERT_FILE", text(trusted.unwrap_or_default())),
        ]);
        let (_, connection) = Aws::for_function(&environment).unwrap().dynamodb();
        connection.ensure_open().await
    }

    #[tokio::test]
    async fn only_a_server_with_a_trusted_certificate_for_its_name_is_accepted() {
        let services = Services::start().await;
        let endpoint = &services.store.endpoint;
        let trusted = services.authority.file.to_str();
        assert!(accepts(endpoint, trusted).await);
        assert!(!accepts(endpoint, None).await);
        let other_name = endpoint.replace("localhost", "127.0.0.1");
        assert!(!accepts(&other_name, trusted).await);
    }
}
