//! A deployed stack, found by its name. Its outputs contain the URLs of the webhooks and the names of the
//! tables.

use std::collections::HashMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;
use shared::aws_error::AwsError;
use shared::contract::WebhookName;
use shared::public_url::PublicBaseUrl;
use simulator::settings::Settings;

use crate::aws::{Aws, AwsSetupError, RegionAndProfile};

/// The remedy for a failed AWS request.
const ADVICE: &str = "check AWS_PROFILE, AWS_REGION and that you are signed in";

/// Why a stack can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackError {
    /// Region and credentials can't be found.
    #[error(transparent)]
    Aws(#[from] AwsSetupError),
    /// There is no stack with this name.
    #[error("there is no stack {stack} in {place}: check the name, AWS_REGION and AWS_PROFILE")]
    NoStack {
        /// The stack's name.
        stack: String,
        /// The region and profile.
        place: RegionAndProfile,
    },
    /// CloudFormation refuses the request or can't be reached.
    #[error("request to CloudFormation in {place} for stack {stack} failed ({cause}): {ADVICE}")]
    CloudFormation {
        /// The stack's name.
        stack: String,
        /// The region and profile.
        place: RegionAndProfile,
        /// CloudFormation's message.
        cause: String,
    },
    /// The stack was not created from `template.yaml`, or its deployment is not complete.
    #[error(
        "stack {stack} has no usable output {output}: was it created from this project's template, and is \
         its deployment complete?"
    )]
    NoOutput {
        /// The stack's name.
        stack: String,
        /// The missing or invalid output.
        output: &'static str,
    },
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
        base.map(str::to_owned)
            .ok_or_else(|| self.no_output(output))
    }

    /// The name of the conferences table.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing.
    pub(crate) fn conferences_table(&self) -> Result<String, StackError> {
        self.output("ConferencesTableName").map(str::to_owned)
    }

    /// The name of the users table.
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

    /// The ARN of HubSpot's secret in Secrets Manager.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing.
    pub(crate) fn hubspot_secret_arn(&self) -> Result<String, StackError> {
        self.output("HubSpotSecretArn").map(str::to_owned)
    }

    /// The join links' URL up to and including `/join`, if the stack has a video system.
    pub(crate) fn join_url(&self) -> Option<&str> {
        self.outputs.get("JoinUrl").map(String::as_str)
    }

    /// The name of the log group of a function, which `template.yaml` calls `function`.
    pub(crate) fn log_group(&self, function: &str) -> String {
        format!("/aws/lambda/{}/{function}", self.name)
    }

    /// The base URL of the join links, without `/join`.
    ///
    /// # Errors
    /// [`StackError::NoOutput`] if the output is missing or invalid, as for a stack without a video
    /// system.
    pub(crate) fn join_base_url(&self) -> Result<PublicBaseUrl, StackError> {
        let output = "JoinUrl";
        let base = self.output(output)?.strip_suffix("/join");
        let base = base.and_then(|base| base.parse().ok());
        base.ok_or_else(|| self.no_output(output))
    }

    /// The value of a template parameter, if the stack has it.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    fn url(&self, output: &'static str) -> Result<String, StackError> {
        let url = self.output(output)?;
        let parsed: Result<PublicBaseUrl, _> = url.parse();
        parsed.map_err(|_| self.no_output(output))?;
        Ok(url.to_owned())
    }

    fn output(&self, output: &'static str) -> Result<&str, StackError> {
        let value = self.outputs.get(output).map(String::as_str);
        value.ok_or_else(|| self.no_output(output))
    }

    fn no_output(&self, output: &'static str) -> StackError {
        StackError::NoOutput {
            stack: self.name.clone(),
            output,
        }
    }
}

fn explain(
    error: &SdkError<DescribeStacksError>,
    stack: &str,
    place: &RegionAndProfile,
) -> StackError {
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
