//! A meeting has another title or time: keep what is newest.
//!
//! Updates may arrive twice and out of order. The one that HubSpot signed last wins; where a signature
//! carries no time, the one that came in last. The link stays what it is.

use shared::config::{ConfigError, Environment};
use shared::outcome::Outcome;
use shared::payload::UpdateMeeting;
use shared::repository::conferences::{Change, Retention, UpdateConferences, UpdateError};
use shared::webhook::{Received, Reply, Webhook, WebhookError};

/// HubSpot learns no more than this: whether the conference is another portal's is not its business.
const UNKNOWN: WebhookError = WebhookError::NotFound("there is no such conference");

/// What an operator can set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `RETENTION_DAYS`
    pub retention: Retention,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first that is wrong.
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
    const NAME: &'static str = "update";
    type Payload = UpdateMeeting;
    type Reply = Updated;

    async fn call(
        &self,
        meeting: UpdateMeeting,
        received: Received,
    ) -> Result<Updated, WebhookError> {
        let id = meeting.conference_id.ok_or(UNKNOWN)?;
        let retention = self.settings.retention;
        let change = Change {
            topic: meeting.topic,
            start_time: meeting.start_time,
            end_time: meeting.end_time,
            signed_at: received.signed_at,
            expires_at: retention.expires_at(meeting.end_time, received.now),
        };
        match self
            .conferences
            .update(&id, meeting.portal_id, &change)
            .await
        {
            Ok(()) => Ok(Updated::Now),
            Err(UpdateError::Stale) => Ok(Updated::Stale),
            Err(UpdateError::Deleted) => Ok(Updated::Deleted),
            Err(UpdateError::NotThere | UpdateError::NotYours) => Err(UNKNOWN),
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }
}

/// What became of an update. HubSpot gets the same answer for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// The conference has the new title and time.
    Now,
    /// Something newer is stored and stays.
    Stale,
    /// The conference was deleted and stays so.
    Deleted,
}

impl Reply for Updated {
    type Body = ();

    fn body(&self) -> Option<&()> {
        None
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Now => Outcome::Updated,
            Self::Stale => Outcome::Stale,
            Self::Deleted => Outcome::AlreadyDeleted,
        }
    }
}
