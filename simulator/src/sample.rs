//! The meeting that all samples are about: HubSpot's own documented example, with the development
//! secret and key. Since ids are derived, its conference is known before it is made.

use serde_json::{Value, json};
use shared::conference_key::ConferenceKey;
use shared::contract::WebhookName;
use shared::contract::payload::CreateMeeting;
use shared::identifiers::{PortalId, UserId};
use shared::secret::Secret;
use shared::timestamp::Timestamp;

/// The example client secret of HubSpot's documentation, for local work alone.
pub const CLIENT_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
/// The client ID of the app on this machine, made up like the secret.
pub const CLIENT_ID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
/// The key for conference ids, for local work alone.
pub const CONFERENCE_KEY: &str = "development-only-conference-key";

/// The key for conference ids in local work; `None` never happens, the key is long enough.
#[must_use]
pub fn conference_key() -> Option<ConferenceKey> {
    ConferenceKey::new(&Secret::new(CONFERENCE_KEY))
}

const PORTAL: PortalId = PortalId::new(123_123);
const USER: UserId = UserId::new(123);
const USER_EMAIL: &str = "test.user@example.com";
const TOPIC: &str = "A Test Meeting";
const SOURCE: &str = "MEETINGS";

/// A meeting as HubSpot describes it.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// The HubSpot account.
    pub portal_id: PortalId,
    /// The host.
    pub user_id: UserId,
    /// The host's address, or the id that verify answered.
    pub user_email: String,
    /// The title.
    pub topic: String,
    /// `MEETINGS` (booked on a scheduling page) or `MANUAL` (made on a CRM record).
    pub source: String,
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends.
    pub end_time: Timestamp,
    /// The conference to update or delete; `None` for the one that creating this meeting makes first,
    /// under the development key.
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
                "conferenceId": self.conference_id(),
                "portalId": self.portal_id,
                "userId": self.user_id,
                "userEmail": self.user_email,
                "topic": self.topic,
                "startTime": self.start_time,
                "endTime": self.end_time,
            }),
            WebhookName::Delete => json!({"conferenceId": self.conference_id()}),
            WebhookName::Verify => json!({
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
