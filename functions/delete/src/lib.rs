//! A meeting was deleted: remember that for good, so that nothing late revives it.
//!
//! HubSpot names nothing but the conference's id. Deleting what is deleted already, or what never
//! was, is a success: the meeting is gone, which is all that HubSpot wants to hear.

use shared::outcome::Outcome;
use shared::payload::DeleteMeeting;
use shared::repository::conferences::{DeleteConferences, Deleted};
use shared::webhook::{Received, Reply, Webhook, WebhookError};

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
    const NAME: &'static str = "delete";
    type Payload = DeleteMeeting;
    type Reply = Gone;

    async fn call(&self, meeting: DeleteMeeting, received: Received) -> Result<Gone, WebhookError> {
        let Some(id) = meeting.conference_id else {
            return Ok(Gone(Deleted::NotThere));
        };
        Ok(Gone(self.conferences.delete(&id, received.now).await?))
    }
}

/// A conference that isn't there any more, and since when. HubSpot gets the same answer for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone(pub Deleted);

impl Reply for Gone {
    type Body = ();

    fn body(&self) -> Option<&()> {
        None
    }

    fn outcome(&self) -> Outcome {
        match self.0 {
            Deleted::Now => Outcome::Deleted,
            Deleted::Before => Outcome::AlreadyDeleted,
            Deleted::NotThere => Outcome::Unknown,
        }
    }
}
