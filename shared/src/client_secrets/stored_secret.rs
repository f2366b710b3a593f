//! The client for Secrets Manager: one secret, JSON with `clientSecret` and `conferenceKey`.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use serde::Deserialize;

use super::client_secret;
use super::error::SecretsError;
use crate::aws_error::AwsError;
use crate::secret::Secret;

/// A secret in Secrets Manager.
#[derive(Debug)]
pub(super) struct StoredSecret {
    client: Client,
    id: String,
}

/// The content of one version of the secret.
#[derive(Debug)]
pub(super) struct Document {
    /// `None` while it is empty, as in a new stack.
    pub(super) client_secret: Option<Secret>,
    pub(super) conference_key: Option<Secret>,
}

impl Document {
    fn parse(text: &str) -> Result<Self, SecretsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Text {
            client_secret: String,
            conference_key: Option<String>,
        }
        let text = text.trim_start_matches('\u{feff}');
        let text: Text = serde_json::from_str(text).map_err(|_| SecretsError::Malformed)?;
        Ok(Self {
            client_secret: client_secret::parse(&text.client_secret)?,
            conference_key: text.conference_key.map(Secret::new),
        })
    }
}

impl StoredSecret {
    pub(super) fn new(client: Client, id: String) -> Self {
        Self { client, id }
    }

    pub(super) async fn current(&self) -> Result<Document, SecretsError> {
        let text = self.version("AWSCURRENT").await?;
        Document::parse(&text.ok_or(SecretsError::Missing)?)
    }

    /// The client secret before the last rotation, or `None` if there is no usable one.
    pub(super) async fn previous(&self) -> Result<Option<Secret>, SecretsError> {
        let text = self.version("AWSPREVIOUS").await?;
        let document = text.and_then(|text| Document::parse(&text).ok());
        Ok(document.and_then(|document| document.client_secret))
    }

    async fn version(&self, stage: &str) -> Result<Option<String>, SecretsError> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(&self.id)
            .version_stage(stage)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.secret_string),
            Err(SdkError::ServiceError(context))
                if context.err().is_resource_not_found_exception() =>
            {
                Ok(None)
            }
            Err(error) => {
                let error = AwsError::from(&error);
                Err(if error.is_transient() {
                    SecretsError::Unavailable(error)
                } else {
                    SecretsError::Refused(error)
                })
            }
        }
    }
}
