//! A conference's ID, which HubSpot sends back in updates and deletes. [`crate::conference_key`] derives
//! it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 26 characters of base32 ([RFC 4648, section 6](https://www.rfc-editor.org/rfc/rfc4648#section-6)) are 130
/// bits. Such an ID can't be guessed, and every video system accepts it as a room name.
pub(crate) const ID_LENGTH: usize = 26;

/// A conference's ID: 26 characters of lower-case base32 (`a-z2-7`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConferenceId(String);

impl ConferenceId {
    /// Wraps an ID that [`crate::conference_key::ConferenceKey`] derived.
    pub(crate) fn from_derived(text: String) -> Self {
        Self(text)
    }

    /// Parses an ID from a request. Returns `None` if it can't be one of ours, so an invalid ID never
    /// reaches the store.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ours = text.len() == ID_LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte));
        ours.then(|| Self(text.to_owned()))
    }

    /// The 26 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_of_our_format_is_parsed() {
        for text in [
            "",
            "some-unique-id",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "abcdefghijklmnopqrstuvwxy1",
        ] {
            assert_eq!(ConferenceId::parse(text), None, "{text}");
        }
        assert!(ConferenceId::parse("abcdefghijklmnopqrstuvwx27").is_some());
    }
}
