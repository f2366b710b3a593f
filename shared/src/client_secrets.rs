//! The client secrets that HubSpot may sign with right now.
//!
//! Three parts: where the secrets come from ([`SecretSource`]), how they are cached and read again
//! ([`ClientSecrets`]), and the client for Secrets Manager (`stored_secret`). A rotation needs no
//! deployment and refuses no signed request; forged requests can't cause a storm of readings.

mod cache;
mod client_secret;
mod source;
mod stored_secret;

pub use self::cache::ClientSecrets;
pub use self::client_secret::InvalidClientSecret;
pub use self::source::{SecretSource, Secrets};

use crate::aws_error::AwsError;

/// Why the secret in Secrets Manager could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Throttled, timed out or unreachable: a retry may succeed.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Unavailable(AwsError),
    /// The function has no permission to read the secret, or can't ask for it.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Refused(AwsError),
    /// There is no such secret.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: there is no such secret")]
    Missing,
    /// The secret isn't JSON, or has no `clientSecret`.
    #[error("HUBSPOT_SECRET_ID does not hold JSON with a clientSecret of at least 16 characters")]
    Malformed,
    /// No client secret of HubSpot's looks like the one that is stored.
    #[error("HUBSPOT_SECRET_ID holds a clientSecret that {0}")]
    Invalid(#[from] InvalidClientSecret),
}
