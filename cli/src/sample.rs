//! The meeting that all samples are about: HubSpot's own documented example, with the development
//! secret and key. Since ids are derived, its conference is known before it is made.

use std::num::ParseIntError;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use shared::conference_key::ConferenceKey;
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

const PORTAL: PortalId = PortalId::new(123_123);
const USER: UserId = UserId::new(123);
const USER_EMAIL: &str = "test.user@example.com";
const TOPIC: &str = "A Test Meeting";
const SOURCE: &str = "MEETINGS";

/// A meeting as HubSpot would tell of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The meeting")]
pub struct Meeting {
    /// HubSpot account
    #[arg(long = "portal", default_value_t = PORTAL, value_name = "NUMBER")]
    pub portal_id: PortalId,
    /// Host
    #[arg(long, default_value_t = USER, value_name = "NUMBER")]
    pub user_id: UserId,
    /// Host's address, or the id that verify answered
    #[arg(long, default_value = USER_EMAIL, value_name = "TEXT")]
    pub user_email: String,
    /// Title
    #[arg(long, default_value = TOPIC, value_name = "TEXT")]
    pub topic: String,
    /// MEETINGS (booked on a scheduling page) or MANUAL (made on a CRM record)
    #[arg(long, default_value = SOURCE, value_name = "TEXT")]
    pub source: String,
    /// Beginning, in milliseconds since 1970
    #[arg(long, default_value = "1534197600000", value_parser = millis, value_name = "MILLIS")]
    pub start_time: Timestamp,
    /// End, in milliseconds since 1970
    #[arg(long, default_value = "1534201200000", value_parser = millis, value_name = "MILLIS")]
    pub end_time: Timestamp,
    /// Conference to update or delete [default: the one that creating this meeting makes first,
    /// under the development key]
    #[arg(long, value_name = "ID")]
    pub conference_id: Option<String>,
}

fn millis(text: &str) -> Result<Timestamp, ParseIntError> {
    text.parse().map(Timestamp::from_millis)
}

impl Default for Meeting {
    fn default() -> Self {
        Self {
            portal_id: PORTAL,
            user_id: USER,
            user_email: USER_EMAIL.to_owned(),
            topic: TOPIC.to_owned(),
            source: SOURCE.to_owned(),
            start_time: Timestamp::from_millis(1_534_197_600_000),
            end_time: Timestamp::from_millis(1_534_201_200_000),
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
            portal_id: self.portal_id,
            user_id: self.user_id,
            user_email: self.user_email.clone(),
            topic: self.topic.clone(),
            source: self.source.clone(),
            start_time: self.start_time,
            end_time: self.end_time,
        };
        conference_key()
            .map(|key| key.conference_id(&details, 0).to_string())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn given(options: &[&str]) -> Meeting {
        let command = Meeting::augment_args(clap::Command::new("sample"));
        let words = std::iter::once(&"sample").chain(options);
        Meeting::from_arg_matches(&command.get_matches_from(words)).unwrap()
    }

    #[test]
    fn without_an_option_the_meeting_is_the_sample() {
        let expected = format!("{:?}", Meeting::default());
        assert_eq!(format!("{:?}", given(&[])), expected);
    }

    #[test]
    fn an_option_changes_its_own_detail() {
        let meeting = given(&["--portal", "7", "--user-id", "8", "--start-time", "9"]);
        let body = meeting.body(Webhook::Create);
        assert_eq!(body["portalId"], 7);
        assert_eq!(body["userId"], 8);
        assert_eq!(body["startTime"], 9);
        assert_eq!(body["endTime"], 1_534_201_200_000_i64);
    }
}
