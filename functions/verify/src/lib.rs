//! HubSpot asks whether one of its users may host conferences, and for the user's ID in our system.
//!
//! In the directory, the user's own entry takes precedence over the one for the whole domain. HubSpot sends
//! the ID from this reply as `userEmail` in later webhooks ([HubSpot's guide][guide]).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::str::FromStr;

use shared::contract::WebhookName;
use shared::contract::payload::{VerifiedUser, VerifyUser};
use shared::outcome::Outcome;
use shared::repository::users::FindUsers;
use shared::webhook::{Received, Reply, Webhook, WebhookError};

/// `USER_VERIFICATION`: which users are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserVerification {
    /// The users in the users table.
    #[default]
    Directory,
    /// All users.
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
    /// Accepts the users in the table.
    Directory(FindUsers),
    /// Accepts all users, and uses the email address as the ID.
    Open,
}

impl Webhook for Verify {
    const NAME: WebhookName = WebhookName::Verify;
    type Payload = VerifyUser;
    type Reply = Verified;

    async fn call(&self, asked: VerifyUser, _: Received) -> Result<Verified, WebhookError> {
        let id = match self {
            Self::Open => asked.user_email,
            Self::Directory(users) => {
                let matches = users.find(asked.portal_id, &asked.user_email).await?;
                let user = matches.own.or(matches.domain);
                user.ok_or(WebhookError::NotFound("there is no such user"))?
                    .native_id
                    .unwrap_or(asked.user_email)
            }
        };
        Ok(Verified(VerifiedUser { id }))
    }
}

/// A verified user.
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
