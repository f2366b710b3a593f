//! The operator's credential for HubSpot's settings API. It comes only from the environment: other users
//! can see a command line, and shells store it.

use std::fmt;

use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use shared::config::Environment;
use shared::secret::Secret;

use simulator::settings::ApiVersion;

/// The developer account's API key.
pub(crate) const DEVELOPER_API_KEY: &str = "HUBSPOT_DEVELOPER_API_KEY";
/// An OAuth token.
pub(crate) const ACCESS_TOKEN: &str = "HUBSPOT_ACCESS_TOKEN";

/// A credential. A key is sent in the URL, a token in a header.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The developer account's API key.
    DeveloperKey(Secret),
    /// An OAuth token.
    AccessToken(Secret),
}

/// Why no credential is available.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No variable is set.
    #[error(
        "no credential for HubSpot's settings API: set HUBSPOT_DEVELOPER_API_KEY to the API key of \
         your developer account, or HUBSPOT_ACCESS_TOKEN to an OAuth token of the app"
    )]
    Missing,
    /// The token can't be sent in a header.
    #[error("HUBSPOT_ACCESS_TOKEN contains characters that no token has: copy it again")]
    NotAToken,
}

impl Credential {
    /// Reads the credential from the environment. If both are set, the key takes precedence, except for
    /// version 2026-03, which is documented with a token.
    ///
    /// # Errors
    /// [`CredentialError`] if neither variable is set, or the token contains invalid characters.
    pub fn read(environment: &Environment, version: ApiVersion) -> Result<Self, CredentialError> {
        let read = |name| {
            let text = environment.optional(name)?;
            let text = text.trim();
            (!text.is_empty()).then(|| Secret::new(text))
        };
        let key = read(DEVELOPER_API_KEY).map(Self::DeveloperKey);
        let token = read(ACCESS_TOKEN).map(Self::AccessToken);
        let chosen = match version {
            ApiVersion::March2026 => token.or(key),
            _ => key.or(token),
        };
        match chosen {
            None => Err(CredentialError::Missing),
            Some(Self::AccessToken(token)) if bearer(&token).is_none() => {
                Err(CredentialError::NotAToken)
            }
            Some(credential) => Ok(credential),
        }
    }

    /// The query to append to the URL. The URL then contains the key, so it must not be printed.
    pub(super) fn query(&self) -> String {
        match self {
            Self::DeveloperKey(key) => format!("?hapikey={}", encode(key)),
            Self::AccessToken(_) => String::new(),
        }
    }

    /// The `Authorization` header.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::DeveloperKey(_) => None,
            Self::AccessToken(token) => bearer(token),
        }
    }

    /// The key or token.
    pub(super) const fn secret(&self) -> &Secret {
        let (Self::DeveloperKey(secret) | Self::AccessToken(secret)) = self;
        secret
    }
}

fn bearer(token: &Secret) -> Option<HeaderValue> {
    let bytes = [b"Bearer ", token.expose()].concat();
    let mut value = HeaderValue::from_bytes(&bytes).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn encode(secret: &Secret) -> String {
    percent_encode(secret.expose(), NON_ALPHANUMERIC).to_string()
}

/// Displays where the credential comes from, never its value.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeveloperKey(_) => DEVELOPER_API_KEY,
            Self::AccessToken(_) => ACCESS_TOKEN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hubspot_refusal::HubSpotMessage;

    const BOTH: [(&str, &str); 2] = [(DEVELOPER_API_KEY, " k-1\n"), (ACCESS_TOKEN, "t/2")];

    #[test]
    fn each_version_takes_the_credential_that_its_description_asks_for() {
        let environment = Environment::from_variables(BOTH);
        let key = Credential::read(&environment, ApiVersion::V3).unwrap();
        assert_eq!(key.query(), "?hapikey=k%2D1");
        assert_eq!(key.header(), None);
        let token = Credential::read(&environment, ApiVersion::March2026).unwrap();
        assert_eq!(token.query(), "");
        assert_eq!(token.header().unwrap(), "Bearer t/2");
    }

    #[test]
    fn an_unusable_credential_is_reported_before_anything_is_sent() {
        let read = |name, text| {
            let environment = Environment::from_variables([(name, text)]);
            Credential::read(&environment, ApiVersion::V3).unwrap_err()
        };
        assert_eq!(read(DEVELOPER_API_KEY, " "), CredentialError::Missing);
        assert_eq!(read(ACCESS_TOKEN, "a\nb"), CredentialError::NotAToken);
    }

    #[test]
    fn a_credential_is_never_shown() {
        let environment = Environment::from_variables(BOTH);
        for (version, echo) in [
            (ApiVersion::V3, "unknown k-1 in ?hapikey=k%2D1"),
            (ApiVersion::March2026, "unknown t/2 in ?t=t%2F2"),
        ] {
            let credential = Credential::read(&environment, version).unwrap();
            let shown = format!("{credential} {credential:?} {:?}", credential.header());
            let body = serde_json::json!({"message": echo}).to_string();
            let said = HubSpotMessage::new(401, body.as_bytes(), &[credential.secret()]);
            for text in [shown, said.to_string()] {
                assert!(!text.contains("k-1") && !text.contains("k%2D1"), "{text}");
                assert!(!text.contains("t/2") && !text.contains("t%2F2"), "{text}");
            }
        }
    }
}
