//! TLS in front of a plain HTTP server, as DynamoDB has it: real handshakes, with generated certificates.
//! It counts what the budgets limit.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::network::{self, Latency};

/// The counts since the last call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: usize,
    /// Handshakes that were made.
    pub handshakes: usize,
    /// HTTP requests that came in.
    pub requests: usize,
}

impl Counts {
    /// Round trips: one for a TCP connection, one more for a TLS 1.3 handshake
    /// ([RFC 8446, section 2](https://www.rfc-editor.org/rfc/rfc8446#section-2)), one for a request.
    pub const fn round_trips(self) -> usize {
        2 * self.connections + self.requests
    }
}

#[derive(Debug, Default)]
struct Counters {
    connections: AtomicUsize,
    handshakes: AtomicUsize,
    requests: AtomicUsize,
}

/// The certificate authority that signs the certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub certificate: CertificateDer<'static>,
    /// The file of it, for `SSL_CERT_FILE`.
    pub file: PathBuf,
}

impl Authority {
    /// Creates one, and writes its certificate to `folder`.
    pub fn new(folder: &Path) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "Benchmark");
        let key = KeyPair::generate().unwrap();
        let certificate = authority.self_signed(&key).unwrap();
        let file = folder.join(format!("authority-{}.pem", std::process::id()));
        std::fs::write(&file, certificate.pem()).unwrap();
        Self {
            file,
            certificate: certificate.der().clone(),
            issuer: Issuer::new(authority, key),
        }
    }

    /// A server's side of TLS, under a certificate for `localhost`.
    fn acceptor(&self) -> TlsAcceptor {
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
        TlsAcceptor::from(Arc::new(config))
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
    counters: Arc<Counters>,
}

impl Tls {
    /// Starts in front of `upstream`, an `http://` URL, with this latency.
    pub async fn start(upstream: &str, authority: &Authority, latency: Latency) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let port = network::start(port, latency.round_trip);
        let counters = Arc::new(Counters::default());
        let accept = accept(
            listener,
            authority.acceptor(),
            upstream.trim_start_matches("http://").to_owned(),
            Arc::clone(&counters),
            latency.answer,
        );
        tokio::spawn(accept);
        Self {
            endpoint: format!("https://localhost:{port}"),
            counters,
        }
    }

    /// The counts since the last call.
    pub fn take_counts(&self) -> Counts {
        Counts {
            connections: self.counters.connections.swap(0, Ordering::Relaxed),
            handshakes: self.counters.handshakes.swap(0, Ordering::Relaxed),
            requests: self.counters.requests.swap(0, Ordering::Relaxed),
        }
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    upstream: String,
    counters: Arc<Counters>,
    answer: Duration,
) {
    loop {
        // Ahead of the client, which shouldn't wait for a connection that AWS's servers don't need.
        let server = TcpStream::connect(&upstream).await.unwrap();
        let (client, _) = listener.accept().await.unwrap();
        counters.connections.fetch_add(1, Ordering::Relaxed);
        let counters = Arc::clone(&counters);
        let connection = connect(client, server, acceptor.clone(), counters, answer);
        tokio::spawn(connection);
    }
}

/// Forwards bytes until one side closes. A client that closes early is not an error.
async fn connect(
    client: TcpStream,
    server: TcpStream,
    acceptor: TlsAcceptor,
    counters: Arc<Counters>,
    answer: Duration,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let client = acceptor.accept(client).await?;
    counters.handshakes.fetch_add(1, Ordering::Relaxed);
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = from_client.read(&mut bytes).await?;
        if length == 0 {
            return to_server.shutdown().await;
        }
        // HTTP/1.1 without pipelining: each read starts at the beginning of a request.
        if bytes.starts_with(b"POST ") {
            counters.requests.fetch_add(1, Ordering::Relaxed);
            if !answer.is_zero() {
                tokio::time::sleep(answer).await;
            }
        }
        to_server.write_all(&bytes[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use shared::aws::Aws;
    use shared::config::Environment;

    use crate::services::Services;

    /// Whether a function with these settings trusts the server at `endpoint`. It has no credentials, which it
    /// notices before it sends a request.
    async fn believes(endpoint: &str, trusted: Option<&str>) -> bool {
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
    async fn only_a_server_that_is_vouched_for_under_its_own_name_is_believed() {
        let services = Services::start().await;
        let endpoint = &services.store.endpoint;
        let trusted = services.authority.file.to_str();
        assert!(believes(endpoint, trusted).await);
        assert!(!believes(endpoint, None).await);
        let other_name = endpoint.replace("localhost", "127.0.0.1");
        assert!(!believes(&other_name, trusted).await);
    }
}
