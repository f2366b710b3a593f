//! Where the secrets come from: the environment, or Secrets Manager.

use aws_sdk_secretsmanager::Client;

use super::cache::ClientSecrets;
use super::client_secret;
use super::hubspot_secret::{HubSpotSecret, SECRET_ID};
use crate::conference_key::ConferenceKey;
use crate::config::{ConfigError, Environment};
use crate::secret::Secret;
use crate::stored_secret::{SecretError, StoredSecret};
use crate::timestamp::Timestamp;

const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";
const CONFERENCE_KEY: &str = "CONFERENCE_KEY";

/// Where the secrets come from. The environment decides.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// `HUBSPOT_CLIENT_SECRET` and `CONFERENCE_KEY`, in plain text: for local development.
    Environment {
        /// The secret that HubSpot signs with.
        client_secret: Secret,
        /// The key that IDs are derived with. Only create needs it.
        conference_key: Option<Secret>,
    },
    /// `HUBSPOT_SECRET_ID`: the name or ARN of a secret in Secrets Manager.
    SecretsManager {
        /// The name or ARN.
        id: String,
    },
}

impl SecretSource {
    /// Finds out where the secrets are stored. If both are set, Secrets Manager takes precedence.
    ///
    /// # Errors
    /// [`ConfigError`] if neither is set, or if `HUBSPOT_CLIENT_SECRET` can't be a HubSpot client secret:
    /// it is shorter than 16 characters, or has characters other than ASCII letters, digits, `-` and `_`.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        if let Some(id) = environment.optional(SECRET_ID) {
            return Ok(Self::SecretsManager { id });
        }
        let text = environment.optional(CLIENT_SECRET).unwrap_or_default();
        let client_secret = client_secret::parse(&text)
            .map_err(|problem| ConfigError::new(CLIENT_SECRET, problem))?
            .ok_or_else(|| {
                ConfigError::new(SECRET_ID, "is not set, nor is HUBSPOT_CLIENT_SECRET")
            })?;
        Ok(Self::Environment {
            client_secret,
            conference_key: environment.optional(CONFERENCE_KEY).map(Secret::new),
        })
    }

    /// Reads the secrets for the first time, at `now`. In Secrets Manager, it reads only the current
    /// version; the previous one is read when a signature doesn't match.
    ///
    /// # Errors
    /// [`SecretError`] if Secrets Manager doesn't answer within 1.5 s, refuses the request, or holds
    /// anything that isn't such a secret. A secret without a client secret is not an error.
    pub async fn secrets(
        self,
        secrets_manager: impl FnOnce() -> Client,
        now: Timestamp,
    ) -> Result<Secrets, SecretError> {
        match self {
            Self::Environment {
                client_secret,
                conference_key,
            } => Ok(Secrets {
                client_secrets: ClientSecrets::fixed(vec![client_secret]),
                conference_key,
                key_setting: CONFERENCE_KEY,
            }),
            Self::SecretsManager { id } => {
                let stored = StoredSecret::new(secrets_manager(), SECRET_ID, id);
                let stored = HubSpotSecret::new(stored);
                let current = stored.current_at_start().await?;
                Ok(Secrets {
                    client_secrets: ClientSecrets::stored(stored, current.client_secret, now),
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
    /// The client secrets that HubSpot signs with.
    pub client_secrets: ClientSecrets,
    conference_key: Option<Secret>,
    key_setting: &'static str,
}

impl Secrets {
    /// The key for conference IDs.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no key, or it is shorter than 16 characters.
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
    fn secrets_manager_takes_precedence_over_plain_text_secrets() {
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
    fn a_client_secret_in_the_environment_is_trimmed_or_named() {
        let read = |text| {
            SecretSource::read(&Environment::from_variables([(
                "HUBSPOT_CLIENT_SECRET",
                text,
            )]))
        };
        let Ok(SecretSource::Environment { client_secret, .. }) =
            read("\u{feff}\"a-client-secret-in-the-open\"\n")
        else {
            panic!("it is not read");
        };
        assert_eq!(client_secret, Secret::new("a-client-secret-in-the-open"));
        let error = read("a client secret with spaces").unwrap_err();
        assert_eq!(
            error.to_string(),
            "HUBSPOT_CLIENT_SECRET has characters that no client secret of HubSpot's has; copy it again"
        );
    }
}
