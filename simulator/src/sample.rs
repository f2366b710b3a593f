//! The meeting that all samples use: the documented example of HubSpot, with the development secret and
//! key. IDs are derived, so the conference's ID is known before it is created.

use serde_json::{Value, json};
use shared::conference_key::ConferenceKey;
use shared::contract::WebhookName;
use shared::contract::payload::CreateMeeting;
use shared::identifiers::{PortalId, UserId};
use shared::secret::Secret;
use shared::timestamp::Timestamp;

/// The example client secret of HubSpot's documentation, for local use only.
pub const CLIENT_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
/// The client ID of the simulator's app, invented in the style of the secret.
pub const CLIENT_ID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
/// The key for conference IDs, for local use only.
pub const CONFERENCE_KEY: &str = "development-only-conference-key";

/// The key for conference IDs in local use. Never `None`, because the constant is long enough.
#[must_use]
pub fn conference_key() -> Option<ConferenceKey> {
    ConferenceKey::new(&Secret::new(CONFERENCE_KEY))
}

const PORTAL: PortalId = PortalId::new(123_123);
const USER: UserId = UserId::new(123);
const USER_EMAIL: &str = "test.user@example.com";
const TOPIC: &str = "A Test Meeting";
const SOURCE: &str = "MEETINGS";

/// A meeting, as HubSpot's payloads describe it.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// The HubSpot account.
    pub portal_id: PortalId,
    /// The host.
    pub user_id: UserId,
    /// The host's address, or the ID that verify returned.
    pub user_email: String,
    /// The title.
    pub topic: String,
    /// `MEETINGS` (booked on a scheduling page) or `MANUAL` (made on a CRM record).
    pub source: String,
    /// When the meeting starts.
    pub start_time: Timestamp,
    /// When the meeting ends.
    pub end_time: Timestamp,
    /// The ID of the conference to update or delete; `None` for the one that [`Self::conference`] derives.
    pub conference_id: Option<String>,
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
    pub fn body(&self, webhook: WebhookName) -> Value {
        match webhook {
            WebhookName::Create => json!({
                "portalId": self.portal_id,
                "userId": self.user_id,
                "userEmail": self.user_email,
                "topic": self.topic,
                "source": self.source,
                "startTime": self.start_time,
                "endTime": self.end_time,
            }),
            WebhookName::Update => json!({
                "conferenceId": self.conference(),
                "portalId": self.portal_id,
                "userId": self.user_id,
                "userEmail": self.user_email,
                "topic": self.topic,
                "startTime": self.start_time,
                "endTime": self.end_time,
            }),
            WebhookName::Delete => json!({"conferenceId": self.conference()}),
            WebhookName::Verify => json!({
                "portalId": self.portal_id,
                "userEmail": self.user_email,
            }),
        }
    }

    /// The ID of the conference to update, delete or join. Without `conference_id`, it is the one that the
    /// first create of this meeting returns under the development key.
    #[must_use]
    pub fn conference(&self) -> String {
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
