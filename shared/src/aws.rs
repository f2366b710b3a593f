//! The AWS clients: where they get their settings from, and how long they wait.
//!
//! Lambda puts everything a client needs into the environment ([AWS Lambda, "Environment variables"][lambda]),
//! so a function looks nowhere else. The SDK's own search through files, metadata services and role chains
//! would make up an eighth of the binary.
//!
//! [lambda]: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

pub mod endpoint;

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_dynamodb::config::{
    SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use futures_util::FutureExt;
use kept_connection::{KeptConnection, Opening};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{CipherSuite, ClientConfig, RootCertStore};

use crate::config::{ConfigError, Environment};

/// The maximum duration of one AWS operation, all attempts included. It is shorter than a webhook's time
/// limit (see [`crate::edge`]), so that HubSpot gets an answer in time even if the store is down.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum duration of one attempt, connecting included. Two attempts fit into an operation.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_400);

/// The time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// The configuration that all AWS clients of a Lambda function share. The SDK's own variables apply as
/// usual ([AWS SDKs and Tools, "Environment variables"][variables]): `AWS_REGION`, `AWS_USE_FIPS_ENDPOINT`,
/// `AWS_USE_DUALSTACK_ENDPOINT` and `AWS_ENDPOINT_URL`, which can also be set for one service
/// (`AWS_ENDPOINT_URL_DYNAMODB`). The credentials are the ones that Lambda provides.
///
/// [variables]: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
#[derive(Debug)]
pub struct Aws {
    config: SdkConfig,
    dynamodb_endpoint: Option<String>,
    secrets_manager_endpoint: Option<String>,
    tls: Arc<ClientConfig>,
}

impl Aws {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] if `SSL_CERT_FILE` names a file that can't be read or has no usable certificate, or
    /// an endpoint isn't a valid URL.
    pub fn for_function(environment: &Environment) -> Result<Self, ConfigError> {
        let region = environment
            .optional("AWS_REGION")
            .or_else(|| environment.optional("AWS_DEFAULT_REGION"));
        let switch = |name| {
            let value = environment.optional(name);
            value.map(|value| value.eq_ignore_ascii_case("true"))
        };
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let mut config = SdkConfig::builder()
            .behavior_version(behavior())
            .region(region.map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_use_fips(switch("AWS_USE_FIPS_ENDPOINT"));
        config.set_use_dual_stack(switch("AWS_USE_DUALSTACK_ENDPOINT"));
        Ok(Self {
            config: config.build(),
            dynamodb_endpoint: endpoint::read(environment, "AWS_ENDPOINT_URL_DYNAMODB")?,
            secrets_manager_endpoint: endpoint::read(
                environment,
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            )?,
            tls: tls(environment)?,
        })
    }

    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// A client for DynamoDB, and its connection, which can be opened before the first request.
    #[must_use]
    pub fn dynamodb(&self) -> (aws_sdk_dynamodb::Client, Connection) {
        let kept = KeptConnection::new(Arc::clone(&self.tls));
        let connection = Connection {
            kept: kept.clone(),
            url: self.dynamodb_url().unwrap_or_default(),
        };
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config);
        config.set_http_client(Some(SharedHttpClient::new(kept)));
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        (client, connection)
    }

    /// The URL that the SDK's requests to DynamoDB will go to.
    fn dynamodb_url(&self) -> Option<String> {
        let parameters = Params::builder()
            .set_region(self.config.region().map(ToString::to_string))
            .set_use_fips(self.config.use_fips())
            .set_use_dual_stack(self.config.use_dual_stack())
            .set_endpoint(self.dynamodb_endpoint.clone())
            .build()
            .ok()?;
        let endpoint = DefaultResolver::new()
            .resolve_endpoint(&parameters)
            .now_or_never()?
            .ok()?;
        Some(endpoint.url().to_owned())
    }

    /// A client for Secrets Manager.
    #[must_use]
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        let kept = KeptConnection::new(Arc::clone(&self.tls));
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.config);
        config.set_http_client(Some(SharedHttpClient::new(kept)));
        config.set_endpoint_url(self.secrets_manager_endpoint.clone());
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }
}

/// The connection of one client.
#[derive(Clone, Debug)]
pub struct Connection {
    kept: KeptConnection,
    url: String,
}

impl Connection {
    /// Starts opening the connection. The DNS lookup is under way when this returns.
    ///
    /// # Panics
    /// If it is called outside a Tokio runtime.
    pub fn begin(&self) -> Opening {
        self.kept.begin(&self.url)
    }

    /// Opens the connection unless it is already open. Returns whether it is open now.
    pub async fn ensure_open(&self) -> bool {
        self.kept.ensure_open(&self.url).await
    }
}

/// The settings that all our clients share: behavior, retries and timeouts. Everything else comes from the
/// SDK's default providers.
#[must_use]
pub fn loader() -> ConfigLoader {
    aws_config::defaults(behavior())
        .retry_config(retries())
        .timeout_config(timeouts())
}

fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Up to two retries with exponential backoff ([AWS SDKs and Tools, "Retry behavior"][guide]).
///
/// [guide]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// The TLS configuration. It trusts the built-in root store, or the certificates in the file that
/// `SSL_CERT_FILE` names. The crypto provider is ring, which is smaller than aws-lc, the SDK's default. The
/// price is that ring has no post-quantum key exchange.
///
/// # Errors
/// [`ConfigError`] if `SSL_CERT_FILE` names a file that can't be read or has no usable certificate.
pub fn tls(environment: &Environment) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut roots = RootCertStore::empty();
    match environment.optional(SSL_CERT_FILE) {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| ConfigError::new(SSL_CERT_FILE, error))?;
            // As usual, certificates that can't be parsed are skipped.
            if let (0, _) = roots.add_parsable_certificates(certificates) {
                let problem = "names a file without a certificate that can be used";
                return Err(ConfigError::new(SSL_CERT_FILE, problem));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let mut provider = ring::default_provider();
    // AES-128 first, because AWS then picks it. rustls's own first choice is AES-256 with SHA-384, which costs
    // more CPU time: few CPUs have instructions for SHA-384. `docs/performance.md` has a measurement of
    // this together with two other changes.
    provider
        .cipher_suites
        .sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions();
    let config = config.map_err(|error| ConfigError::new(SSL_CERT_FILE, error.to_string()))?;
    Ok(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "AWS_ENDPOINT_URL_DYNAMODB";

    #[test]
    fn a_file_without_usable_trust_anchors_is_reported_by_its_setting() {
        for file in ["/nowhere", "/dev/null"] {
            let error = tls(&Environment::from_variables([("SSL_CERT_FILE", file)])).unwrap_err();
            assert_eq!(error.name, "SSL_CERT_FILE", "{file}");
        }
        assert!(tls(&Environment::from_variables([])).is_ok());
    }

    #[test]
    fn the_connection_is_opened_to_where_the_sdk_sends_requests() {
        let url = |settings| {
            let environment = Environment::from_variables(settings);
            let aws = Aws::for_function(&environment).unwrap();
            aws.dynamodb().1.url
        };
        let region = ("AWS_REGION", "eu-central-1");
        let none = ("", "");
        assert_eq!(
            url([region, none]),
            "https://dynamodb.eu-central-1.amazonaws.com"
        );
        assert_eq!(
            url([region, ("AWS_USE_DUALSTACK_ENDPOINT", "true")]),
            "https://dynamodb.eu-central-1.api.aws"
        );
        assert_eq!(
            url([
                ("AWS_REGION", "us-gov-west-1"),
                ("AWS_USE_FIPS_ENDPOINT", "true")
            ]),
            "https://dynamodb.us-gov-west-1.amazonaws.com"
        );
        assert_eq!(
            url([region, (SERVICE, "http://localhost:8000")]),
            "http://localhost:8000"
        );
    }

    #[test]
    fn region_and_kind_of_endpoint_come_from_the_environment() {
        let settings = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
        ];
        let config = Aws::for_function(&Environment::from_variables(settings))
            .unwrap()
            .config;
        assert_eq!(config.region(), Some(&Region::new("eu-central-1")));
        assert_eq!(
            (config.use_fips(), config.use_dual_stack()),
            (Some(true), None)
        );
    }
}
