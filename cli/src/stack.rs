//! A deployed stack, found by its name. Its outputs contain the URLs of the webhooks and the names of the
//! tables. Region and credentials are found as by the AWS CLI.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::SharedHttpClient;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use shared::aws::endpoint::is_url;
use shared::aws_error::AwsError;
use shared::config::Environment;
use shared::public_url::PublicBaseUrl;

use shared::contract::WebhookName;
use simulator::settings::Settings;

/// Longer than the webhooks' timeouts: a user is waiting, and a sign-in or a credential process may run
/// first.
const OPERATION: Duration = Duration::from_mins(1);
const ATTEMPT: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);

/// The remedy for a failed AWS request.
const ADVICE: &str = "check AWS_PROFILE, AWS_REGION and that you are signed in";

/// Why a stack can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackError {
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
    /// There is no stack with this name.
    #[error("there is no stack {stack} in {place}: check the name, AWS_REGION and AWS_PROFILE")]
    NoStack {
        /// The stack's name.
        stack: String,
        /// The region and profile.
        place: Place,
    },
    /// CloudFormation refuses the request or can't be reached.
    #[error("request to CloudFormation in {place} for stack {stack} failed ({cause}): {ADVICE}")]
    CloudFormation {
        /// The stack's name.
        stack: String,
        /// The region and profile.
        place: Place,
        /// CloudFormation's message.
        cause: String,
    },
    /// The stack was not created from `template.yaml`.
    #[error("stack {stack} has no usable output {output}: is it this project's, and complete?")]
    NoOutput {
        /// The stack's name.
        stack: String,
        /// The missing or invalid output.
        output: &'static str,
    },
}

/// The region and profile that the SDK chose, as far as it reports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    region: String,
    profile: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (profile {})", self.region, self.profile)
    }
}

/// The AWS configuration, as the AWS CLI would find it.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    /// The configuration for clients.
    pub config: SdkConfig,
    /// The place for messages.
    pub place: Place,
}

impl Aws {
    /// Finds region and credentials: environment, profiles, single sign-on, and the metadata services of
    /// AWS.
    ///
    /// # Errors
    /// [`StackError::NoRegion`] if there is no region, and [`StackError::Setting`] for an invalid
    /// variable. Missing credentials only show in the first request.
    pub(crate) async fn load() -> Result<Self, StackError> {
        let limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION);
        check_endpoints(&Environment::from_process())?;
        let mut loader = shared::aws::loader().timeout_config(limits.build());
        if let Some(client) = client_with_bundle()? {
            loader = loader.http_client(client);
        }
        let config = loader.load().await;
        let region = config.region().ok_or(StackError::NoRegion)?.to_string();
        let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
        let place = Place { region, profile };
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
fn check_endpoints(environment: &Environment) -> Result<(), StackError> {
    let wrong = |name: &&&str| {
        environment
            .optional(name)
            .is_some_and(|text| !is_url(&text))
    };
    match ENDPOINTS.iter().find(wrong) {
        None => Ok(()),
        Some(name) => Err(StackError::Setting {
            name,
            problem: "must be one URL, such as http://localhost:8000, without quotes or spaces",
        }),
    }
}

/// The HTTP client for the certificate authorities in `AWS_CA_BUNDLE`, as in the AWS CLI, for networks
/// where a company proxy signs AWS's certificates.
fn client_with_bundle() -> Result<Option<SharedHttpClient>, StackError> {
    let name = "AWS_CA_BUNDLE";
    let Some(path) = std::env::var_os(name).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let wrong = |problem| StackError::Setting { name, problem };
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

/// A stack's outputs and parameters.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    name: String,
    outputs: HashMap<String, String>,
    parameters: HashMap<String, String>,
}

impl Stack {
    /// Describes the stack `name` in CloudFormation.
    ///
    /// # Errors
    /// [`StackError`] if there is no such stack, or CloudFormation refuses the request or can't be
    /// reached.
    pub(crate) async fn find(aws: &Aws, name: &str) -> Result<Self, StackError> {
        let client = Client::new(&aws.config);
        let answer = client.describe_stacks().stack_name(name).send().await;
        let answer = answer.map_err(|error| explain(&error, name, &aws.place))?;
        let stack = answer.stacks.unwrap_or_default().pop();
        let stack = stack.ok_or_else(|| StackError::NoStack {
            stack: name.to_owned(),
            place: aws.place.clone(),
        })?;
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let parameters = stack.parameters.unwrap_or_default().into_iter();
        Ok(Self {
            // `name` may be the stack's ARN.
            name: stack.stack_name.unwrap_or_else(|| name.to_owned()),
            outputs: outputs
                .filter_map(|output| Some((output.output_key?, output.output_value?)))
                .collect(),
            parameters: parameters
                .filter_map(|given| Some((given.parameter_key?, given.parameter_value?)))
                .collect(),
        })
    }

    /// The webhooks' URLs, as HubSpot's settings.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] for a URL that is missing or not https.
    pub(crate) fn settings(&self) -> Result<Settings, StackError> {
        Ok(Settings {
            create_meeting_url: Some(self.url("CreateMeetingUrl")?),
            update_meeting_url: Some(self.url("UpdateMeetingUrl")?),
            delete_meeting_url: Some(self.url("DeleteMeetingUrl")?),
            user_verify_url: Some(self.url("VerifyUserUrl")?),
            fetch_accounts_uri: None,
        })
    }

    /// The common base of the webhooks' URLs.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing or invalid.
    pub(crate) fn base_url(&self) -> Result<String, StackError> {
        let output = "CreateMeetingUrl";
        let url = self.url(output)?;
        let base = url.strip_suffix(WebhookName::Create.path());
        base.map(str::to_owned).ok_or_else(|| self.lacks(output))
    }

    /// The name of the table of conferences.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing.
    pub(crate) fn conferences_table(&self) -> Result<String, StackError> {
        self.output("ConferencesTableName").map(str::to_owned)
    }

    /// The name of the table of users.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing.
    pub(crate) fn users_table(&self) -> Result<String, StackError> {
        self.output("UsersTableName").map(str::to_owned)
    }

    /// The ARN of the video system's secret.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing, as for a stack without a video system.
    pub(crate) fn video_system_secret(&self) -> Result<&str, StackError> {
        self.output("VideoSystemSecretArn")
    }

    /// The name of HubSpot's secret in Secrets Manager.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing.
    pub(crate) fn hubspot_secret_arn(&self) -> Result<String, StackError> {
        self.output("HubSpotSecretArn").map(str::to_owned)
    }

    /// The base URL of the join links, if the stack has a video system.
    pub(crate) fn join_url(&self) -> Option<&str> {
        self.outputs.get("JoinUrl").map(String::as_str)
    }

    /// The name of the log group of a function, which `template.yaml` calls `function`.
    pub(crate) fn log_group(&self, function: &str) -> String {
        format!("/aws/lambda/{}/{function}", self.name)
    }

    /// What the join links begin with, up to `/join`.
    ///
    /// # Errors
    /// [`StackError::NoOutput`], as for a stack without a video system.
    pub(crate) fn join_base_url(&self) -> Result<PublicBaseUrl, StackError> {
        let output = "JoinUrl";
        let base = self.output(output)?.strip_suffix("/join");
        let base = base.and_then(|base| base.parse().ok());
        base.ok_or_else(|| self.lacks(output))
    }

    /// The value of a template parameter, if the stack has it.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    fn url(&self, output: &'static str) -> Result<String, StackError> {
        let url = self.output(output)?;
        let parsed: Result<PublicBaseUrl, _> = url.parse();
        parsed.map_err(|_| self.lacks(output))?;
        Ok(url.to_owned())
    }

    fn output(&self, output: &'static str) -> Result<&str, StackError> {
        let value = self.outputs.get(output).map(String::as_str);
        value.ok_or_else(|| self.lacks(output))
    }

    fn lacks(&self, output: &'static str) -> StackError {
        StackError::NoOutput {
            stack: self.name.clone(),
            output,
        }
    }
}

fn explain(error: &SdkError<DescribeStacksError>, stack: &str, place: &Place) -> StackError {
    let (stack, place) = (stack.to_owned(), place.clone());
    // CloudFormation has no error code for a missing stack, only a message
    // ([DescribeStacks](https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html)).
    let unknown = error.code() == Some("ValidationError")
        && error
            .message()
            .is_some_and(|words| words.ends_with("does not exist"));
    if unknown {
        return StackError::NoStack { stack, place };
    }
    let cause = AwsError::from(error).to_string();
    StackError::CloudFormation {
        stack,
        place,
        cause,
    }
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
