//! The app's client secret, as a person gives it to `app` and `secret`: in the environment, or asked for
//! without echo. A command line is seen by others and remembered by shells, so it is never an option.

use shared::client_secrets::{InvalidClientSecret, parse_client_secret};
use shared::config::Environment;
use shared::secret::Secret;

use crate::prompt::{self, PromptError};

/// The variable that may hold it.
pub(super) const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";

/// Why there is no client secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientSecretError {
    /// HubSpot's look different.
    #[error("the client secret {0}")]
    Invalid(#[from] InvalidClientSecret),
    /// Nothing was given.
    #[error("no client secret was given; the app's Auth tab shows it")]
    Missing,
    /// Nobody could be asked.
    #[error(transparent)]
    Prompt(#[from] PromptError),
}

/// Reads it as the functions do: what is pasted around it is not part of it.
pub(super) fn read(environment: &Environment) -> Result<Secret, ClientSecretError> {
    let given = match environment.optional(CLIENT_SECRET) {
        Some(text) => Secret::new(text),
        None => prompt::hidden("Client secret of the app", "set HUBSPOT_CLIENT_SECRET")?,
    };
    let text = String::from_utf8_lossy(given.expose());
    parse_client_secret(&text)?.ok_or(ClientSecretError::Missing)
}
