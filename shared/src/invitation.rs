//! The invitation: the plain text that HubSpot shows and sends to all invitees. It contains nothing that an
//! update could make outdated, because HubSpot's API has no way to change the text later ([HubSpot's
//! guide][guide]).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::str::FromStr;

use crate::conference_id::ConferenceId;
use crate::conference_url::ConferenceUrl;

const DEFAULT: &str = "Join the video conference:\n{url}\n\nConference ID: {conferenceId}";

/// The number of characters in each group of the ID.
const GROUP: usize = 4;

/// What is wrong with an `INVITATION_TEMPLATE`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// Without the link, invitees could not join.
    #[error("must contain {{url}}")]
    NoUrl,
}

/// A template with `{url}` and `{conferenceId}`.
///
/// ```
/// use shared::invitation::InvitationTemplate;
///
/// let error = "Welcome!".parse::<InvitationTemplate>().unwrap_err();
/// assert_eq!(error.to_string(), "must contain {url}");
/// assert!("Meet at {url}\\n({conferenceId})".parse::<InvitationTemplate>().is_ok());
/// ```
#[derive(Clone, Debug)]
pub struct InvitationTemplate(String);

impl Default for InvitationTemplate {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl FromStr for InvitationTemplate {
    type Err = InvitationError;

    /// Parses a template. A line ends with a newline or with the two characters `\n`, because a SAM
    /// template's parameter is a single line. Other control characters are removed.
    ///
    /// # Errors
    /// [`InvitationError`] if the text has no `{url}`.
    fn from_str(template: &str) -> Result<Self, InvitationError> {
        if !template.contains("{url}") {
            return Err(InvitationError::NoUrl);
        }
        let text = template.replace("\\n", "\n").replace("\r\n", "\n");
        let plain = text.chars().filter(|c| *c == '\n' || !c.is_control());
        Ok(Self(plain.collect()))
    }
}

impl InvitationTemplate {
    /// The invitation to one conference.
    #[must_use]
    pub fn expand(&self, id: &ConferenceId, url: &ConferenceUrl) -> String {
        // The ID is filled in first: it never contains a placeholder, but a URL could.
        self.0
            .replace("{conferenceId}", &in_groups(id))
            .replace("{url}", url.as_str())
    }
}

/// `abcd-efgh-…`, which is easy to read out over the phone.
fn in_groups(id: &ConferenceId) -> String {
    let mut grouped = String::new();
    for (position, character) in id.as_str().chars().enumerate() {
        if position > 0 && position % GROUP == 0 {
            grouped.push('-');
        }
        grouped.push(character);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &InvitationTemplate) -> String {
        let id = ConferenceId::parse("abcdefghijklmnopqrstuvwx27").unwrap();
        let url = serde_json::from_str("\"https://meet.example.com/room\"").unwrap();
        template.expand(&id, &url)
    }

    #[test]
    fn the_built_in_invitation_has_the_link_alone_on_a_line_and_the_id_in_groups() {
        assert_eq!(
            expand(&InvitationTemplate::default()),
            "Join the video conference:\nhttps://meet.example.com/room\n\n\
             Conference ID: abcd-efgh-ijkl-mnop-qrst-uvwx-27"
        );
    }

    #[test]
    fn a_custom_template_is_filled() {
        let template = InvitationTemplate::from_str("Meet at {url} ({conferenceId})").unwrap();
        assert_eq!(
            expand(&template),
            "Meet at https://meet.example.com/room (abcd-efgh-ijkl-mnop-qrst-uvwx-27)"
        );
    }

    #[test]
    fn lines_end_with_a_newline_alone_and_control_characters_do_not_get_through() {
        let template = InvitationTemplate::from_str("a\\nb\r\nc\u{7}\t\u{9b}{url}").unwrap();
        assert_eq!(expand(&template), "a\nb\nchttps://meet.example.com/room");
    }

    #[test]
    fn an_invitation_without_a_link_is_refused() {
        let refused = InvitationTemplate::from_str("Welcome!").unwrap_err();
        assert_eq!(refused.to_string(), "must contain {url}");
    }
}
