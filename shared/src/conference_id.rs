//! A conference's id: derived from the meeting's details, so that HubSpot's retry of a create finds
//! what the first attempt made, and keyed, so that nobody can guess it. HubSpot's delete names a
//! conference by nothing but this id, for all portals (HubSpot, video conference extension).

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::payload::CreateMeeting;
use crate::secret::Secret;

/// 26 characters of base32 are 130 bits: nobody guesses one, and every video system takes it as a name.
const LENGTH: usize = 26;

/// The key under which conference ids and room names are derived. Changing it makes a create that
/// HubSpot retries across the change a second conference; existing conferences keep their links.
#[derive(Clone)]
pub struct ConferenceKey(Hmac<Sha256>);

impl ConferenceKey {
    /// The fewest bytes of a key worth having: about as many as an id carries.
    pub const SHORTEST: usize = 16;

    /// Takes the key, or `None` if it has fewer than [`Self::SHORTEST`] bytes.
    #[must_use]
    pub fn new(secret: &Secret) -> Option<Self> {
        let key = secret.expose();
        if key.len() < Self::SHORTEST {
            return None;
        }
        Hmac::new_from_slice(key).ok().map(Self)
    }

    /// 26 characters of `a-z2-7` from `label` and `fields`. Each part goes in with its length, so
    /// that no two lists of parts run together into the same bytes.
    pub(crate) fn derive(&self, label: &str, fields: &[&[u8]]) -> String {
        let mut mac = self.0.clone();
        for part in std::iter::once(&label.as_bytes()).chain(fields) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let mut text = BASE32_NOPAD.encode(&mac.finalize().into_bytes());
        text.truncate(LENGTH);
        text.make_ascii_lowercase();
        text
    }
}

impl fmt::Debug for ConferenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// A conference's id: 26 characters of lower-case base32.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConferenceId(String);

impl ConferenceId {
    /// The id of the `n`th conference for a meeting with these details, counted from 0.
    #[must_use]
    pub fn derive(key: &ConferenceKey, meeting: &CreateMeeting, n: u32) -> Self {
        Self(key.derive(
            "conference",
            &[
                &meeting.portal_id.get().to_be_bytes(),
                &meeting.user_id.get().to_be_bytes(),
                meeting.user_email.as_bytes(),
                meeting.topic.as_bytes(),
                meeting.source.as_bytes(),
                &meeting.start_time.as_millis().to_be_bytes(),
                &meeting.end_time.as_millis().to_be_bytes(),
                &n.to_be_bytes(),
            ],
        ))
    }

    /// Reads an id that somebody else holds. `None` if it can't be one of ours, so that no such id
    /// ever reaches the store.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ours = text.len() == LENGTH
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
    use crate::identifiers::{PortalId, UserId};
    use crate::timestamp::Timestamp;

    fn key() -> ConferenceKey {
        ConferenceKey::new(&Secret::new("development-only-conference-key")).unwrap()
    }

    fn meeting() -> CreateMeeting {
        CreateMeeting {
            portal_id: PortalId::new(123_123),
            user_id: UserId::new(123),
            user_email: "test.user@example.com".into(),
            topic: "A Test Meeting".into(),
            source: "MEETINGS".into(),
            start_time: Timestamp::from_millis(1_534_197_600_000),
            end_time: Timestamp::from_millis(1_534_201_200_000),
        }
    }

    #[test]
    fn an_id_is_26_characters_of_lower_case_base32() {
        let id = ConferenceId::derive(&key(), &meeting(), 0);
        assert_eq!(ConferenceId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn the_same_details_give_the_same_id_and_the_next_number_another() {
        let first = ConferenceId::derive(&key(), &meeting(), 0);
        assert_eq!(first, ConferenceId::derive(&key(), &meeting(), 0));
        assert_ne!(first, ConferenceId::derive(&key(), &meeting(), 1));
    }

    #[test]
    fn every_detail_and_the_key_count() {
        let change: [fn(&mut CreateMeeting); 7] = [
            |m| m.portal_id = PortalId::new(1),
            |m| m.user_id = UserId::new(1),
            |m| m.user_email = "other@example.com".into(),
            |m| m.topic = "Another".into(),
            |m| m.source = "MANUAL".into(),
            |m| m.start_time = Timestamp::from_millis(1),
            |m| m.end_time = Timestamp::from_millis(1),
        ];
        let original = ConferenceId::derive(&key(), &meeting(), 0);
        for change in change {
            let mut other = meeting();
            change(&mut other);
            assert_ne!(ConferenceId::derive(&key(), &other, 0), original);
        }
        let other_key = ConferenceKey::new(&Secret::new("another-conference-key")).unwrap();
        assert_ne!(ConferenceId::derive(&other_key, &meeting(), 0), original);
    }

    #[test]
    fn letters_that_move_from_one_field_to_the_next_give_another_id() {
        let mut left = meeting();
        (left.user_email, left.topic) = ("ab".into(), "c".into());
        let mut right = meeting();
        (right.user_email, right.topic) = ("a".into(), "bc".into());
        assert_ne!(
            ConferenceId::derive(&key(), &left, 0),
            ConferenceId::derive(&key(), &right, 0)
        );
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused() {
        assert!(ConferenceKey::new(&Secret::new("fifteen-letters")).is_none());
    }

    #[test]
    fn a_key_cannot_be_printed() {
        assert_eq!(format!("{:?}", key()), "[REDACTED]");
        assert_eq!(format!("{:#?}", Some(key())), "Some(\n    [REDACTED],\n)");
    }

    #[test]
    fn only_what_could_be_ours_is_read_as_an_id() {
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
