//! A user has scheduled a meeting: create its conference and return the link.
//!
//! HubSpot sends no idempotency key ([HubSpot's guide][guide]), so a retry can't be told apart from a
//! second meeting with the same details. The ID is therefore derived from the details and a number, at first
//! 0. If that ID is taken, the stored item shows whether this request created it. If so, the first reply is
//! returned again. Otherwise this is another meeting, and the next number is tried. This normally takes one
//! conditional write, it needs no lock, and a meeting never gets two links. A create that arrives late
//! first checks whether an earlier attempt has already created its conference.
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::time::Duration;

use shared::conference_key::ConferenceKey;
use shared::conference_url_template::ConferenceUrlTemplate;
use shared::config::{ConfigError, Environment, WholeNumber};
use shared::contract::WebhookName;
use shared::contract::payload::{ConferenceReply, CreateMeeting};
use shared::invitation::InvitationTemplate;
use shared::outcome::Outcome;
use shared::repository::StoreError;
use shared::repository::conferences::{Conference, InsertConferences, Inserted, Replaced};
use shared::retention::Retention;
use shared::webhook::{Received, Reply, Webhook, WebhookError};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How many numbers a create tries. Every number that it skips belongs to a deleted, changed or old
/// conference with the same details. The webhook's time limit is reached long before this; the constant only
/// guarantees that the loop ends.
const MAX_NUMBERS: u32 = 1_000;

/// A create that arrives this long after it was signed is probably a retry.
const LATE_AFTER: Duration = Duration::from_secs(2);

/// How many numbers, from 0 on, a late create searches for the conference that an earlier attempt may have
/// created.
const MAX_NUMBERS_SEARCHED: u32 = 4;

/// The settings that an operator can change.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `CONFERENCE_URL_TEMPLATE`: the link of a new conference.
    pub url: ConferenceUrlTemplate,
    /// `INVITATION_TEMPLATE`: the text that HubSpot shows and sends.
    pub invitation: InvitationTemplate,
    /// `RETRY_WINDOW_HOURS`: how long a create with the same details counts as a retry.
    pub retry_window: Duration,
    /// `RETENTION_DAYS`: how long a conference is kept after its meeting.
    pub retention: Retention,
}

impl Settings {
    /// `RETRY_WINDOW_HOURS`, in hours.
    pub const RETRY_WINDOW: WholeNumber = WholeNumber {
        name: "RETRY_WINDOW_HOURS",
        min: 1,
        max: 168,
        default: 24,
    };

    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is wrong or missing.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            url: environment.required("CONFERENCE_URL_TEMPLATE")?,
            invitation: environment
                .parsed("INVITATION_TEMPLATE")?
                .unwrap_or_default(),
            retry_window: HOUR * environment.whole_number(&Self::RETRY_WINDOW)?,
            retention: Retention::read(environment)?,
        })
    }
}

/// The create webhook.
#[derive(Clone, Debug)]
pub struct Create {
    conferences: InsertConferences,
    key: ConferenceKey,
    settings: Settings,
}

impl Create {
    /// A webhook that stores into `conferences` and derives IDs and rooms with `key`.
    #[must_use]
    pub fn new(conferences: InsertConferences, key: ConferenceKey, settings: Settings) -> Self {
        Self {
            conferences,
            key,
            settings,
        }
    }

    fn conference(&self, meeting: &CreateMeeting, n: u32, received: &Received) -> Conference {
        let id = self.key.conference_id(meeting, n);
        let url = self
            .settings
            .url
            .expand(&self.key, &id, meeting, &received.base_url);
        Conference {
            conference_id: id,
            portal_id: meeting.portal_id,
            user_id: meeting.user_id,
            user_email: meeting.user_email.clone(),
            topic: meeting.topic.clone(),
            source: meeting.source.clone(),
            start_time: meeting.start_time,
            end_time: meeting.end_time,
            conference_url: url,
            created_at: received.now,
            signed_at: received.signed_at,
            updated_at: None,
            deleted_at: None,
            repeated: None,
            revision: 1,
            expires_at: self
                .settings
                .retention
                .expires_at(meeting.end_time, received.now),
        }
    }

    /// Whether this is a retry of the request that created `first`. An identical signature time proves it,
    /// however old and however changed the conference is. Otherwise it counts as a retry if the conference
    /// is unchanged and recent.
    fn is_retry(&self, first: &Conference, received: &Received) -> bool {
        let untouched = first.updated_at.is_none() && first.deleted_at.is_none();
        let recent = received.now.since(first.created_at) <= self.settings.retry_window;
        is_same_request(first, received) || (untouched && recent)
    }

    /// The conference to return again if this is a retry of the request that created `first`. Unless that
    /// is certain, this may be another meeting that shares the link from now on, so `first` is marked:
    /// cancelling one of the meetings must not lock the other one out.
    async fn repeat(
        &self,
        mut first: Conference,
        received: &Received,
    ) -> Result<Option<Conference>, StoreError> {
        while self.is_retry(&first, received) {
            if is_same_request(&first, received) || first.repeated.is_some() {
                return Ok(Some(first));
            }
            first.repeated = Some(received.now);
            match self.conferences.replace(&first).await? {
                Replaced::Now => return Ok(Some(first)),
                Replaced::Changed(changed) => first = *changed,
                Replaced::Gone => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The conference that this same request already created, if the request is late. The search comes
    /// before the insert because an item with a lower number may have been removed since, as expired
    /// tombstones are. Its number would then be free again, and a second conference would be created.
    async fn made_by_this_request(
        &self,
        meeting: &CreateMeeting,
        received: &Received,
    ) -> Result<Option<Conference>, StoreError> {
        let is_late = received.now.since(received.signed_at) >= LATE_AFTER;
        if !received.has_timestamp || !is_late {
            return Ok(None);
        }
        for n in 0..MAX_NUMBERS_SEARCHED {
            let id = self.key.conference_id(meeting, n);
            let found = self.conferences.existing(&id).await?;
            let same = found.filter(|found| is_same_request(found, received));
            if same.is_some() {
                return Ok(same);
            }
        }
        Ok(None)
    }

    /// Keeps `skipped`, whose number can't be used, until a day after the create with the next number can no
    /// longer be retried. If it expired earlier, a retry would find its number free and create a second
    /// conference.
    async fn keep_while_retried(
        &self,
        mut skipped: Conference,
        received: &Received,
    ) -> Result<(), StoreError> {
        let retried_until = received.now.plus(self.settings.retry_window).plus(DAY);
        while skipped.expires_at < retried_until.as_seconds() {
            skipped.expires_at = retried_until.as_seconds();
            match self.conferences.replace(&skipped).await? {
                Replaced::Changed(changed) => skipped = *changed,
                Replaced::Now | Replaced::Gone => break,
            }
        }
        Ok(())
    }

    fn reply(&self, conference: Conference, outcome: Outcome) -> Created {
        let invitation = &self.settings.invitation;
        Created {
            outcome,
            body: ConferenceReply {
                conference_details: invitation
                    .expand(&conference.conference_id, &conference.conference_url),
                conference_id: conference.conference_id,
                conference_url: conference.conference_url,
            },
        }
    }
}

impl Webhook for Create {
    const NAME: WebhookName = WebhookName::Create;
    type Payload = CreateMeeting;
    type Reply = Created;

    async fn call(
        &self,
        meeting: CreateMeeting,
        received: Received,
    ) -> Result<Created, WebhookError> {
        if let Some(first) = self.made_by_this_request(&meeting, &received).await? {
            return Ok(self.reply(first, Outcome::Repeated));
        }
        for n in 0..MAX_NUMBERS {
            let conference = self.conference(&meeting, n, &received);
            match self.conferences.insert(&conference).await? {
                Inserted::New => return Ok(self.reply(conference, Outcome::Created)),
                Inserted::Existing(first) => {
                    let skipped = (*first).clone();
                    if let Some(first) = self.repeat(*first, &received).await? {
                        return Ok(self.reply(first, Outcome::Repeated));
                    }
                    self.keep_while_retried(skipped, &received).await?;
                }
                // An item that was damaged by hand must not keep this meeting from getting a link.
                Inserted::Malformed => {}
            }
        }
        Err(WebhookError::Internal(
            "too many meetings with the same details",
        ))
    }
}

/// Whether `first` was created by this same request, which is the case if the signature times are equal.
/// For a signature without a timestamp, the time at which the request came in is stored. If those are
/// equal, it is our own write, which the SDK retried because the response was lost.
fn is_same_request(first: &Conference, received: &Received) -> bool {
    first.signed_at == received.signed_at
}

/// A stored conference, and the reply about it.
#[derive(Debug)]
pub struct Created {
    outcome: Outcome,
    body: ConferenceReply,
}

impl Reply for Created {
    type Body = ConferenceReply;

    fn body(&self) -> Option<&ConferenceReply> {
        Some(&self.body)
    }

    fn outcome(&self) -> Outcome {
        self.outcome
    }
}
