//! A secret in Secrets Manager, as text. Its owner parses it.
//!
//! A function reads its secret when it starts, and again from time to time ([`crate::renewal`]).

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;

use crate::aws_error::AwsError;
use crate::config::ConfigError;

/// The timeout of the read at the start. It is short enough that the request that triggered the cold start
/// is still answered in time, and long enough for more than one attempt.
const START_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Why a secret can't be used. The messages name the setting that names the secret, and never quote it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Throttled, timed out or unreachable: a retry may succeed.
    #[error("{setting} can't be read from Secrets Manager: {error}")]
    Unavailable {
        /// The setting's name.
        setting: &'static str,
        /// Why the request failed.
        error: AwsError,
    },
    /// The secret is missing, forbidden or malformed: an operator has to correct it.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// A secret in Secrets Manager.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    client: Client,
    setting: &'static str,
    id: String,
}

impl StoredSecret {
    /// The secret with the name or ARN `id`, which the setting `setting` specifies.
    #[must_use]
    pub fn new(client: Client, setting: &'static str, id: String) -> Self {
        Self {
            client,
            setting,
            id,
        }
    }

    /// The current version's text, for a function that is starting.
    ///
    /// # Errors
    /// [`SecretError`] as for [`Self::current`]; [`SecretError::Unavailable`] also if there is no answer
    /// within 1.5 s.
    pub async fn current_at_start(&self) -> Result<String, SecretError> {
        let reading = tokio::time::timeout(START_TIMEOUT, self.current());
        reading.await.unwrap_or_else(|_| {
            Err(SecretError::Unavailable {
                setting: self.setting,
                error: AwsError::timeout(),
            })
        })
    }

    /// The current version's text.
    ///
    /// # Errors
    /// [`SecretError::Unavailable`] if Secrets Manager gives no usable answer, [`SecretError::Config`] if
    /// there is no such secret or the function has no permission to read it.
    pub async fn current(&self) -> Result<String, SecretError> {
        let text = self.version("AWSCURRENT").await?;
        Ok(text.ok_or_else(|| self.unreadable("there is no such secret"))?)
    }

    /// The text of the version with the [staging label][label] `stage`, or `None` if there is no such
    /// version.
    ///
    /// [label]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
    ///
    /// # Errors
    /// [`SecretError::Unavailable`] if Secrets Manager gives no usable answer, [`SecretError::Config`] if
    /// the function has no permission to read the secret.
    pub async fn version(&self, stage: &str) -> Result<Option<String>, SecretError> {
        let request = self.client.get_secret_value().secret_id(&self.id);
        match request.version_stage(stage).send().await {
            Ok(answer) => Ok(answer.secret_string),
            Err(SdkError::ServiceError(context))
                if context.err().is_resource_not_found_exception() =>
            {
                Ok(None)
            }
            Err(error) => {
                let (setting, error) = (self.setting, AwsError::from(&error));
                Err(if error.is_transient() {
                    SecretError::Unavailable { setting, error }
                } else {
                    self.unreadable(&error.to_string()).into()
                })
            }
        }
    }

    fn unreadable(&self, cause: &str) -> ConfigError {
        let problem = format!("can't be read from Secrets Manager: {cause}");
        ConfigError::new(self.setting, problem)
    }
}
