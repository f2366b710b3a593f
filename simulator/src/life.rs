//! The lifecycle of one meeting as a sequence of HubSpot's webhooks, with the expected answers. `demo`
//! plays it against this machine, `send all` against a deployed stack.

use std::time::Duration;

use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::contract::WebhookName;
use shared::timestamp::Timestamp;

use crate::http_client::SendError;
use crate::hubspot::caller::{Answer, Caller};
use crate::sample::Meeting;

const HOUR: Duration = Duration::from_hours(1);

/// The title that the update sets.
pub const BETTER_TITLE: &str = "A Better Title";

/// A step of the lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// HubSpot verifies the host.
    Verify,
    /// The meeting is scheduled.
    Create,
    /// The same request again.
    Repeat,
    /// The title changes.
    Update,
    /// An update arrives that was signed before the previous one.
    StaleUpdate,
    /// The meeting is moved, and starts now.
    MoveToNow,
    /// The meeting is moved, and has been over for years.
    MoveToPast,
    /// A delete arrives that was signed without the client secret.
    ForgedDelete,
    /// The meeting is deleted.
    Delete,
    /// An update arrives after the delete.
    LateUpdate,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 10] = [
        Self::Verify,
        Self::Create,
        Self::Repeat,
        Self::Update,
        Self::StaleUpdate,
        Self::MoveToNow,
        Self::MoveToPast,
        Self::ForgedDelete,
        Self::Delete,
        Self::LateUpdate,
    ];

    /// A one-sentence description.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Verify => "HubSpot verifies the host",
            Self::Create => "A user schedules a meeting",
            Self::Repeat => "HubSpot got no answer and retries",
            Self::Update => "The meeting gets another title",
            Self::StaleUpdate => "An older update arrives late",
            Self::MoveToNow => "The meeting is moved: it starts now",
            Self::MoveToPast => "The meeting is moved to the past",
            Self::ForgedDelete => "An attacker without the secret tries to delete it",
            Self::Delete => "The meeting is deleted",
            Self::LateUpdate => "One more update arrives late",
        }
    }

    /// The webhook that HubSpot calls.
    #[must_use]
    pub const fn webhook(self) -> WebhookName {
        match self {
            Self::Verify => WebhookName::Verify,
            Self::Create | Self::Repeat => WebhookName::Create,
            Self::Update
            | Self::StaleUpdate
            | Self::MoveToNow
            | Self::MoveToPast
            | Self::LateUpdate => WebhookName::Update,
            Self::ForgedDelete | Self::Delete => WebhookName::Delete,
        }
    }

    /// When the request is signed, relative to the start. A stack accepts signatures within five minutes,
    /// so playing a lifecycle needs no waiting.
    const fn signed_after(self) -> Duration {
        Duration::from_secs(match self {
            // Exactly the same request again, so that deleting the conference also ends its link.
            Self::Verify | Self::Create | Self::Repeat => 0,
            Self::StaleUpdate => 10,
            Self::Update => 20,
            Self::MoveToNow => 22,
            Self::MoveToPast => 24,
            Self::ForgedDelete | Self::Delete => 30,
            Self::LateUpdate => 40,
        })
    }
}

/// When a participant follows the meeting's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// An hour before the meeting starts.
    Early,
    /// When it starts.
    Open,
    /// Long after it ended.
    Over,
    /// After it was deleted.
    Cancelled,
}

impl Moment {
    /// The moment that comes after `step`, if there is one.
    #[must_use]
    pub const fn after(step: Step) -> Option<Self> {
        match step {
            // Not after the create: if its answer is lost, the retry returns the link.
            Step::Repeat => Some(Self::Early),
            Step::MoveToNow => Some(Self::Open),
            Step::MoveToPast => Some(Self::Over),
            Step::Delete => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// The page behind the join link at this moment: its status and its `data-state`.
    #[must_use]
    pub const fn page(self) -> (u16, Option<&'static str>) {
        match self {
            Self::Early => (200, Some("early")),
            Self::Open => (200, Some("open")),
            Self::Over => (410, Some("over")),
            Self::Cancelled => (410, Some("cancelled")),
        }
    }
}

/// What the directory is expected to contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The host is in the directory.
    Known,
    /// The host may be missing: verify may answer that there is no such user.
    Anybody,
}

/// Why a step can't be played.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The request got no answer.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The step needs a conference, and none was created.
    #[error("there is no conference, because the create failed")]
    NoConference,
}

/// The request and the answer of a step.
#[derive(Clone, Debug)]
pub struct Played {
    /// The payload.
    pub payload: Value,
    /// The answer.
    pub answer: Answer,
    /// The expectations, and whether they were met.
    pub checks: Vec<Check>,
}

/// An expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// A description.
    pub expected: &'static str,
    /// Whether it was met.
    pub holds: bool,
}

impl Check {
    /// The expectation `expected`, met if `holds`.
    #[must_use]
    pub const fn new(expected: &'static str, holds: bool) -> Self {
        Self { expected, holds }
    }
}

/// The lifecycle of one meeting.
#[derive(Debug)]
pub struct Life {
    caller: Caller,
    forger: Caller,
    host: Host,
    meeting: Meeting,
    begun: Timestamp,
    created: Option<Value>,
    conference_id: Option<ConferenceId>,
    deleted: bool,
}

impl Life {
    /// The lifecycle of a meeting like `meeting` that starts an hour after `begun` at first, at the system
    /// that `caller` calls.
    #[must_use]
    pub fn new(caller: Caller, host: Host, meeting: Meeting, begun: Timestamp) -> Self {
        let start_time = begun.plus(HOUR);
        Self {
            forger: caller.forger(),
            caller,
            host,
            meeting: Meeting {
                start_time,
                end_time: start_time.plus(HOUR),
                conference_id: None,
                ..meeting
            },
            begun,
            created: None,
            conference_id: None,
            deleted: false,
        }
    }

    /// Plays one step.
    ///
    /// # Errors
    /// [`StepError`] if there is no answer, or the step needs a conference and none was created.
    pub async fn play(&mut self, step: Step) -> Result<Played, StepError> {
        let about_conference = !matches!(step, Step::Verify | Step::Create | Step::Repeat);
        if about_conference && self.conference_id.is_none() {
            return Err(StepError::NoConference);
        }
        let mut meeting = self.meeting.clone();
        if matches!(step.webhook(), WebhookName::Update) && step != Step::StaleUpdate {
            BETTER_TITLE.clone_into(&mut meeting.topic);
        }
        let moved_to = match step {
            Step::MoveToNow => Some(self.begun),
            Step::MoveToPast => Some(long_before(self.begun)),
            _ => None,
        };
        if let Some(start) = moved_to {
            meeting.start_time = start;
            meeting.end_time = start.plus(HOUR);
        }
        let caller = match step {
            Step::ForgedDelete => &self.forger,
            _ => &self.caller,
        };
        let payload = meeting.body(step.webhook());
        let signed_at = self.begun.plus(step.signed_after());
        let answer = caller.send(step.webhook(), &payload, signed_at).await?;
        let checks = self.checks(step, &answer);
        self.remember(step, &answer);
        Ok(Played {
            payload,
            answer,
            checks,
        })
    }

    /// The conference, once it has been created.
    #[must_use]
    pub const fn conference_id(&self) -> Option<&ConferenceId> {
        self.conference_id.as_ref()
    }

    /// The link, once the conference has been created.
    #[must_use]
    pub fn conference_url(&self) -> Option<&str> {
        text(self.created.as_ref()?, "conferenceUrl")
    }

    /// The conference that is left, if any: [`Step::Delete`] removes it.
    #[must_use]
    pub fn left_behind(&self) -> Option<&ConferenceId> {
        self.conference_id.as_ref().filter(|_| !self.deleted)
    }

    fn checks(&self, step: Step, answer: &Answer) -> Vec<Check> {
        let (status, body) = (answer.status, &answer.body);
        match step {
            Step::Verify => match self.host {
                Host::Anybody if status == 404 => {
                    vec![Check::new("answered that there is no such user", true)]
                }
                _ => {
                    let known = status == 200 && text(body, "id").is_some();
                    vec![Check::new("answered with an id", known)]
                }
            },
            Step::Create => {
                let complete = status == 200 && is_complete(body);
                vec![Check::new("answered with a link", complete)]
            }
            Step::Repeat => {
                let same = status == 200 && self.created.as_ref() == Some(body);
                vec![Check::new("the same answer", same)]
            }
            Step::ForgedDelete => vec![Check::new("refused", status == 401)],
            Step::Update
            | Step::StaleUpdate
            | Step::MoveToNow
            | Step::MoveToPast
            | Step::Delete
            | Step::LateUpdate => {
                vec![Check::new("accepted", status == 204)]
            }
        }
    }

    /// Stores what the next steps need. If the answer to the create was lost, its retry provides the
    /// values.
    fn remember(&mut self, step: Step, answer: &Answer) {
        match step {
            Step::Verify => {
                // From here on HubSpot identifies the host by this ID ([HubSpot, "User verify
                // webhook"](https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide)).
                if let Some(id) = text(&answer.body, "id").filter(|_| answer.status == 200) {
                    id.clone_into(&mut self.meeting.user_email);
                }
            }
            Step::Create | Step::Repeat if self.created.is_none() => {
                if let Some(id) = conference_id(&answer.body) {
                    self.meeting.conference_id = Some(id.to_string());
                    self.conference_id = Some(id);
                    self.created = Some(answer.body.clone());
                }
            }
            Step::Delete | Step::ForgedDelete if answer.status < 300 => self.deleted = true,
            _ => {}
        }
    }
}

/// A time at which a meeting's link has stopped working, whatever `JOIN_CLOSES_HOURS` is: its maximum is a
/// year.
fn long_before(now: Timestamp) -> Timestamp {
    const TWO_YEARS: i64 = 2 * 366 * 24 * 60 * 60 * 1_000;
    Timestamp::from_millis(now.as_millis().saturating_sub(TWO_YEARS))
}

fn is_complete(body: &Value) -> bool {
    let texts = ["conferenceUrl", "conferenceDetails"];
    conference_id(body).is_some() && texts.iter().all(|field| text(body, field).is_some())
}

/// The answer is untrusted: a malformed ID is not used in requests or messages.
fn conference_id(body: &Value) -> Option<ConferenceId> {
    ConferenceId::parse(text(body, "conferenceId")?)
}

fn text<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body.get(field)?.as_str()
}
