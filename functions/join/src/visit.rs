//! A visit: one person enters one conference. It is all that a video system learns about a click.

use std::fmt;
use std::str::FromStr;

use shared::conference_id::ConferenceId;
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;

use crate::room_key::Room;

/// One person who enters one conference.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The conference's ID.
    pub conference_id: ConferenceId,
    /// The room's name, the same for everyone in this conference.
    pub room: Room,
    /// The portal that the meeting belongs to.
    pub portal_id: PortalId,
    /// The HubSpot user who hosts the meeting.
    pub user_id: UserId,
    /// The `userEmail` that HubSpot sent for that user: an opaque text.
    pub user_email: String,
    /// The meeting's title. May be empty, and may contain any character.
    pub topic: String,
    /// When the meeting starts.
    pub start_time: Timestamp,
    /// When the meeting ends. May be before the start.
    pub end_time: Timestamp,
    /// The person's role.
    pub role: Role,
    /// The person's display name; `None` if no page asked for it.
    pub name: Option<VisitorName>,
    /// The time of the click.
    pub now: Timestamp,
}

/// The role in which a person joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May moderate: mute others, let guests in, end the conference.
    Host,
    /// A participant.
    Guest,
}

/// `MODERATORS`: who joins as [`Role::Host`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moderators {
    /// Everyone.
    #[default]
    Everyone,
    /// Only the meeting's host.
    Host,
}

impl Moderators {
    /// The role of a person who is, or isn't, the meeting's host.
    #[must_use]
    pub fn role(self, is_host: bool) -> Role {
        match self {
            Self::Everyone => Role::Host,
            Self::Host if is_host => Role::Host,
            Self::Host => Role::Guest,
        }
    }
}

impl FromStr for Moderators {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "everyone" => Ok(Self::Everyone),
            "host" => Ok(Self::Host),
            _ => Err("must be everyone or host"),
        }
    }
}

/// A display name: 1 to [`VisitorName::MAX_CHARACTERS`] characters, none of which changes the direction of
/// the text around it.
#[derive(Clone, PartialEq, Eq)]
pub struct VisitorName(String);

/// Why a text isn't a [`VisitorName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitorNameError {
    /// No visible character is left.
    #[error("the name is empty")]
    Empty,
    /// More characters than [`VisitorName::MAX_CHARACTERS`].
    #[error("the name is too long")]
    TooLong,
}

impl VisitorName {
    /// The maximum number of characters: our own limit, since none is documented for all video systems.
    pub const MAX_CHARACTERS: usize = 64;

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VisitorName {
    type Err = VisitorNameError;

    /// Parses the name that a visitor entered. Control characters and characters that change the text
    /// direction are removed. Joiners stay, because Persian and Hindi names and family emoji need them.
    ///
    /// # Errors
    /// [`VisitorNameError`] if no visible character is left, or the name is too long.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text: String = text.chars().filter(|c| !is_disruptive(*c)).collect();
        let text = text.trim();
        let is_invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}');
        if text.chars().all(is_invisible) {
            return Err(VisitorNameError::Empty);
        }
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(VisitorNameError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for VisitorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Whether `c` is a control character, a line or paragraph separator, or a bidirectional formatting
/// character ([Unicode, UAX #9](https://www.unicode.org/reports/tr9/)).
#[must_use]
pub fn is_disruptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<String, VisitorNameError> {
        text.parse::<VisitorName>()
            .map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_name_of_any_script_is_kept_with_its_joiners() {
        for text in [
            "Zoë",
            "李小龙",
            "محمد علی",
            "می\u{200C}خواهم",
            "👨\u{200D}👩\u{200D}👧",
        ] {
            assert_eq!(name(text), Ok(text.into()));
        }
    }

    #[test]
    fn characters_that_change_the_text_direction_are_removed() {
        assert_eq!(name(" \u{202E}Ada\r\n\u{2066}\u{0} "), Ok("Ada".into()));
    }

    #[test]
    fn a_name_has_1_to_64_characters() {
        for empty in [
            "",
            "  ",
            "\u{202E}",
            "\u{200D}",
            "\u{200B} \u{200C}",
            "\u{3000}",
        ] {
            assert_eq!(name(empty), Err(VisitorNameError::Empty), "{empty:?}");
        }
        let longest = "李".repeat(64);
        assert_eq!(name(&longest), Ok(longest.clone()));
        assert_eq!(name(&(longest + "李")), Err(VisitorNameError::TooLong));
    }

    #[test]
    fn a_name_cannot_be_printed_by_accident() {
        let name: VisitorName = "Ada".parse().unwrap();
        assert_eq!(format!("{name:?}"), "[REDACTED]");
    }

    #[test]
    fn only_moderators_host_makes_anyone_a_guest() {
        assert_eq!("everyone".parse(), Ok(Moderators::Everyone));
        assert_eq!(Moderators::default().role(false), Role::Host);
        assert_eq!(Moderators::Host.role(true), Role::Host);
        assert_eq!(Moderators::Host.role(false), Role::Guest);
        assert!("guests".parse::<Moderators>().is_err());
    }
}
