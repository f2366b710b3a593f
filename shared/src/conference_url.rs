//! A conference's link, which HubSpot puts into invitations. [`crate::conference_url_template`] builds it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A conference's link. Anyone who has it can join, so `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConferenceUrl(String);

impl ConferenceUrl {
    /// Wraps a link that [`crate::conference_url_template::ConferenceUrlTemplate`] built.
    pub(crate) fn from_expanded(text: String) -> Self {
        Self(text)
    }

    /// The link itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ConferenceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_cannot_be_printed_by_accident() {
        let url = ConferenceUrl("https://meet.example.com/hush".into());
        assert_eq!(format!("{url:?}"), "[REDACTED]");
        assert_eq!(format!("{:#?}", Some(url)), "Some(\n    [REDACTED],\n)");
    }
}
