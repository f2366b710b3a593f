//! HubSpot's secret in Secrets Manager: JSON with `clientSecret` and `conferenceKey`.

use serde::Deserialize;

use super::client_secret;
use crate::config::ConfigError;
use crate::secret::Secret;
use crate::stored_secret::{SecretError, StoredSecret};

/// The setting with the secret's name or ARN.
pub(super) const SECRET_ID: &str = "HUBSPOT_SECRET_ID";

/// HubSpot's secret in Secrets Manager.
#[derive(Debug)]
pub(super) struct HubSpotSecret(StoredSecret);

/// The content of one version of the secret.
#[derive(Debug)]
pub(super) struct Document {
    /// `None` while it is empty, as in a new stack.
    pub(super) client_secret: Option<Secret>,
    pub(super) conference_key: Option<Secret>,
}

impl Document {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Text {
            client_secret: String,
            conference_key: Option<String>,
        }
        let text = text.trim_start_matches('\u{feff}');
        // serde's own error message would quote the secret.
        let text: Text = serde_json::from_str(text).map_err(|_| {
            let problem = "does not hold JSON with a clientSecret of at least 16 characters";
            ConfigError::new(SECRET_ID, problem)
        })?;
        let client_secret = client_secret::parse(&text.client_secret).map_err(|problem| {
            ConfigError::new(SECRET_ID, format!("holds a clientSecret that {problem}"))
        })?;
        Ok(Self {
            client_secret,
            conference_key: text.conference_key.map(Secret::new),
        })
    }
}

impl HubSpotSecret {
    pub(super) fn new(stored: StoredSecret) -> Self {
        Self(stored)
    }

    pub(super) async fn current_at_start(&self) -> Result<Document, SecretError> {
        Ok(Document::parse(&self.0.current_at_start().await?)?)
    }

    pub(super) async fn current(&self) -> Result<Document, SecretError> {
        Ok(Document::parse(&self.0.current().await?)?)
    }

    /// The client secret before the last rotation, or `None` if there is no usable one.
    pub(super) async fn previous(&self) -> Result<Option<Secret>, SecretError> {
        let text = self.0.version("AWSPREVIOUS").await?;
        let document = text.and_then(|text| Document::parse(&text).ok());
        Ok(document.and_then(|document| document.client_secret))
    }
}
