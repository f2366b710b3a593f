//! The secret of a deployed stack in Secrets Manager: HubSpot's client secret and the key for conference
//! IDs. Only the client secret is ever replaced.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use serde_json::{Map, Value};
use shared::aws_error::AwsError;
use shared::secret::Secret;

use crate::aws::{Aws, RegionAndProfile};
use crate::stack::{Stack, StackError};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const CLIENT_SECRET: &str = "clientSecret";
const CONFERENCE_KEY: &str = "conferenceKey";
/// The minimum length of the key that `create` accepts, in characters.
const MIN_KEY_LENGTH: usize = 16;

/// Why the secret can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackSecretError {
    /// The stack has no output that names the secret.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Secrets Manager refuses the request or can't be reached.
    #[error(
        "request to Secrets Manager in {place} to {action} the stack's secret failed ({cause}): check that \
         you are signed in and have the permission {permission}"
    )]
    SecretsManager {
        /// The region and profile.
        place: RegionAndProfile,
        /// The attempted action.
        action: &'static str,
        /// The error, without the text that AWS sent.
        cause: String,
        /// The permission that the action requires.
        permission: &'static str,
    },
    /// The conference key is missing. A new one would give a retried create another conference and link.
    #[error(
        "the stack's secret is not JSON with a conferenceKey, so it was not changed: is it this \
         project's stack? The key must stay as it was when the stack was created"
    )]
    NoConferenceKey,
}

/// The stack's secret.
#[derive(Debug)]
pub(crate) struct StackSecret {
    client: Client,
    id: String,
    place: RegionAndProfile,
}

/// The secret's content. All fields except the client secret are written back unchanged.
#[derive(Clone)]
pub(crate) struct Document(Map<String, Value>);

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document([REDACTED])")
    }
}

impl Document {
    fn read(text: &str) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_str(text).ok()?;
        let key = fields.get(CONFERENCE_KEY)?.as_str()?;
        (key.len() >= MIN_KEY_LENGTH).then_some(Self(fields))
    }

    /// The client secret, if it has been set.
    pub(crate) fn client_secret(&self) -> Option<Secret> {
        let text = self.0.get(CLIENT_SECRET)?.as_str()?;
        (!text.is_empty()).then(|| Secret::new(text))
    }

    fn with(mut self, client_secret: &Secret) -> String {
        let text = String::from_utf8_lossy(client_secret.expose()).into_owned();
        self.0.insert(CLIENT_SECRET.to_owned(), text.into());
        Value::Object(self.0).to_string()
    }
}

impl StackSecret {
    /// The secret of `stack`.
    ///
    /// # Errors
    /// [`StackSecretError::Stack`] if the stack has no output that names it.
    pub(crate) fn new(aws: &Aws, stack: &Stack) -> Result<Self, StackSecretError> {
        Ok(Self {
            client: Client::new(&aws.config),
            id: stack.hubspot_secret_arn()?,
            place: aws.place.clone(),
        })
    }

    /// The current content.
    ///
    /// # Errors
    /// [`StackSecretError`] if Secrets Manager refuses the request or can't be reached;
    /// [`StackSecretError::NoConferenceKey`] if the content isn't this project's.
    pub(crate) async fn current(&self) -> Result<Document, StackSecretError> {
        let request = self.client.get_secret_value().secret_id(&self.id);
        let answer = request.version_stage(CURRENT).send().await;
        let answer =
            answer.map_err(|error| self.failed("read", "secretsmanager:GetSecretValue", &error))?;
        let document = answer.secret_string().and_then(Document::read);
        document.ok_or(StackSecretError::NoConferenceKey)
    }

    /// Replaces the client secret in `document`, which comes from [`current`](Self::current). The
    /// replaced version stays valid as the previous one.
    ///
    /// # Errors
    /// [`StackSecretError`] if Secrets Manager refuses the request or can't be reached.
    pub(crate) async fn put(
        &self,
        document: Document,
        client_secret: &Secret,
    ) -> Result<(), StackSecretError> {
        let request = self.client.put_secret_value().secret_id(&self.id);
        let answer = request
            .secret_string(document.with(client_secret))
            .send()
            .await;
        answer.map_err(|error| self.failed("store", "secretsmanager:PutSecretValue", &error))?;
        Ok(())
    }

    /// Revokes the previous version; returns whether there was one.
    ///
    /// # Errors
    /// [`StackSecretError`] if Secrets Manager refuses the request or can't be reached.
    pub(crate) async fn end_previous(&self) -> Result<bool, StackSecretError> {
        let request = self.client.list_secret_version_ids().secret_id(&self.id);
        let answer = request.send().await.map_err(|error| {
            self.failed(
                "list the versions of",
                "secretsmanager:ListSecretVersionIds",
                &error,
            )
        })?;
        let mut versions = answer.versions().iter();
        let previous = versions.find(|version| {
            let mut stages = version.version_stages().iter();
            stages.any(|stage| stage == PREVIOUS)
        });
        let Some(id) = previous.and_then(|version| version.version_id()) else {
            return Ok(false);
        };
        let request = self.client.update_secret_version_stage();
        let request = request.secret_id(&self.id).version_stage(PREVIOUS);
        let answer = request.remove_from_version_id(id).send().await;
        answer.map_err(|error| {
            let permission = "secretsmanager:UpdateSecretVersionStage";
            self.failed("revoke the previous version of", permission, &error)
        })?;
        Ok(true)
    }

    fn failed(
        &self,
        action: &'static str,
        permission: &'static str,
        error: impl Into<AwsError>,
    ) -> StackSecretError {
        StackSecretError::SecretsManager {
            place: self.place.clone(),
            action,
            cause: error.into().to_string(),
            permission,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn only_the_client_secret_is_replaced() {
        let text = format!(r#"{{"clientSecret":"","conferenceKey":"{KEY}","more":1}}"#);
        let document = Document::read(&text).unwrap();
        assert_eq!(document.client_secret(), None);
        let written = document.with(&Secret::new("new"));
        let written: Value = serde_json::from_str(&written).unwrap();
        let expected = serde_json::json!({"clientSecret": "new", "conferenceKey": KEY, "more": 1});
        assert_eq!(written, expected);
    }

    #[test]
    fn a_secret_without_a_key_is_not_this_projects() {
        for text in [
            "",
            "hush",
            "[]",
            "{}",
            r#"{"conferenceKey":""}"#,
            r#"{"conferenceKey":1}"#,
        ] {
            assert!(Document::read(text).is_none(), "{text}");
        }
    }
}
