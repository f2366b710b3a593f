//! The room key: room names and hosts' tokens are derived with it.
//!
//! Only the join link has it. HubSpot's webhooks don't, and the join link doesn't have the key for conference
//! IDs, so neither can compute the values that the other one hands out.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use ring::hmac::{self, HMAC_SHA256, Key};
use shared::conference_id::ConferenceId;
use shared::identifiers::{PortalId, UserId};
use shared::secret::Secret;

/// 26 characters of base32 ([RFC 4648, section 6](https://www.rfc-editor.org/rfc/rfc4648#section-6)) are 130
/// bits. Such a name can't be guessed, and every video system accepts it.
const LENGTH: usize = 26;

/// The key that rooms, their passwords and hosts' tokens are derived with.
#[derive(Clone)]
pub struct RoomKey(Key);

impl RoomKey {
    /// The minimum length of the key in bytes: about as much entropy as a room name carries.
    pub const MIN_BYTES: usize = 16;

    /// Wraps the key. Returns `None` if it has fewer than [`Self::MIN_BYTES`] bytes.
    #[must_use]
    pub fn new(secret: &Secret) -> Option<Self> {
        let key = secret.expose();
        (key.len() >= Self::MIN_BYTES).then(|| Self(Key::new(HMAC_SHA256, key)))
    }

    /// The room of a conference.
    #[must_use]
    pub fn room(&self, conference: &ConferenceId) -> Room {
        Room(self.derive("room", &[conference.as_str().as_bytes()]))
    }

    /// A host's token: `{portalId}.{userId}.{26 characters}`. A browser that presents it is treated as that
    /// host.
    #[must_use]
    pub fn host_token(&self, portal: PortalId, user: UserId) -> String {
        format!("{portal}.{user}.{}", self.host_proof(portal, user))
    }

    /// The host that the token belongs to, or `None` if it was not made with this key.
    pub(crate) fn verify_host_token(&self, token: &str) -> Option<(PortalId, UserId)> {
        let mut parts = token.split('.');
        let (portal, user) = (number(parts.next()?)?, number(parts.next()?)?);
        let (portal, user) = (PortalId::new(portal), UserId::new(user));
        let proof = Secret::new(parts.next()?);
        let fits = proof == Secret::new(self.host_proof(portal, user));
        (fits && parts.next().is_none()).then_some((portal, user))
    }

    fn host_proof(&self, portal: PortalId, user: UserId) -> String {
        let fields = [portal.get().to_be_bytes(), user.get().to_be_bytes()];
        self.derive("host", &[&fields[0], &fields[1]])
    }

    /// Derives 26 characters of `a-z2-7` from `label` and `fields`. Each field is hashed with its length,
    /// so that two different lists of fields never become the same bytes.
    pub(crate) fn derive(&self, label: &str, fields: &[&[u8]]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(&label.as_bytes()).chain(fields) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut text = BASE32_NOPAD.encode(context.sign().as_ref());
        text.truncate(LENGTH);
        text.make_ascii_lowercase();
        text
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Parses a number in the only form that we write: digits, without a sign or leading zeros.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A room's name: 26 characters of lower-case base32. It is secret until the click, so `Debug` doesn't show
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Room(String);

impl Room {
    /// The 26 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RoomKey {
        RoomKey::new(&Secret::new("development-only-room-key")).unwrap()
    }

    fn conference() -> ConferenceId {
        ConferenceId::parse("abcdefghijklmnopqrstuvwx27").unwrap()
    }

    #[test]
    fn a_room_is_26_characters_of_lower_case_base32_and_not_the_conferences_id() {
        let room = key().room(&conference());
        assert!(ConferenceId::parse(room.as_str()).is_some());
        assert_ne!(room.as_str(), conference().as_str());
        assert_eq!(room, key().room(&conference()));
        let other = RoomKey::new(&Secret::new("another-development-key")).unwrap();
        assert_ne!(room, other.room(&conference()));
    }

    #[test]
    fn a_hosts_token_is_verified() {
        let host = (PortalId::new(123_123), UserId::new(456));
        let token = key().host_token(host.0, host.1);
        assert!(token.starts_with("123123.456."));
        assert_eq!(key().verify_host_token(&token), Some(host));
    }

    #[test]
    fn a_token_of_another_host_key_or_format_is_refused() {
        let token = key().host_token(PortalId::new(12), UserId::new(3));
        let proof = token.rsplit('.').next().unwrap();
        let wrong = [
            format!("1.23.{proof}"),
            format!("13.3.{proof}"),
            format!("012.3.{proof}"),
            format!("+12.3.{proof}"),
            format!("12.3.{proof}."),
            format!("12.3.{}", proof.to_uppercase()),
            format!("12.3.{}", &proof[..25]),
            "12.3".into(),
            String::new(),
            format!("99999999999999999999.3.{proof}"),
        ];
        for wrong in wrong {
            assert_eq!(key().verify_host_token(&wrong), None, "{wrong}");
        }
        let other = RoomKey::new(&Secret::new("another-development-key")).unwrap();
        assert_eq!(other.verify_host_token(&token), None);
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused_and_none_can_be_printed() {
        assert!(RoomKey::new(&Secret::new("fifteen-letters")).is_none());
        let shown = format!("{:?} {:?}", key(), key().room(&conference()));
        assert_eq!(shown, "[REDACTED] [REDACTED]");
    }
}
