//! A meeting's title or time has changed: store the newest values.
//!
//! Updates may arrive twice and out of order. The update that HubSpot signed last wins; without a timestamp
//! in the signature, the one that came in last. Fields that an update doesn't contain stay unchanged, and
//! so does the link ([HubSpot's guide][guide]: an update can't change it).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use shared::config::{ConfigError, Environment};
use shared::contract::WebhookName;
use shared::contract::payload::UpdateMeeting;
use shared::outcome::Outcome;
use shared::repository::conferences::{Change, UpdateConferences, Updated};
use shared::retention::Retention;
use shared::webhook::{NoContent, Received, Webhook, WebhookError};

/// The same answer for an ID that doesn't exist and for one that belongs to another portal, so that it doesn't
/// reveal which IDs exist.
const UNKNOWN: WebhookError = WebhookError::NotFound("there is no such conference");

/// The settings that an operator can change.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `RETENTION_DAYS`: how long a conference is kept after its meeting.
    pub retention: Retention,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            retention: Retention::read(environment)?,
        })
    }
}

/// The update webhook.
#[derive(Clone, Debug)]
pub struct Update {
    conferences: UpdateConferences,
    settings: Settings,
}

impl Update {
    /// A webhook that changes `conferences`.
    #[must_use]
    pub fn new(conferences: UpdateConferences, settings: Settings) -> Self {
        Self {
            conferences,
            settings,
        }
    }
}

impl Webhook for Update {
    const NAME: WebhookName = WebhookName::Update;
    type Payload = UpdateMeeting;
    type Reply = NoContent;

    async fn call(
        &self,
        meeting: UpdateMeeting,
        received: Received,
    ) -> Result<NoContent, WebhookError> {
        let id = meeting.conference_id.ok_or(UNKNOWN)?;
        let retention = self.settings.retention;
        let change = Change {
            topic: meeting.topic,
            start_time: meeting.start_time,
            end_time: meeting.end_time,
            signed_at: received.signed_at,
            expires_at: meeting
                .end_time
                .map(|end| retention.expires_at(end, received.now)),
        };
        let portal = meeting.portal_id;
        match self.conferences.update(&id, portal, &change).await? {
            Updated::Now => Ok(NoContent(Outcome::Updated)),
            Updated::Stale => Ok(NoContent(Outcome::Stale)),
            Updated::Deleted => Ok(NoContent(Outcome::AlreadyDeleted)),
            Updated::OtherPortal | Updated::NotFound => Err(UNKNOWN),
        }
    }
}
