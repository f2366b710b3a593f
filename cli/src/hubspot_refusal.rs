//! The error responses of HubSpot's APIs: a status, a category or code, a message, and the correlation ID
//! that HubSpot's support asks for ([HubSpot, "Error handling"][errors]).
//!
//! [errors]: https://developers.hubspot.com/docs/api-reference/error-handling

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;
use shared::secret::Secret;
use url::form_urlencoded;

use shared::printable::printable;

/// The maximum length of a message, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// A status and HubSpot's message, safe for a terminal and without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSpotMessage {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    correlation_id: Option<String>,
}

impl HubSpotMessage {
    /// Parses an error body, in which every field is optional. The server may echo what it was sent, so
    /// `secrets` are redacted.
    #[must_use]
    pub fn new(status: u16, body: &[u8], secrets: &[&Secret]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let field = |names: &[&str]| {
            let found = names.iter().find_map(|name| body.get(*name)?.as_str());
            let text = printable(&redact(found?, secrets));
            Some(text.chars().take(MAX_MESSAGE_CHARS).collect())
        };
        // In the general error format, the status is the word "error" and the category says more.
        let code = field(&["status"]).filter(|code: &String| code != "error");
        Self {
            status,
            code: code.or_else(|| field(&["category", "error"])),
            message: field(&["message", "error_description"]),
            correlation_id: field(&["correlationId"]),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// HubSpot's category or code for the refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// HubSpot's message for people.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

/// Redacts the secrets in `text`, in plain text and in the two percent-encodings that requests use.
fn redact(text: &str, secrets: &[&Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(|secret| secret.expose()) {
        if secret.is_empty() {
            continue;
        }
        for form in [
            String::from_utf8_lossy(secret).into_owned(),
            form_urlencoded::byte_serialize(secret).collect(),
            percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        ] {
            text = text.replace(&form, "[REDACTED]");
        }
    }
    text
}

impl fmt::Display for HubSpotMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": “{message}”")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, ", correlation ID {id}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_echo_is_shown_without_secrets() {
        let secret = Secret::new("s3/cret");
        let body = br#"{"status":"BAD_X","message":"code=s3%2Fcret s3/cret \u001b[2J"}"#;
        let said = HubSpotMessage::new(400, body, &[&secret]).to_string();
        assert_eq!(
            said,
            "HTTP 400 BAD_X: “code=[REDACTED] [REDACTED] \\u{1b}[2J”"
        );
    }
}
