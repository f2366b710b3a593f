//! Somebody has scheduled a meeting: make the conference for it and answer its link.
//!
//! HubSpot sends no key by which a retry could be told from a second meeting with the same details,
//! so the id is derived from the details and a counter. Where that id is taken, the stored item says
//! whether this is the request that made it: then the first answer is given again. Otherwise it is
//! another meeting, and the next number is tried. One conditional write, no lock, never two links.

#![warn(missing_debug_implementations, unreachable_pub)]

use std::time::Duration;

use shared::conference_key::ConferenceKey;
use shared::conference_url_template::ConferenceUrlTemplate;
use shared::config::{ConfigError, Environment, WholeNumber};
use shared::contract::payload::{ConferenceReply, CreateMeeting};
use shared::invitation::InvitationTemplate;
use shared::outcome::Outcome;
use shared::repository::StoreError;
use shared::repository::conferences::{Conference, InsertConferences, Inserted, Replaced};
use shared::retention::Retention;
use shared::webhook::{Received, Reply, Webhook, WebhookError};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The bound on meetings with the same details, each of which follows a deleted, changed or old one. The
/// webhook's time ends before these attempts do; the bound is there so that there is one.
const MAX_ALIKE: u32 = 1_000;

/// A create that arrives this long after it was signed was probably sent before.
const LATE: Duration = Duration::from_secs(2);

/// How many numbers are looked through for the conference that a late create may have made.
const LOOKED_THROUGH: u32 = 4;

/// What an operator can set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `CONFERENCE_URL_TEMPLATE`
    pub url: ConferenceUrlTemplate,
    /// `INVITATION_TEMPLATE`
    pub invitation: InvitationTemplate,
    /// `RETRY_WINDOW_HOURS`: how long a create with the same details counts as a retry.
    pub retry_window: Duration,
    /// `RETENTION_DAYS`
    pub retention: Retention,
}

impl Settings {
    /// `RETRY_WINDOW_HOURS`.
    pub const RETRY_WINDOW: WholeNumber = WholeNumber {
        name: "RETRY_WINDOW_HOURS",
        min: 1,
        max: 168,
        default: 24,
    };

    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first that is wrong or missing.
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
    /// A webhook that stores into `conferences` and derives ids and rooms under `key`.
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

    /// Whether the request that made `first` is this one, sent again. The very same signature time
    /// says so for ever; else an unchanged conference that isn't old does.
    fn is_retry(&self, first: &Conference, received: &Received) -> bool {
        let untouched = first.updated_at.is_none() && first.deleted_at.is_none();
        let recent = received.now.since(first.created_at) <= self.settings.retry_window;
        is_same_request(first, received) || (untouched && recent)
    }

    /// The conference to answer again, if the request that made `first` is this one, sent again. Unless
    /// that is sure, this may be another meeting that shares the link from now on, and `first` is marked:
    /// the cancellation of the one must not close the door on the other.
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

    /// The conference that this very request made before, if it is late. Searching comes before inserting:
    /// where the item with a lower number has gone since, as an expired tombstone does, its number is
    /// free again and would be taken for a second conference.
    async fn made_by_this_request(
        &self,
        meeting: &CreateMeeting,
        received: &Received,
    ) -> Result<Option<Conference>, StoreError> {
        let is_late = received.now.since(received.signed_at) >= LATE;
        if !received.is_dated || !is_late {
            return Ok(None);
        }
        for n in 0..LOOKED_THROUGH {
            let id = self.key.conference_id(meeting, n);
            let found = self.conferences.existing(&id).await?;
            let same = found.filter(|found| is_same_request(found, received));
            if same.is_some() {
                return Ok(same);
            }
        }
        Ok(None)
    }

    /// Lets `passed`, whose number can't be used, stay for as long as the next number's create may be
    /// retried. Otherwise a retry could find the lower number free.
    async fn outlast_retries(
        &self,
        mut passed: Conference,
        received: &Received,
    ) -> Result<(), StoreError> {
        let retried_until = received.now.plus(self.settings.retry_window).plus(DAY);
        if passed.expires_at < retried_until.as_seconds() {
            passed.expires_at = retried_until.as_seconds();
            // If somebody has changed it meanwhile, it has a new time to expire.
            self.conferences.replace(&passed).await?;
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
    const NAME: &'static str = "create";
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
        for n in 0..MAX_ALIKE {
            let conference = self.conference(&meeting, n, &received);
            match self.conferences.insert(&conference).await? {
                Inserted::New => return Ok(self.reply(conference, Outcome::Created)),
                Inserted::Existing(first) => {
                    let passed = (*first).clone();
                    if let Some(first) = self.repeat(*first, &received).await? {
                        return Ok(self.reply(first, Outcome::Repeated));
                    }
                    self.outlast_retries(passed, &received).await?;
                }
                Inserted::Malformed => {}
            }
        }
        Err(WebhookError::Internal(
            "too many meetings with the same details",
        ))
    }
}

/// Whether `first` was made by this very request: then the signature was made at the same time. One
/// without a time counts as made when it came in, so what is equal then is our own write, which the SDK
/// repeated because its answer got lost.
fn is_same_request(first: &Conference, received: &Received) -> bool {
    first.signed_at == received.signed_at
}

/// A conference that is stored.
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
