//! Reads the conference of a request before and after it is answered.

use shared::conference_id::ConferenceId;
use shared::repository::StoreError;
use shared::repository::conferences::Conference;
use shared::timestamp::Timestamp;

use super::effect::Effect;
use super::state::HubSpot;

/// The store before a request is answered.
pub(super) struct Before {
    conference_id: Option<ConferenceId>,
    stored: Result<Option<Conference>, StoreError>,
    sent_at: Timestamp,
}

/// The store after a request was answered.
pub(super) struct After {
    pub(super) conference_id: Option<ConferenceId>,
    pub(super) stored: Option<Conference>,
    pub(super) effect: Option<Effect>,
}

impl HubSpot {
    /// The conference as it is stored now, if it exists.
    ///
    /// # Errors
    /// [`StoreError`] if the store is stopped or can't be read.
    pub async fn stored(
        &self,
        id: Option<&ConferenceId>,
    ) -> Result<Option<Conference>, StoreError> {
        let Some(id) = id else {
            return Ok(None);
        };
        if !self.store.is_running().await {
            return Err(StoreError::Transient("the store is stopped".into()));
        }
        self.conferences.get(id).await
    }

    /// Reads what is stored before a request of `sent_at` about `conference_id` is answered.
    pub(super) async fn before(
        &self,
        conference_id: Option<ConferenceId>,
        sent_at: Timestamp,
    ) -> Before {
        Before {
            stored: self.stored(conference_id.as_ref()).await,
            conference_id,
            sent_at,
        }
    }

    /// Reads what is stored now that the request is answered. `named` is the conference in the answer.
    pub(super) async fn after(&self, before: Before, named: Option<ConferenceId>) -> After {
        let conference_id = named.or(before.conference_id);
        let stored = self.stored(conference_id.as_ref()).await;
        let effect = match (&before.stored, &stored) {
            (Ok(before_it), Ok(Some(after))) => {
                Some(Effect::between(before_it.as_ref(), after, before.sent_at))
            }
            _ => None,
        };
        After {
            conference_id,
            stored: stored.ok().flatten(),
            effect,
        }
    }
}
