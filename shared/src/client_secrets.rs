//! The client secrets that HubSpot may sign with right now, and where they come from.
//!
//! While a secret is rotated two are valid. A signature that fails makes us read the secret again,
//! at most once a minute, so that a rotation needs no deployment and forged requests cause no storm.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use serde::Deserialize;

use crate::conference_id::ConferenceKey;
use crate::config::{ConfigError, Environment};
use crate::secret::Secret;
use crate::timestamp::Timestamp;

const SECRET_ID: &str = "HUBSPOT_SECRET_ID";
const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";
const CONFERENCE_KEY: &str = "CONFERENCE_KEY";

/// The shortest time between two readings that failed signatures cause.
const REFRESH_INTERVAL: Duration = Duration::from_mins(1);

/// Why the secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Secrets Manager gave no answer, or refused; the text is its error code.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Unavailable(String),
    /// What is stored there isn't what we need.
    #[error("HUBSPOT_SECRET_ID does not hold JSON with the text clientSecret")]
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
    /// [`ConfigError`] if neither is set.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        if let Some(id) = environment.optional(SECRET_ID) {
            return Ok(Self::SecretsManager { id });
        }
        let client_secret = environment.optional(CLIENT_SECRET).ok_or_else(|| {
            ConfigError::new(SECRET_ID, "is not set, nor is HUBSPOT_CLIENT_SECRET")
        })?;
        Ok(Self::Environment {
            client_secret: Secret::new(client_secret),
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
                let reading = stored.read().await?;
                Ok(Secrets {
                    client: ClientSecrets::new(reading.client_secrets, Some(stored)),
                    conference_key: reading.conference_key,
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
    /// Whether the last reading gave all there is. Until it has, no signature is surely wrong.
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

    /// The secrets as they were last read.
    pub fn valid(&self) -> Arc<[Secret]> {
        Arc::clone(&self.state().valid)
    }

    /// Reads the secrets again, unless that was done less than a minute ago. `false` if it is not
    /// certain that these are all: Secrets Manager could not be asked, and what was known still counts.
    pub async fn refresh(&self, now: Timestamp) -> bool {
        let Some(stored) = &self.stored else {
            return true;
        };
        if !self.may_refresh(now) {
            return self.state().certain;
        }
        let reading = match stored.read().await {
            Ok(reading) => reading,
            Err(error) => {
                tracing::warn!(target: "webhook", %error, "the client secrets stay as they were");
                return false;
            }
        };
        let mut state = self.state();
        let mut secrets = reading.client_secrets;
        if !reading.complete {
            secrets.extend_from_slice(&state.valid);
        }
        state.valid = secrets.into();
        state.certain = reading.complete;
        state.certain
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    client_secret: String,
    conference_key: Option<String>,
}

/// What Secrets Manager gave.
struct Reading {
    client_secrets: Vec<Secret>,
    conference_key: Option<Secret>,
    /// Whether the previous version, too, was read or isn't there.
    complete: bool,
}

impl StoredSecret {
    /// The current and the previous client secret, and the current conference key. One after the
    /// other: two at once would need two connections, and the second costs more than it saves.
    async fn read(&self) -> Result<Reading, SecretsError> {
        let current = self
            .version("AWSCURRENT")
            .await?
            .ok_or_else(|| SecretsError::Unavailable("there is no such secret".to_owned()))?;
        let current: Document =
            serde_json::from_str(&current).map_err(|_| SecretsError::Malformed)?;
        // The previous version is a courtesy: if it can't be read, the current one still counts.
        let previous = self.version("AWSPREVIOUS").await;
        let complete = previous.is_ok();
        let previous = previous.ok().flatten();
        let previous = previous.and_then(|text| serde_json::from_str::<Document>(&text).ok());
        let mut client_secrets = vec![Secret::new(current.client_secret)];
        client_secrets.extend(previous.map(|document| Secret::new(document.client_secret)));
        Ok(Reading {
            client_secrets,
            conference_key: current.conference_key.map(Secret::new),
            complete,
        })
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
                let code = error.code().map(str::to_owned);
                Err(SecretsError::Unavailable(
                    code.unwrap_or_else(|| error.to_string()),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_source_the_setting_is_named() {
        let error = SecretSource::read(&Environment::of([])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HUBSPOT_SECRET_ID is not set, nor is HUBSPOT_CLIENT_SECRET"
        );
    }

    #[test]
    fn secrets_manager_wins_over_secrets_in_the_open() {
        let environment = Environment::of([
            ("HUBSPOT_SECRET_ID", "hubspot"),
            ("HUBSPOT_CLIENT_SECRET", "x"),
        ]);
        let source = SecretSource::read(&environment).unwrap();
        assert!(matches!(source, SecretSource::SecretsManager { id } if id == "hubspot"));
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
