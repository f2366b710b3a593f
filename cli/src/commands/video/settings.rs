//! The settings and the secret of a video system, from a stack or from this process's environment.

use aws_sdk_secretsmanager::Client;
use shared::aws_error::AwsError;
use shared::config::{ConfigError, Environment};

use join::settings::Settings;
use join::video_system::VideoSystemSettings;

use crate::aws::{Aws, RegionAndProfile};
use crate::stack::{Stack, StackError};

/// The setting that holds the secret in plain text, for local work.
pub(crate) const SECRET: &str = "VIDEO_SYSTEM_SECRET";

/// The functions' settings, and the template parameters that set them.
const PARAMETERS: [(&str, &str); 4] = [
    ("VIDEO_SYSTEM", "VideoSystem"),
    ("VIDEO_SYSTEM_URL", "VideoSystemUrl"),
    ("MODERATORS", "Moderators"),
    ("BIGBLUEBUTTON_CHECKSUM", "BigBlueButtonChecksum"),
];

/// The settings of the stack's join function.
pub(super) fn environment(stack: &Stack) -> Environment {
    let found = PARAMETERS.map(|(name, parameter)| {
        let value = stack.parameter(parameter).unwrap_or_default().to_owned();
        (name, value)
    });
    Environment::from_lookup(move |name| {
        let mut found = found.iter();
        let found = found.find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    })
}

/// The settings as the function reads them. The connection uses the function's trust anchors.
///
/// # Errors
/// [`ConfigError`] if a setting for admission or the file of certificates is invalid.
pub(super) fn video_system(
    environment: &Environment,
) -> Result<VideoSystemSettings<'_>, ConfigError> {
    let tls = shared::aws::tls(&Environment::from_process())?;
    Ok(VideoSystemSettings {
        environment,
        moderators: Settings::read(environment)?.moderators,
        tls,
    })
}

/// A request for the stack's secret failed.
#[derive(Debug, thiserror::Error)]
#[error("request to Secrets Manager in {place} failed: {cause}")]
pub(crate) struct SecretError {
    place: RegionAndProfile,
    cause: AwsError,
}

/// The secret of a stack's join link.
pub(crate) struct StoredSecret {
    client: Client,
    arn: String,
    place: RegionAndProfile,
}

impl StoredSecret {
    /// The secret named by the stack's output.
    ///
    /// # Errors
    /// [`StackError`] if there is no such output, because the stack has no video system.
    pub(crate) fn find(aws: &Aws, stack: &Stack) -> Result<Self, StackError> {
        Ok(Self {
            client: Client::new(&aws.config),
            arn: stack.video_system_secret()?.to_owned(),
            place: aws.place.clone(),
        })
    }

    /// The secret's text.
    ///
    /// # Errors
    /// [`SecretError`] if Secrets Manager refuses the request or can't be reached.
    pub(crate) async fn read(&self) -> Result<String, SecretError> {
        let request = self.client.get_secret_value().secret_id(&self.arn);
        let answer = request.send().await;
        let answer = answer.map_err(|error| self.explain(&error))?;
        Ok(answer.secret_string.unwrap_or_default())
    }

    /// Makes `text` the secret's current version.
    ///
    /// # Errors
    /// [`SecretError`] if Secrets Manager refuses the request or can't be reached.
    pub(super) async fn write(&self, text: String) -> Result<(), SecretError> {
        let request = self.client.put_secret_value().secret_id(&self.arn);
        let answer = request.secret_string(text).send().await;
        answer.map(drop).map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: impl Into<AwsError>) -> SecretError {
        SecretError {
            place: self.place.clone(),
            cause: error.into(),
        }
    }
}
