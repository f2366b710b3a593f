//! An operator behind a company's proxy, which signs AWS's certificates with an authority of its own.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::fake_aws::SIGNED_IN;
use crate::program::{self, Ended};
use crate::users::{port, store, users};

/// The authority's certificate in a file, until it is dropped.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Drop for Authority {
    fn drop(&mut self) {
        std::fs::remove_file(&self.file).ok();
    }
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let file = format!("authority-{name}-{}.pem", std::process::id());
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
        std::fs::write(&file, certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(parameters, key),
            file,
        }
    }

    /// Starts a proxy with a certificate of this authority in front of the store at this port; returns its
    /// URL.
    async fn proxy(&self, store_port: u16) -> String {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that doesn't trust the certificate hangs up.
                    let Ok(mut client) = acceptor.accept(connection).await else {
                        return;
                    };
                    let store = TcpStream::connect((Ipv4Addr::LOCALHOST, store_port)).await;
                    copy_bidirectional(&mut client, &mut store.unwrap())
                        .await
                        .ok();
                });
            }
        });
        url
    }
}

async fn list(endpoint: &str, bundle: Option<&str>) -> Ended {
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", endpoint));
    environment.extend(bundle.map(|file| ("AWS_CA_BUNDLE", file)));
    let list = ["users", "list", "--portal", "7", "--table", "users"];
    program::run(&list, &environment, "").await
}

#[tokio::test]
async fn a_private_certificate_authority_is_trusted_once_aws_ca_bundle_names_it() {
    let store = store().await;
    users(&store, "add ada@example.com --portal 7", "").await;
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let endpoint = ours.proxy(port(store.endpoint()).parse().unwrap()).await;

    for bundle in [None, other.file.to_str()] {
        let refused = list(&endpoint, bundle).await;
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (1, ""),
            "{refused:?}"
        );
        for words in ["the server's certificate is not trusted", "AWS_CA_BUNDLE"] {
            assert!(refused.stderr.contains(words), "{refused:?}");
        }
    }
    let trusted = list(&endpoint, ours.file.to_str()).await;
    assert_eq!(trusted.code, 0, "{trusted:?}");
    assert!(trusted.stdout.contains("ada@example.com"), "{trusted:?}");
}

#[tokio::test]
async fn a_bundle_that_holds_no_certificate_is_named() {
    for (file, words) in [
        ("/nowhere/bundle.pem", "can't be read"),
        (
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            "no usable certificates",
        ),
    ] {
        let ended = list("https://localhost:1", Some(file)).await;
        assert_eq!(ended.code, 1);
        assert!(
            ended
                .stderr
                .contains("error: AWS_CA_BUNDLE names a file that"),
            "{ended:?}"
        );
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}
