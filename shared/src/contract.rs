//! HubSpot's contract: the four webhooks, their names, the paths of their URLs and their [`payload`]s
//! ([HubSpot, "Video conference extension"][guide]).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

mod json;
pub mod payload;
mod payload_error;

use std::str::FromStr;

/// One of the four webhooks that HubSpot sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookName {
    /// A user schedules a meeting.
    Create,
    /// A meeting's title or time changes.
    Update,
    /// A meeting is deleted.
    Delete,
    /// HubSpot verifies a user.
    Verify,
}

impl WebhookName {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Verify];

    /// The name in commands, logs and metrics: `create`, `update`, `delete` or `verify`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Verify => "verify",
        }
    }

    /// The path of the webhook's URL, such as `/create-meeting`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Create => "/create-meeting",
            Self::Update => "/update-meeting",
            Self::Delete => "/delete-meeting",
            Self::Verify => "/verify-user",
        }
    }
}

impl FromStr for WebhookName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|webhook| webhook.as_str() == text)
            .ok_or("must be create, update, delete or verify")
    }
}
