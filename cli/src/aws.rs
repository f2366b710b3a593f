//! Access to AWS as the AWS CLI would find it: region, credentials, endpoints and certificates.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cloudformation::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use shared::aws::endpoint::is_url;
use shared::config::Environment;

/// Longer than the webhooks' timeouts: a user is waiting, and a sign-in or a credential process may run
/// first.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why AWS can't be accessed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AwsSetupError {
    /// The SDK found no region.
    #[error("no AWS region: set AWS_REGION, or AWS_PROFILE to a profile that has one")]
    NoRegion,
    /// An AWS SDK environment variable has an invalid value.
    #[error("{name} {problem}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// The problem, without the value.
        problem: &'static str,
    },
}

/// The region and profile that the SDK chose, as far as it reports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegionAndProfile {
    region: String,
    profile: String,
}

impl fmt::Display for RegionAndProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (profile {})", self.region, self.profile)
    }
}

/// The AWS configuration, as the AWS CLI would find it.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    /// The configuration for clients.
    pub config: SdkConfig,
    /// Where the requests go, for messages.
    pub place: RegionAndProfile,
}

impl Aws {
    /// Finds region and credentials: environment, profiles, single sign-on, and the metadata services of
    /// AWS.
    ///
    /// # Errors
    /// [`AwsSetupError::NoRegion`] if there is no region, and [`AwsSetupError::Setting`] for an invalid
    /// variable. Missing credentials only show in the first request.
    pub(crate) async fn load() -> Result<Self, AwsSetupError> {
        let limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT);
        check_endpoints(&Environment::from_process())?;
        let mut loader = shared::aws::loader().timeout_config(limits.build());
        if let Some(client) = client_with_bundle()? {
            loader = loader.http_client(client);
        }
        let config = loader.load().await;
        let region = config.region().ok_or(AwsSetupError::NoRegion)?.to_string();
        let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
        let place = RegionAndProfile { region, profile };
        Ok(Self { config, place })
    }
}

/// Variables that set an AWS endpoint ([AWS SDKs and Tools, "Service-specific
/// endpoints"](https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html)).
const ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
];

/// Rejects an endpoint that is not a URL. The SDK would fail without saying why.
fn check_endpoints(environment: &Environment) -> Result<(), AwsSetupError> {
    let wrong = |name: &&&str| {
        environment
            .optional(name)
            .is_some_and(|text| !is_url(&text))
    };
    match ENDPOINTS.iter().find(wrong) {
        None => Ok(()),
        Some(name) => Err(AwsSetupError::Setting {
            name,
            problem: "must be one URL, such as http://localhost:8000, without quotes or spaces",
        }),
    }
}

/// An HTTP client that trusts only the certificates in `AWS_CA_BUNDLE`, as the AWS CLI does. It is for networks
/// where a company's proxy signs AWS's certificates. `None` if the variable isn't set.
fn client_with_bundle() -> Result<Option<SharedHttpClient>, AwsSetupError> {
    let name = "AWS_CA_BUNDLE";
    let Some(path) = std::env::var_os(name).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let wrong = |problem| AwsSetupError::Setting { name, problem };
    let bundle = std::fs::read(path).map_err(|_| wrong("names a file that can't be read"))?;
    // The SDK's client panics on invalid certificates, so check them first.
    let no_certificates = || wrong("names a file that holds no usable certificates in PEM");
    let certificates = reqwest::Certificate::from_pem_bundle(&bundle);
    let certificates = certificates.map_err(|_| no_certificates())?;
    if certificates.is_empty() {
        return Err(no_certificates());
    }
    let tried = reqwest::Client::builder()
        .tls_certs_only(certificates)
        .build();
    tried.map_err(|_| no_certificates())?;
    let trusted = TrustStore::empty().with_pem_certificate(bundle);
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|_| no_certificates())?;
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https();
    Ok(Some(client))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_not_a_url_is_named() {
        let checked = |value| {
            let environment = Environment::from_variables([("AWS_ENDPOINT_URL_DYNAMODB", value)]);
            check_endpoints(&environment).map_err(|error| error.to_string())
        };
        for good in [
            "http://localhost:8000",
            "https://vpce-1.dynamodb.eu-west-1.amazonaws.com/",
        ] {
            assert_eq!(checked(good), Ok(()));
        }
        for wrong in [
            "localhost:8000",
            "\"http://localhost:8000\"",
            "http://localhost:8000 ",
            "http://a:1,http://b:2",
            "ftp://localhost",
        ] {
            let error = checked(wrong).unwrap_err();
            assert!(
                error.starts_with("AWS_ENDPOINT_URL_DYNAMODB must be one URL"),
                "{wrong}: {error}"
            );
        }
    }
}
