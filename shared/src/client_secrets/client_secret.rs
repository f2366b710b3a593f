//! The format of a HubSpot client secret.
//!
//! HubSpot documents none. The secrets in its documentation are UUIDs, with 36 characters ([HubSpot, "Validating
//! requests"][requests]), and the limits here leave room for others.
//!
//! [requests]: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests

use crate::secret::Secret;

/// The minimum length of a client secret, in characters: our rule, since a shorter one could be guessed.
const MIN_LENGTH: usize = 16;

/// Why a text can't be a HubSpot client secret. The message never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientSecret {
    /// It could be guessed.
    #[error("must have at least 16 characters")]
    TooShort,
    /// It was copied together with something else, or isn't a client secret.
    #[error("has characters that no client secret of HubSpot's has; copy it again")]
    InvalidCharacters,
}

/// Parses a client secret as people paste it: surrounding spaces, newlines, quotes and a byte order mark
/// are stripped. Returns `None` if nothing is left. Only ASCII letters, digits, `-` and `_` are
/// accepted, which includes every UUID. Any other text would make every signature fail, and the cause would be
/// hard to find.
///
/// # Errors
/// [`InvalidClientSecret`] if it is shorter than 16 characters or has other characters.
pub fn parse(text: &str) -> Result<Option<Secret>, InvalidClientSecret> {
    let around = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '"' | '\'' | '`');
    let text = text.trim_matches(around);
    if text.is_empty() {
        return Ok(None);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.chars().all(allowed) {
        return Err(InvalidClientSecret::InvalidCharacters);
    }
    if text.len() < MIN_LENGTH {
        return Err(InvalidClientSecret::TooShort);
    }
    Ok(Some(Secret::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "232db261-5f3d-666f-e21a-8ec971ac7b54";

    #[test]
    fn text_around_a_client_secret_is_stripped() {
        for text in [
            SECRET.to_owned(),
            format!("{SECRET}\n"),
            format!("  {SECRET}\r\n"),
            format!("\u{feff}{SECRET}"),
            format!("\"{SECRET}\""),
            format!("'{SECRET}'\n"),
            format!("\u{feff} \"{SECRET}\u{a0}\" \n"),
        ] {
            assert_eq!(parse(&text), Ok(Some(Secret::new(SECRET))), "{text:?}");
        }
    }

    #[test]
    fn a_blank_text_means_that_no_secret_is_set_yet() {
        for text in ["", " \n", "\"\"", "\u{feff}"] {
            assert_eq!(parse(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn text_that_cannot_be_a_client_secret_is_refused() {
        assert_eq!(parse("fifteen-letters"), Err(InvalidClientSecret::TooShort));
        for text in [
            "232db261-5f3d 666f-e21a-8ec971ac7b54",
            "clientSecret=232db261-5f3d",
            "232db261–5f3d–666f–e21a",
            "232db261\u{200b}5f3d666fe21a8ec971ac7b54",
        ] {
            assert_eq!(
                parse(text),
                Err(InvalidClientSecret::InvalidCharacters),
                "{text}"
            );
        }
    }
}
