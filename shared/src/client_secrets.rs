//! The client secrets that HubSpot may sign with right now, and where they come from.
//!
//! While a secret is rotated two are valid. A signature that fails makes us read the secret again,
//! at most once a minute, so that a rotation needs no deployment and forged requests cause no storm.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use serde::Deserialize;

use crate::conference_key::ConferenceKey;
use crate::config::{ConfigError, Environment};
use crate::error_chain;
use crate::secret::Secret;
use crate::timestamp::Timestamp;

const SECRET_ID: &str = "HUBSPOT_SECRET_ID";
const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";
const CONFERENCE_KEY: &str = "CONFERENCE_KEY";

/// The shortest time between two readings that failed signatures cause.
const REFRESH_INTERVAL: Duration = Duration::from_mins(1);

/// How long the secrets are waited for where there are others to go on with.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long they are waited for where there are none: short enough for the request that made Lambda
/// start the function to be answered in time, and longer than one attempt.
const FIRST_PATIENCE: Duration = Duration::from_millis(1_500);

/// The fewest bytes of a client secret worth having. HubSpot's have 36.
const SHORTEST_CLIENT_SECRET: usize = 16;

/// Why the secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Throttled, timed out or unreachable: it may be there in a moment. The text says which.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Unavailable(String),
    /// There is no such secret, or we may not read it: it needs somebody's hand.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Refused(String),
    /// What is stored there isn't what we need.
    #[error("HUBSPOT_SECRET_ID does not hold JSON with a clientSecret of at least 16 characters")]
    Malformed,
}

/// Where the secrets come from, according to the environment.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// `HUBSPOT_CLIENT_SECRET` and `CONFERENCE_KEY`, in the open: for local work.
    Environment {
        /// HubSpot signs with it.
        client_secret: Secret,
        /// Ids are derived with it. Only create asks for it.
        conference_key: Option<Secret>,
    },
    /// `HUBSPOT_SECRET_ID`: the name or ARN of a secret in Secrets Manager.
    SecretsManager {
        /// The name or ARN.
        id: String,
    },
}

impl SecretSource {
    /// Finds out where the secrets are. Secrets Manager wins where both are set.
    ///
    /// # Errors
    /// [`ConfigError`] if neither is set, or the secret could be guessed.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        if let Some(id) = environment.optional(SECRET_ID) {
            return Ok(Self::SecretsManager { id });
        }
        let client_secret = environment.optional(CLIENT_SECRET).ok_or_else(|| {
            ConfigError::new(SECRET_ID, "is not set, nor is HUBSPOT_CLIENT_SECRET")
        })?;
        let client_secret = client_secret_of(client_secret)
            .ok_or_else(|| ConfigError::new(CLIENT_SECRET, "must have at least 16 characters"))?;
        Ok(Self::Environment {
            client_secret,
            conference_key: environment.optional(CONFERENCE_KEY).map(Secret::new),
        })
    }

    /// Reads the secrets for the first time.
    ///
    /// # Errors
    /// [`SecretsError`]
    pub async fn secrets(self, client: impl FnOnce() -> Client) -> Result<Secrets, SecretsError> {
        match self {
            Self::Environment {
                client_secret,
                conference_key,
            } => Ok(Secrets {
                client: ClientSecrets::fixed(vec![client_secret]),
                conference_key,
                key_setting: CONFERENCE_KEY,
            }),
            Self::SecretsManager { id } => {
                let stored = StoredSecret {
                    client: client(),
                    id,
                };
                // One after the other: two at once would need two connections, and opening the second
                // costs more than it saves. Without the previous one, the current one still counts.
                let current = tokio::time::timeout(FIRST_PATIENCE, stored.current());
                let current = current.await.unwrap_or_else(|_| Err(too_slow()))?;
                let previous = tokio::time::timeout(PATIENCE, stored.previous()).await;
                let previous = previous.ok().and_then(Result::ok).flatten();
                let secrets = std::iter::once(current.client_secret).chain(previous);
                Ok(Secrets {
                    client: ClientSecrets::new(secrets.collect(), Some(stored)),
                    conference_key: current.conference_key,
                    key_setting: SECRET_ID,
                })
            }
        }
    }
}

/// Everything that the source holds.
#[derive(Debug)]
pub struct Secrets {
    /// What HubSpot signs with.
    pub client: ClientSecrets,
    conference_key: Option<Secret>,
    key_setting: &'static str,
}

impl Secrets {
    /// The key for conference ids.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that could be guessed.
    pub fn conference_key(&self) -> Result<ConferenceKey, ConfigError> {
        let problem = |problem: &str| {
            let name = self.key_setting;
            if name == SECRET_ID {
                ConfigError::new(name, format!("holds a conferenceKey that {problem}"))
            } else {
                ConfigError::new(name, problem)
            }
        };
        let key = self
            .conference_key
            .as_ref()
            .ok_or_else(|| problem("is not set"))?;
        ConferenceKey::new(key).ok_or_else(|| problem("must have at least 16 characters"))
    }
}

/// The client secrets that are valid now.
#[derive(Debug)]
pub struct ClientSecrets {
    state: Mutex<State>,
    stored: Option<StoredSecret>,
}

#[derive(Debug)]
struct State {
    valid: Arc<[Secret]>,
    refreshed_at: Option<Timestamp>,
    /// Whether the last reading succeeded. Unless it did, no signature is surely wrong.
    certain: bool,
}

impl ClientSecrets {
    /// These and no others.
    #[must_use]
    pub fn fixed(secrets: Vec<Secret>) -> Self {
        Self::new(secrets, None)
    }

    fn new(secrets: Vec<Secret>, stored: Option<StoredSecret>) -> Self {
        let state = State {
            valid: secrets.into(),
            refreshed_at: None,
            certain: true,
        };
        Self {
            state: Mutex::new(state),
            stored,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The secrets as they were last read.
    pub fn valid(&self) -> Arc<[Secret]> {
        Arc::clone(&self.state().valid)
    }

    /// Reads the secrets again, unless that was done less than a minute ago. `false` if they could
    /// not all be read: then what is known stays valid, and there may be others.
    pub async fn refresh(&self, now: Timestamp) -> bool {
        let Some(stored) = &self.stored else {
            return true;
        };
        if !self.may_refresh(now) {
            return self.state().certain;
        }
        let reading = tokio::time::timeout(PATIENCE, self.read_again(stored)).await;
        let Err(error) = reading.unwrap_or_else(|_| Err(too_slow())) else {
            return true;
        };
        let problem = error.to_string();
        tracing::warn!(target: "webhook", problem, "the client secrets can't all be read again");
        false
    }

    async fn read_again(&self, stored: &StoredSecret) -> Result<(), SecretsError> {
        let current = stored.current().await?.client_secret;
        self.take_up(&current);
        let previous = stored.previous().await?;
        let mut state = self.state();
        state.valid = std::iter::once(current).chain(previous).collect();
        state.certain = true;
        Ok(())
    }

    /// Accepts a new current secret at once, whatever becomes of reading the previous one. The one that
    /// was current until now is the previous one most likely.
    fn take_up(&self, current: &Secret) {
        let mut state = self.state();
        if !state.valid.contains(current) {
            let last = state.valid.first().cloned();
            state.valid = std::iter::once(current.clone()).chain(last).collect();
        }
    }

    /// Whether a minute has passed; if so, another one begins.
    fn may_refresh(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        let due = state
            .refreshed_at
            .is_none_or(|last| now.distance(last) >= REFRESH_INTERVAL);
        if due {
            state.refreshed_at = Some(now);
            // Whoever waits for the reading may be given up on before it ends.
            state.certain = false;
        }
        due
    }
}

/// A secret in Secrets Manager: JSON with `clientSecret` and `conferenceKey`.
#[derive(Debug)]
struct StoredSecret {
    client: Client,
    id: String,
}

/// What a version holds, once it is known to be fit for use.
struct Document {
    client_secret: Secret,
    conference_key: Option<Secret>,
}

impl Document {
    fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Text {
            client_secret: String,
            conference_key: Option<String>,
        }
        let text: Text = serde_json::from_str(text).ok()?;
        Some(Self {
            client_secret: client_secret_of(text.client_secret)?,
            conference_key: text.conference_key.map(Secret::new),
        })
    }
}

/// The secret, unless it could be guessed: with an empty one, anybody could sign.
fn client_secret_of(text: String) -> Option<Secret> {
    (text.len() >= SHORTEST_CLIENT_SECRET).then(|| Secret::new(text))
}

impl StoredSecret {
    async fn current(&self) -> Result<Document, SecretsError> {
        let text = self.version("AWSCURRENT").await?;
        let text =
            text.ok_or_else(|| SecretsError::Refused("there is no such secret".to_owned()))?;
        Document::parse(&text).ok_or(SecretsError::Malformed)
    }

    /// `None` if there is no previous version, or none that is fit for use.
    async fn previous(&self) -> Result<Option<Secret>, SecretsError> {
        let text = self.version("AWSPREVIOUS").await?;
        let document = text.as_deref().and_then(Document::parse);
        Ok(document.map(|document| document.client_secret))
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
                let for_good = match &error {
                    SdkError::ConstructionFailure(_) => true,
                    SdkError::ServiceError(context) => {
                        context.raw().status().is_client_error()
                            && !error.code().is_some_and(is_throttling)
                    }
                    _ => false,
                };
                let cause = error_chain::describe(&error);
                Err(if for_good {
                    SecretsError::Refused(cause)
                } else {
                    SecretsError::Unavailable(cause)
                })
            }
        }
    }
}

/// Secrets Manager's error codes that mean "later" (Secrets Manager API Reference, "Common errors").
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException" | "RequestLimitExceeded" | "LimitExceededException"
    )
}

fn too_slow() -> SecretsError {
    SecretsError::Unavailable("it takes too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_source_the_setting_is_named() {
        let error = SecretSource::read(&Environment::from_variables([])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HUBSPOT_SECRET_ID is not set, nor is HUBSPOT_CLIENT_SECRET"
        );
    }

    #[test]
    fn secrets_manager_wins_over_secrets_in_the_open() {
        let environment = Environment::from_variables([
            ("HUBSPOT_SECRET_ID", "hubspot"),
            ("HUBSPOT_CLIENT_SECRET", "a-client-secret-in-the-open"),
        ]);
        let source = SecretSource::read(&environment).unwrap();
        assert!(matches!(source, SecretSource::SecretsManager { id } if id == "hubspot"));
    }

    #[test]
    fn a_client_secret_that_could_be_guessed_is_refused() {
        let environment =
            Environment::from_variables([("HUBSPOT_CLIENT_SECRET", "fifteen-letters")]);
        let error = SecretSource::read(&environment).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HUBSPOT_CLIENT_SECRET must have at least 16 characters"
        );
    }

    #[test]
    fn a_refresh_is_due_once_a_minute() {
        let secrets = ClientSecrets::fixed(vec![]);
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        assert!(secrets.may_refresh(at(100)));
        assert!(!secrets.may_refresh(at(159)));
        assert!(secrets.may_refresh(at(160)));
        assert!(!secrets.may_refresh(at(161)));
    }
}
