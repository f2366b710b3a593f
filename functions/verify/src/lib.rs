//! HubSpot asks whether one of its users may host conferences, and who that is in our system.
//!
//! With a directory, the user's own entry counts before the one for everybody at the domain. What is
//! answered here comes back as `userEmail` in the webhooks that follow.

#![warn(missing_debug_implementations, unreachable_pub)]

use std::str::FromStr;

use shared::contract::payload::{VerifiedUser, VerifyUser};
use shared::outcome::Outcome;
use shared::repository::users::FindUsers;
use shared::webhook::{Received, Reply, Webhook, WebhookError};

/// `USER_VERIFICATION`: who counts as a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserVerification {
    /// Who is in the table of users.
    #[default]
    Directory,
    /// Everybody.
    Open,
}

impl FromStr for UserVerification {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "directory" => Ok(Self::Directory),
            "open" => Ok(Self::Open),
            _ => Err("must be directory or open"),
        }
    }
}

/// The verify webhook.
#[derive(Clone, Debug)]
pub enum Verify {
    /// Knows who is in the table.
    Directory(FindUsers),
    /// Knows everybody by the address.
    Open,
}

impl Webhook for Verify {
    const NAME: &'static str = "verify";
    type Payload = VerifyUser;
    type Reply = Verified;

    async fn call(&self, asked: VerifyUser, _: Received) -> Result<Verified, WebhookError> {
        let id = match self {
            Self::Open => asked.user_email,
            Self::Directory(users) => users
                .find(asked.portal_id, &asked.user_email)
                .await?
                .ok_or(WebhookError::NotFound("there is no such user"))?
                .native_id
                .unwrap_or(asked.user_email),
        };
        Ok(Verified(VerifiedUser { id }))
    }
}

/// A user we know.
#[derive(Debug)]
pub struct Verified(VerifiedUser);

impl Reply for Verified {
    type Body = VerifiedUser;

    fn body(&self) -> Option<&VerifiedUser> {
        Some(&self.0)
    }

    fn outcome(&self) -> Outcome {
        Outcome::Verified
    }
}
