//! Why a stored secret can't be used.

use super::client_secret::InvalidClientSecret;
use crate::aws_error::AwsError;

/// Why the secret in Secrets Manager could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Throttled, timed out or unreachable: a retry may succeed.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Unavailable(AwsError),
    /// The function has no permission to read the secret, or the request can't be sent.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: {0}")]
    Refused(AwsError),
    /// There is no such secret.
    #[error("HUBSPOT_SECRET_ID can't be read from Secrets Manager: there is no such secret")]
    Missing,
    /// The secret isn't JSON, or has no `clientSecret`.
    #[error("HUBSPOT_SECRET_ID does not hold JSON with a clientSecret of at least 16 characters")]
    Malformed,
    /// The stored client secret can't be one of HubSpot's.
    #[error("HUBSPOT_SECRET_ID holds a clientSecret that {0}")]
    Invalid(#[from] InvalidClientSecret),
}
