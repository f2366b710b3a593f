//! The AWS clients: how they find their settings and how long they wait.
//!
//! On Lambda all that they need is in the environment, so a function looks nowhere else: the SDK's
//! own search through files, metadata services and role chains is an eighth of the program, even
//! where it finds everything at once.

pub mod connection;
pub(crate) mod rehearsal;

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::endpoint::{self, ResolveEndpoint};
use aws_sdk_dynamodb::config::{
    SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use futures_util::FutureExt;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{CipherSuite, ClientConfig, RootCertStore};

use self::connection::{Connection, Opening};
use crate::config::{ConfigError, Environment};

/// The longest that one AWS operation takes, all attempts included. Shorter than what a webhook has
/// (see [`crate::edge`]), so that a dead store is answered while HubSpot still listens.
const OPERATION: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_millis(1_400);
const CONNECT: Duration = Duration::from_secs(1);

const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// What a Lambda function's clients have in common, which the SDK's own variables change as everywhere:
/// `AWS_REGION`, `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` and, for each client,
/// `AWS_ENDPOINT_URL` with a service's name behind it or without. Credentials are Lambda's.
#[derive(Debug)]
pub struct Aws {
    config: SdkConfig,
    tls: Arc<ClientConfig>,
}

impl Aws {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] if `SSL_CERT_FILE` is set to what can't be read.
    pub fn of_function(environment: &Environment) -> Result<Self, ConfigError> {
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
            tls: tls(environment)?,
        })
    }

    /// A client for DynamoDB, and its connection, which can be opened ahead of the first request.
    ///
    /// # Panics
    /// Outside a Tokio runtime, whose threads look the name up.
    #[must_use]
    pub fn dynamodb(&self, environment: &Environment) -> (aws_sdk_dynamodb::Client, Opening) {
        let connection = Connection::new(Arc::clone(&self.tls));
        let endpoint = endpoint(environment, "AWS_ENDPOINT_URL_DYNAMODB");
        // First, so that the name is looked up while the client is made.
        let opening = connection.look_up(self.dynamodb_url(endpoint.clone()).as_deref());
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config);
        config.set_http_client(Some(SharedHttpClient::new(connection)));
        config.set_endpoint_url(endpoint);
        (aws_sdk_dynamodb::Client::from_conf(config.build()), opening)
    }

    /// Where the SDK's requests to DynamoDB will go.
    fn dynamodb_url(&self, endpoint: Option<String>) -> Option<String> {
        let parameters = endpoint::Params::builder()
            .set_region(self.config.region().map(ToString::to_string))
            .set_use_fips(self.config.use_fips())
            .set_use_dual_stack(self.config.use_dual_stack())
            .set_endpoint(endpoint)
            .build()
            .ok()?;
        let resolver = endpoint::DefaultResolver::new();
        let endpoint = resolver
            .resolve_endpoint(&parameters)
            .now_or_never()?
            .ok()?;
        Some(endpoint.url().to_owned())
    }

    /// A client for Secrets Manager.
    #[must_use]
    pub fn secrets_manager(&self, environment: &Environment) -> aws_sdk_secretsmanager::Client {
        let connection = Connection::new(Arc::clone(&self.tls));
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.config);
        config.set_http_client(Some(SharedHttpClient::new(connection)));
        config.set_endpoint_url(endpoint(environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER"));
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }
}

/// What every client of ours has in common: behaviour, retries and time limits. It looks everywhere
/// for the rest.
#[must_use]
pub fn loader() -> ConfigLoader {
    aws_config::defaults(behavior())
        .retry_config(retries())
        .timeout_config(timeouts())
}

/// The service's own endpoint before the one for all; neither where they are to be ignored (AWS SDKs
/// and Tools, "Service-specific endpoints").
fn endpoint(environment: &Environment, service: &str) -> Option<String> {
    let ignored = environment.optional("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    environment
        .optional(service)
        .or_else(|| environment.optional("AWS_ENDPOINT_URL"))
}

fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// Whom to believe: everybody's authorities, which are built in, or the ones in the file that
/// `SSL_CERT_FILE` names. The cryptography is ring's, which is smaller than the SDK's default, aws-lc;
/// the price is the key exchange against quantum computers to come, which ring lacks.
///
/// # Errors
/// [`ConfigError`] if `SSL_CERT_FILE` names a file that can't be read, or without a usable certificate.
pub fn tls(environment: &Environment) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut roots = RootCertStore::empty();
    match environment.optional(SSL_CERT_FILE) {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| ConfigError::new(SSL_CERT_FILE, error))?;
            // As everywhere, a certificate that nobody can use does no harm to the others.
            if let (0, _) = roots.add_parsable_certificates(certificates) {
                let problem = "names a file without a certificate that can be used";
                return Err(ConfigError::new(SSL_CERT_FILE, problem));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let mut provider = ring::default_provider();
    // AWS takes AES-128 where it may choose; the default's AES-256 brings SHA-384, of which there is no
    // hardware to help.
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
    fn the_services_own_endpoint_wins_over_the_one_for_all() {
        let both = Environment::from_variables([("AWS_ENDPOINT_URL", "a"), (SERVICE, "b")]);
        assert_eq!(endpoint(&both, SERVICE), Some("b".into()));
        let one = Environment::from_variables([("AWS_ENDPOINT_URL", "a")]);
        assert_eq!(endpoint(&one, SERVICE), Some("a".into()));
        assert_eq!(endpoint(&Environment::from_variables([]), SERVICE), None);
    }

    #[test]
    fn a_file_of_authorities_that_cannot_be_read_is_named() {
        for file in ["/nowhere", "/dev/null"] {
            let error = tls(&Environment::from_variables([("SSL_CERT_FILE", file)])).unwrap_err();
            assert_eq!(error.name, "SSL_CERT_FILE", "{file}");
        }
        assert!(tls(&Environment::from_variables([])).is_ok());
    }

    #[test]
    fn endpoints_can_be_ignored() {
        let ignored = [
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
            (SERVICE, "b"),
        ];
        assert_eq!(
            endpoint(&Environment::from_variables(ignored), SERVICE),
            None
        );
    }

    #[test]
    fn the_connection_is_opened_to_where_the_sdk_sends_requests() {
        let url = |settings| {
            let environment = Environment::from_variables(settings);
            let endpoint = endpoint(&environment, SERVICE);
            let aws = Aws::of_function(&environment).unwrap();
            aws.dynamodb_url(endpoint).unwrap()
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
        let config = Aws::of_function(&Environment::from_variables(settings))
            .unwrap()
            .config;
        assert_eq!(config.region(), Some(&Region::new("eu-central-1")));
        assert_eq!(
            (config.use_fips(), config.use_dual_stack()),
            (Some(true), None)
        );
    }
}
