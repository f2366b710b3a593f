//! The key under which conference IDs and room names are derived.
//!
//! An ID is derived from the meeting's details, so that HubSpot's retry of a create finds the item that the
//! first attempt stored. The derivation is keyed so that IDs can't be guessed: a delete identifies a
//! conference by its ID alone, without the portal ([HubSpot's guide][guide]).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::conference_id::{ConferenceId, ID_LENGTH};
use crate::contract::payload::CreateMeeting;
use crate::secret::Secret;

/// The key that conference IDs and room names are derived with. If the key changes between a create and
/// HubSpot's retry of it, the retry makes a second conference. Existing conferences keep their links.
#[derive(Clone)]
pub struct ConferenceKey(Hmac<Sha256>);

impl ConferenceKey {
    /// The minimum length in bytes: about as much entropy as an ID carries.
    pub const MIN_BYTES: usize = 16;

    /// Wraps the key. Returns `None` if it has fewer than [`Self::MIN_BYTES`] bytes.
    #[must_use]
    pub fn new(secret: &Secret) -> Option<Self> {
        let key = secret.expose();
        if key.len() < Self::MIN_BYTES {
            return None;
        }
        Hmac::new_from_slice(key).ok().map(Self)
    }

    /// The ID of the `n`th conference for a meeting with these details. `n` starts at 0.
    #[must_use]
    pub fn conference_id(&self, meeting: &CreateMeeting, n: u32) -> ConferenceId {
        ConferenceId::from_derived(self.derive(
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

    /// The conference's room name: 26 characters of `a-z2-7`. The ID can't be computed from the room name,
    /// nor the room name from the ID without the key.
    pub(crate) fn room_name(&self, id: &ConferenceId) -> String {
        self.derive("room", &[id.as_str().as_bytes()])
    }

    /// Derives 26 characters of `a-z2-7` from `label` and `fields`. Each field is hashed with its length,
    /// so that two different lists of fields never become the same bytes.
    fn derive(&self, label: &str, fields: &[&[u8]]) -> String {
        let mut mac = self.0.clone();
        for part in std::iter::once(&label.as_bytes()).chain(fields) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let mut text = BASE32_NOPAD.encode(&mac.finalize().into_bytes());
        text.truncate(ID_LENGTH);
        text.make_ascii_lowercase();
        text
    }
}

impl fmt::Debug for ConferenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
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
        let id = key().conference_id(&meeting(), 0);
        assert_eq!(ConferenceId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn the_same_details_give_the_same_id_and_the_next_number_gives_another() {
        let first = key().conference_id(&meeting(), 0);
        assert_eq!(first, key().conference_id(&meeting(), 0));
        assert_ne!(first, key().conference_id(&meeting(), 1));
    }

    #[test]
    fn every_detail_and_the_key_change_the_id() {
        let change: [fn(&mut CreateMeeting); 7] = [
            |m| m.portal_id = PortalId::new(1),
            |m| m.user_id = UserId::new(1),
            |m| m.user_email = "other@example.com".into(),
            |m| m.topic = "Another".into(),
            |m| m.source = "MANUAL".into(),
            |m| m.start_time = Timestamp::from_millis(1),
            |m| m.end_time = Timestamp::from_millis(1),
        ];
        let original = key().conference_id(&meeting(), 0);
        for change in change {
            let mut other = meeting();
            change(&mut other);
            assert_ne!(key().conference_id(&other, 0), original);
        }
        let other_key = ConferenceKey::new(&Secret::new("another-conference-key")).unwrap();
        assert_ne!(other_key.conference_id(&meeting(), 0), original);
    }

    #[test]
    fn letters_that_move_from_one_field_to_the_next_give_another_id() {
        let mut left = meeting();
        (left.user_email, left.topic) = ("ab".into(), "c".into());
        let mut right = meeting();
        (right.user_email, right.topic) = ("a".into(), "bc".into());
        assert_ne!(
            key().conference_id(&left, 0),
            key().conference_id(&right, 0)
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
}
