//! HubSpot's users: everyone who hosts meetings has an ID that is unique in their account.

use serde::Serialize;
use shared::identifiers::{PortalId, UserId};

use crate::sample;

/// A user of a HubSpot account.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HubSpotUser {
    /// The account.
    pub portal_id: PortalId,
    /// HubSpot's ID of the user, unique in the account.
    pub user_id: UserId,
    /// The email address, as it was typed.
    pub email: String,
}

/// All users.
#[derive(Debug)]
pub(super) struct Users(Vec<HubSpotUser>);

impl Default for Users {
    /// The sample meeting's host, and one user of the second account.
    fn default() -> Self {
        let meeting = sample::Meeting::default();
        let user = |portal_id, email: &str| HubSpotUser {
            portal_id,
            user_id: meeting.user_id,
            email: email.to_owned(),
        };
        Self(vec![
            user(meeting.portal_id, &meeting.user_email),
            user(PortalId::new(456_456), "test.user@example.org"),
        ])
    }
}

impl Users {
    /// All users, in the order in which they became known.
    pub(super) fn all(&self) -> &[HubSpotUser] {
        &self.0
    }

    /// The ID of the user with this address. A new user gets the next number.
    pub(super) fn id(&mut self, portal_id: PortalId, email: &str) -> UserId {
        let in_portal = self.0.iter().filter(|user| user.portal_id == portal_id);
        if let Some(user) = in_portal
            .clone()
            .find(|user| user.email.eq_ignore_ascii_case(email))
        {
            return user.user_id;
        }
        let first = sample::Meeting::default().user_id.get();
        let next = in_portal.map(|user| user.user_id.get().saturating_add(1));
        let user_id = UserId::new(next.max().unwrap_or(first));
        self.add(portal_id, user_id, email);
        user_id
    }

    /// Adds a user, unless the account has one with this ID.
    pub(super) fn add(&mut self, portal_id: PortalId, user_id: UserId, email: &str) {
        let mut users = self.0.iter();
        if users.any(|user| (user.portal_id, user.user_id) == (portal_id, user_id)) {
            return;
        }
        self.0.push(HubSpotUser {
            portal_id,
            user_id,
            email: email.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_keeps_their_id_and_a_new_one_gets_the_next_number() {
        let mut users = Users::default();
        let (first, second) = (PortalId::new(123_123), PortalId::new(456_456));
        let mut id = |portal, email: &str| users.id(portal, email).get();
        assert_eq!(id(first, "Test.User@example.com"), 123);
        assert_eq!(id(first, "ada@example.com"), 124);
        assert_eq!(id(second, "ada@example.com"), 124);
        assert_eq!(id(first, "grace@example.com"), 125);
        assert_eq!(id(first, "ada@example.com"), 124);
    }
}
