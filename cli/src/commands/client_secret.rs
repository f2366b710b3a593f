//! The app's client secret: from the environment or, for `app` and `secret`, typed at a hidden prompt.
//! Other users can see a command line and shells store it, so the secret is never an option.

use shared::client_secrets::{InvalidClientSecret, parse_client_secret};
use shared::config::Environment;
use shared::secret::Secret;

use crate::prompt::{self, PromptError};

/// The environment variable for the client secret.
pub(super) const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";

/// Why no client secret is available.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientSecretError {
    /// The text is not in the form of HubSpot's client secrets.
    #[error("the client secret {0}")]
    Invalid(InvalidClientSecret),
    /// The input was empty.
    #[error("no client secret was given; the app's Auth tab shows it")]
    Missing,
    /// There is no terminal to prompt on.
    #[error(transparent)]
    Prompt(#[from] PromptError),
}

/// The secret in the environment, if it is set there. It is read as the functions read it: surrounding
/// spaces, line ends and quotes are removed.
///
/// # Errors
/// [`InvalidClientSecret`] if HubSpot has no such client secrets.
pub(super) fn from_environment(
    environment: &Environment,
) -> Result<Option<Secret>, InvalidClientSecret> {
    let text = environment.optional(CLIENT_SECRET).unwrap_or_default();
    parse_client_secret(&text)
}

/// The secret in the environment, or else the one that is entered at a prompt. Both are read as the functions
/// read it.
pub(super) fn read(environment: &Environment) -> Result<Secret, ClientSecretError> {
    let given = match environment.optional(CLIENT_SECRET) {
        Some(text) => Secret::new(text),
        None => prompt::hidden("Client secret of the app", "set HUBSPOT_CLIENT_SECRET")?,
    };
    let text = String::from_utf8_lossy(given.expose());
    let secret = parse_client_secret(&text).map_err(ClientSecretError::Invalid)?;
    secret.ok_or(ClientSecretError::Missing)
}
