//! The AWS clients: how they find their settings and how long they wait.
//!
//! On Lambda all that they need is in the environment, so a function looks nowhere else: the SDK's
//! own search through files, metadata services and role chains is an eighth of the program, even
//! where it finds everything at once.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::{
    HttpClient, RuntimeComponents, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};

use crate::config::Environment;

/// The longest that one AWS operation takes, all attempts included. Shorter than what a webhook has
/// (see [`crate::edge`]), so that a dead store is answered while HubSpot still listens.
const OPERATION: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_millis(1_400);
const CONNECT: Duration = Duration::from_secs(1);

/// All the authorities that AWS's own endpoints are certified by (Amazon Trust Services,
/// <https://www.amazontrust.com/repository/>), the last of them valid until 2037 at least. Reading
/// these five instead of the 144 of a usual bundle spares a cold start four fifths of its work.
const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("aws/amazon-trust-services.pem");

/// The settings for a Lambda function, which the SDK's own variables change as everywhere:
/// `AWS_REGION`, `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` and, for the clients below,
/// `AWS_ENDPOINT_URL` with a service's name behind it or without. Credentials are Lambda's. An endpoint
/// that isn't Amazon's needs `SSL_CERT_FILE`, which names the certificates to trust in place of Amazon's.
#[must_use]
pub fn function_config(environment: &Environment) -> SdkConfig {
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
        .stalled_stream_protection(
            aws_sdk_dynamodb::config::StalledStreamProtectionConfig::disabled(),
        )
        .http_client(SharedHttpClient::new(OneConnector::new(environment)));
    config.set_use_fips(switch("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(switch("AWS_USE_DUALSTACK_ENDPOINT"));
    config.build()
}

/// A client for DynamoDB.
#[must_use]
pub fn dynamodb(config: &SdkConfig, environment: &Environment) -> aws_sdk_dynamodb::Client {
    let mut config = aws_sdk_dynamodb::config::Builder::from(config);
    config.set_endpoint_url(endpoint(environment, "AWS_ENDPOINT_URL_DYNAMODB"));
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// A client for Secrets Manager.
#[must_use]
pub fn secrets_manager(
    config: &SdkConfig,
    environment: &Environment,
) -> aws_sdk_secretsmanager::Client {
    let mut config = aws_sdk_secretsmanager::config::Builder::from(config);
    config.set_endpoint_url(endpoint(environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER"));
    aws_sdk_secretsmanager::Client::from_conf(config.build())
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

/// The SDK's default HTTP client with two changes, both for the cold start (docs/performance.md). It is
/// made once: the SDK makes one for each client to see whether it can, throws it away and makes another,
/// and each reads all trusted certificates. And its cryptography is ring's, which is smaller than the
/// default, aws-lc. The price is the key exchange against quantum computers to come, which ring lacks.
#[derive(Debug)]
struct OneConnector {
    tls: TlsContext,
    connector: OnceLock<SharedHttpConnector>,
}

impl OneConnector {
    fn new(environment: &Environment) -> Self {
        Self {
            tls: trusted(environment),
            connector: OnceLock::new(),
        }
    }
}

impl HttpClient for OneConnector {
    /// All our clients have the same time limits, so the first one's settings are everyone's.
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let make = || {
            let mut connector = aws_smithy_http_client::Connector::builder()
                .connector_settings(settings.clone())
                .proxy_config(ProxyConfig::from_env())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.tls.clone());
            connector.set_sleep_impl(components.sleep_impl());
            SharedHttpConnector::new(connector.build())
        };
        self.connector.get_or_init(make).clone()
    }
}

/// Whom to believe: Amazon, or the ones in the files that the environment names.
fn trusted(environment: &Environment) -> TlsContext {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .any(|name| environment.optional(name).is_some());
    if named {
        return TlsContext::default();
    }
    let amazon = TrustStore::empty().with_pem_certificate(AMAZON_TRUST_SERVICES);
    let context = TlsContext::builder().with_trust_store(amazon);
    // It can't fail. If it could, this machine's own certificates would be as good.
    context.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "AWS_ENDPOINT_URL_DYNAMODB";

    #[test]
    fn the_services_own_endpoint_wins_over_the_one_for_all() {
        let both = Environment::of([("AWS_ENDPOINT_URL", "a"), (SERVICE, "b")]);
        assert_eq!(endpoint(&both, SERVICE), Some("b".into()));
        let one = Environment::of([("AWS_ENDPOINT_URL", "a")]);
        assert_eq!(endpoint(&one, SERVICE), Some("a".into()));
        assert_eq!(endpoint(&Environment::of([]), SERVICE), None);
    }

    #[test]
    fn amazons_authorities_are_trusted_unless_others_are_named() {
        let trusted = |environment| format!("{:?}", trusted(&environment));
        assert!(trusted(Environment::of([])).contains("enable_native_roots: false"));
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            let named = trusted(Environment::of([(name, "/somewhere")]));
            assert!(named.contains("enable_native_roots: true"), "{named}");
        }
    }

    #[test]
    fn amazons_authorities_can_be_read() {
        // Making a client with TLS reads them, and panics if it can't.
        let connector = aws_smithy_http_client::Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(trusted(&Environment::of([])));
        drop(connector.build());
    }

    #[test]
    fn endpoints_can_be_ignored() {
        let ignored = [
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
            (SERVICE, "b"),
        ];
        assert_eq!(endpoint(&Environment::of(ignored), SERVICE), None);
    }

    #[test]
    fn region_and_kind_of_endpoint_come_from_the_environment() {
        let config = function_config(&Environment::of([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
        ]));
        assert_eq!(config.region(), Some(&Region::new("eu-central-1")));
        assert_eq!(
            (config.use_fips(), config.use_dual_stack()),
            (Some(true), None)
        );
    }
}
