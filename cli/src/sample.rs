//! The meeting that all samples are about: HubSpot's own documented example, with the development
//! secret and key. Since ids are derived, its conference is known before it is made.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use shared::conference_id::{ConferenceId, ConferenceKey};
use shared::identifiers::{PortalId, UserId};
use shared::payload::CreateMeeting;
use shared::secret::Secret;
use shared::timestamp::Timestamp;

/// The example client secret of HubSpot's documentation, for local work alone.
pub const CLIENT_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
/// The key for conference ids, for local work alone.
pub const CONFERENCE_KEY: &str = "development-only-conference-key";

/// The key for conference ids in local work; `None` never happens, the key is long enough.
#[must_use]
pub fn conference_key() -> Option<ConferenceKey> {
    ConferenceKey::new(&Secret::new(CONFERENCE_KEY))
}

/// One of the four webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Webhook {
    /// A meeting was scheduled
    Create,
    /// A meeting has another title or time
    Update,
    /// A meeting was deleted
    Delete,
    /// HubSpot asks who a user is
    Verify,
}

impl Webhook {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Verify];

    /// Its name in a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Verify => "verify",
        }
    }

    /// The path of its URL.
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

/// A meeting as HubSpot would tell of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The meeting")]
pub struct Meeting {
    /// HubSpot account
    #[arg(long, default_value_t = 123_123, value_name = "NUMBER")]
    pub portal_id: u64,
    /// Host
    #[arg(long, default_value_t = 123, value_name = "NUMBER")]
    pub user_id: u64,
    /// Host's address, or the id that verify answered
    #[arg(long, default_value = "test.user@example.com", value_name = "TEXT")]
    pub user_email: String,
    /// Title
    #[arg(long, default_value = "A Test Meeting", value_name = "TEXT")]
    pub topic: String,
    /// MEETINGS (booked on a scheduling page) or MANUAL (made on a CRM record)
    #[arg(long, default_value = "MEETINGS", value_name = "TEXT")]
    pub source: String,
    /// Beginning, in milliseconds since 1970
    #[arg(long, default_value_t = 1_534_197_600_000, value_name = "MILLIS")]
    pub start_time: i64,
    /// End, in milliseconds since 1970
    #[arg(long, default_value_t = 1_534_201_200_000, value_name = "MILLIS")]
    pub end_time: i64,
    /// Conference to update or delete [default: the one that creating this meeting makes first,
    /// under the development key]
    #[arg(long, value_name = "ID")]
    pub conference_id: Option<String>,
}

impl Default for Meeting {
    fn default() -> Self {
        Self {
            portal_id: 123_123,
            user_id: 123,
            user_email: "test.user@example.com".to_owned(),
            topic: "A Test Meeting".to_owned(),
            source: "MEETINGS".to_owned(),
            start_time: 1_534_197_600_000,
            end_time: 1_534_201_200_000,
            conference_id: None,
        }
    }
}

impl Meeting {
    /// The body that HubSpot sends to `webhook`.
    #[must_use]
    pub fn body(&self, webhook: Webhook) -> Value {
        match webhook {
            Webhook::Create => json!({
                "portalId": self.portal_id,
                "userId": self.user_id,
                "userEmail": self.user_email,
                "topic": self.topic,
                "source": self.source,
                "startTime": self.start_time,
                "endTime": self.end_time,
            }),
            Webhook::Update => json!({
                "conferenceId": self.conference_id(),
                "portalId": self.portal_id,
                "userId": self.user_id,
                "userEmail": self.user_email,
                "topic": self.topic,
                "startTime": self.start_time,
                "endTime": self.end_time,
            }),
            Webhook::Delete => json!({"conferenceId": self.conference_id()}),
            Webhook::Verify => json!({
                "portalId": self.portal_id,
                "userEmail": self.user_email,
            }),
        }
    }

    fn conference_id(&self) -> String {
        if let Some(id) = &self.conference_id {
            return id.clone();
        }
        let details = CreateMeeting {
            portal_id: PortalId::new(self.portal_id),
            user_id: UserId::new(self.user_id),
            user_email: self.user_email.clone(),
            topic: self.topic.clone(),
            source: self.source.clone(),
            start_time: Timestamp::from_millis(self.start_time),
            end_time: Timestamp::from_millis(self.end_time),
        };
        conference_key()
            .map(|key| ConferenceId::derive(&key, &details, 0).to_string())
            .unwrap_or_default()
    }
}
