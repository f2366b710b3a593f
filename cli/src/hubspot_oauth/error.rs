//! What can go wrong between the browser and the installed app, each with what to do about it.

use std::fmt;

use serde_json::Value;
use shared::secret::Secret;
use url::form_urlencoded;

use crate::terminal::printable;

/// No message of HubSpot's is worth more than this many characters of a terminal.
const MAX_MESSAGE_CHARS: usize = 300;

/// Why HubSpot did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OauthError {
    /// `BAD_AUTH_CODE`
    #[error(
        "HubSpot does not take the code ({0}): it was used before, or is too old. Run the command \
         again and allow the app within a minute"
    )]
    Code(Said),
    /// `BAD_REDIRECT_URI`
    #[error(
        "HubSpot does not know the redirect URL {redirect_uri} ({said}). It must stand, to the letter, \
         under auth.redirectUrls in hubspot-app/src/app/app-hsmeta.json of the uploaded app; --port \
         chooses its port"
    )]
    RedirectUri {
        /// The URL that was sent.
        redirect_uri: String,
        /// HubSpot's words.
        said: Said,
    },
    /// `BAD_CLIENT_ID`
    #[error(
        "HubSpot knows no app with this client ID ({0}): copy it again from the app's Auth tab"
    )]
    ClientId(Said),
    /// `BAD_CLIENT_SECRET`
    #[error(
        "HubSpot does not accept the client secret ({0}): copy it again from the Auth tab of the same \
         app as the client ID; the developer API key is another thing"
    )]
    ClientSecret(Said),
    /// `BAD_SCOPES`
    #[error(
        "HubSpot refuses the scopes ({0}): the uploaded app must require \"oauth\" and no other, as in \
         hubspot-app/src/app/app-hsmeta.json"
    )]
    Scopes(Said),
    /// `BAD_HUB`
    #[error(
        "HubSpot refuses this account ({0}): it must be on the Distribution tab of the app, which takes \
         10 accounts besides test accounts, and --hub-id must be its number"
    )]
    Hub(Said),
    /// An account has App Governance, and nobody approved the app yet.
    #[error(
        "an admin of the account must approve the app first ({0}): Settings → Integrations → Connected \
         Apps → Approved apps"
    )]
    NotApproved(Said),
    /// The token is refused.
    #[error(
        "HubSpot does not accept the token that it has just given ({0}): is the app still installed? \
         Run the command again"
    )]
    Token(Said),
    /// The person may not do it.
    #[error(
        "HubSpot does not let this user do it ({0}): it takes a Super Admin, or the permission HubSpot \
         Marketplace Access"
    )]
    NotAllowed(Said),
    /// Any other refusal.
    #[error("HubSpot refuses ({0})")]
    Refused(Said),
    /// 429 or 5xx. A code is used up by the attempt, so it isn't repeated.
    #[error(
        "HubSpot has a problem of its own or asks to slow down ({0}): run the command again in a few \
         minutes, and see https://status.hubspot.com"
    )]
    Failing(Said),
    /// An answer that isn't this API's.
    #[error("{base} does not answer like HubSpot's OAuth API (HTTP {status}): check --api-base")]
    NotTheApi {
        /// Who answered.
        base: String,
        /// With what.
        status: u16,
    },
    /// No answer.
    #[error("{base} can't be reached: check the network and --api-base")]
    Unreachable {
        /// Who was asked.
        base: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The HTTP client can't be built.
    #[error("the HTTP client does not start")]
    Client(#[source] reqwest::Error),
}

/// A status and HubSpot's words for it, fit for a terminal and without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    correlation_id: Option<String>,
}

impl Said {
    /// What `body` says; a server may repeat in it what it was sent, so `secrets` are taken out.
    pub(super) fn new(status: u16, body: &[u8], secrets: &[&Secret]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let field = |names: &[&str]| {
            let found = names.iter().find_map(|name| body.get(*name)?.as_str());
            let text = printable(&redact(found?, secrets));
            Some(text.chars().take(MAX_MESSAGE_CHARS).collect())
        };
        // The general shape has the word "error" as its status and tells more in its category.
        let code = field(&["status"]).filter(|code: &String| code != "error");
        Self {
            status,
            code: code.or_else(|| field(&["category", "error"])),
            message: field(&["message", "error_description"]),
            correlation_id: field(&["correlationId"]),
        }
    }

    /// The refusal that these words mean. `redirect_uri` is the URL that was sent.
    pub(super) fn into_error(self, redirect_uri: &str) -> OauthError {
        let words = [self.code.as_deref(), self.message.as_deref()];
        let words: Vec<_> = words.into_iter().flatten().map(str::to_lowercase).collect();
        let says = |part: &str| words.iter().any(|words| words.contains(part));
        match self.status {
            429 | 500.. => OauthError::Failing(self),
            _ if says("bad_client_secret") => OauthError::ClientSecret(self),
            _ if says("bad_client_id") => OauthError::ClientId(self),
            _ if says("bad_redirect_uri") => OauthError::RedirectUri {
                redirect_uri: redirect_uri.to_owned(),
                said: self,
            },
            _ if says("bad_scopes") => OauthError::Scopes(self),
            _ if says("bad_hub") || says("distribution") => OauthError::Hub(self),
            _ if says("approved") => OauthError::NotApproved(self),
            _ if says("bad_auth_code") || says("invalid_grant") => OauthError::Code(self),
            _ if says("invalid_client") => OauthError::ClientSecret(self),
            401 => OauthError::Token(self),
            403 => OauthError::NotAllowed(self),
            _ => OauthError::Refused(self),
        }
    }
}

/// `text` without the secrets, as they are and percent-encoded.
fn redact(text: &str, secrets: &[&Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let plain = String::from_utf8_lossy(secret.expose());
        if plain.is_empty() {
            continue;
        }
        let encoded: String = form_urlencoded::byte_serialize(secret.expose()).collect();
        text = text
            .replace(plain.as_ref(), "[REDACTED]")
            .replace(&encoded, "[REDACTED]");
    }
    text
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": “{message}”")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, ", correlation id {id}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_refusal_says_what_to_do() {
        for (status, body, remedy) in [
            (
                400,
                r#"{"status":"BAD_AUTH_CODE","message":"missing or unknown auth code"}"#,
                "too old",
            ),
            (400, r#"{"error":"invalid_grant"}"#, "too old"),
            (
                400,
                r#"{"status":"BAD_REDIRECT_URI"}"#,
                "http://localhost:8910/callback",
            ),
            (400, r#"{"status":"BAD_CLIENT_ID"}"#, "Auth tab"),
            (
                400,
                r#"{"status":"BAD_CLIENT_SECRET"}"#,
                "the client secret",
            ),
            (401, r#"{"error":"invalid_client"}"#, "the client secret"),
            (400, r#"{"status":"BAD_SCOPES"}"#, "scopes"),
            (400, r#"{"status":"BAD_HUB"}"#, "Distribution tab"),
            (
                403,
                r#"{"message":"The app hasn't been approved"}"#,
                "Approved apps",
            ),
            (
                401,
                r#"{"status":"error","category":"INVALID_AUTHENTICATION"}"#,
                "the token",
            ),
            (403, r#"{"status":"error"}"#, "Super Admin"),
            (429, "{}", "slow down"),
            (502, "<html>", "status.hubspot.com"),
        ] {
            let said = Said::new(status, body.as_bytes(), &[]);
            let error = said
                .into_error("http://localhost:8910/callback")
                .to_string();
            assert!(error.contains(remedy), "{body}: {error}");
        }
    }

    #[test]
    fn what_a_server_repeats_is_shown_without_secrets() {
        let secret = Secret::new("s3/cret");
        let body = br#"{"status":"BAD_X","message":"code=s3%2Fcret s3/cret \u001b[2J"}"#;
        let said = Said::new(400, body, &[&secret]).to_string();
        assert_eq!(
            said,
            "HTTP 400 BAD_X: “code=[REDACTED] [REDACTED] \u{fffd}[2J”"
        );
    }
}
