//! A meeting was deleted: leave a tombstone, so that a late request can't bring the conference back.
//!
//! HubSpot sends only the conference's ID ([HubSpot's guide][guide]). Deleting a conference that is already
//! deleted or never existed is a success: the meeting is gone, which is all that HubSpot needs to know.
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::time::Duration;

use shared::contract::WebhookName;
use shared::contract::payload::DeleteMeeting;
use shared::outcome::Outcome;
use shared::repository::conferences::{DeleteConferences, Deleted, Deletion};
use shared::webhook::{NoContent, Received, Webhook, WebhookError};

/// How long a tombstone is kept. HubSpot doesn't document how long it retries these webhooks, so this is far
/// longer than any retry is likely to take: while the tombstone exists, no late request can bring the
/// conference back.
const TOMBSTONE_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The delete webhook.
#[derive(Clone, Debug)]
pub struct Delete {
    conferences: DeleteConferences,
}

impl Delete {
    /// A webhook that deletes from `conferences`.
    #[must_use]
    pub fn new(conferences: DeleteConferences) -> Self {
        Self { conferences }
    }
}

impl Webhook for Delete {
    const NAME: WebhookName = WebhookName::Delete;
    type Payload = DeleteMeeting;
    type Reply = NoContent;

    async fn call(
        &self,
        meeting: DeleteMeeting,
        received: Received,
    ) -> Result<NoContent, WebhookError> {
        let Some(id) = meeting.conference_id else {
            return Ok(NoContent(Outcome::Unknown));
        };
        let deletion = Deletion {
            deleted_at: received.now,
            expires_at: received.now.plus(TOMBSTONE_LIFETIME).as_seconds(),
        };
        Ok(NoContent(
            match self.conferences.delete(&id, deletion).await? {
                Deleted::Now => Outcome::Deleted,
                Deleted::Before => Outcome::AlreadyDeleted,
                Deleted::NotFound => Outcome::Unknown,
            },
        ))
    }
}
