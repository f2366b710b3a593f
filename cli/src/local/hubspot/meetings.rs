//! HubSpot's meetings, and what HubSpot does when somebody schedules, changes or cancels one: it asks
//! who the host is, then tells the video system (HubSpot, video conference extension).
//!
//! Where a webhook fails, the meeting stays as it was, and the person at the page may try again.

use serde::{Deserialize, Serialize};
use shared::conference_id::ConferenceId;
use shared::timestamp::Timestamp;

use super::HubSpot;
use super::record::{Outcome, SentWebhook};
use super::registry::RegisteredUrls;
use crate::hubspot::Answer;
use crate::sample::{self, Webhook};

/// How a meeting was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Source {
    /// On a scheduling page.
    Meetings,
    /// By hand, on a CRM record.
    Manual,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Meetings => "MEETINGS",
            Self::Manual => "MANUAL",
        }
    }
}

/// What may change about a meeting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Any text, also none.
    pub title: String,
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends.
    pub end_time: Timestamp,
}

/// A meeting that somebody wants to schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMeeting {
    /// The host's address.
    pub host: String,
    /// How it is booked.
    pub source: Source,
    /// Title and time.
    #[serde(flatten)]
    pub plan: Plan,
}

/// What the video system gave for a meeting. It stays as it is, whatever becomes of the meeting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conference {
    /// The video system's id.
    pub conference_id: String,
    /// Where to join.
    pub conference_url: String,
    /// The text of the invitation.
    pub conference_details: String,
}

/// A meeting with its conference.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meeting {
    /// HubSpot's number for it, which no webhook carries.
    pub id: u64,
    /// Host, title and time.
    #[serde(flatten)]
    pub meeting: NewMeeting,
    /// Its conference.
    #[serde(flatten)]
    pub conference: Conference,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// All meetings, in the order in which they were scheduled.
#[derive(Debug, Default)]
pub struct Meetings(Vec<Meeting>);

impl Meetings {
    /// The newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<Meeting> {
        self.0.iter().rev().cloned().collect()
    }

    fn add(&mut self, meeting: NewMeeting, conference: Conference) -> Meeting {
        let meeting = Meeting {
            id: self.0.last().map_or(1, |last| last.id + 1),
            meeting,
            conference,
            cancelled: false,
        };
        self.0.push(meeting.clone());
        meeting
    }

    /// A meeting that is not cancelled.
    fn find(&self, id: u64) -> Result<Meeting, MeetingError> {
        let found = self.0.iter().find(|meeting| meeting.id == id);
        match found.ok_or(MeetingError::NotThere(id))? {
            meeting if meeting.cancelled => Err(MeetingError::Cancelled(id)),
            meeting => Ok(meeting.clone()),
        }
    }

    fn replace(&mut self, changed: &Meeting) {
        for meeting in self.0.iter_mut().filter(|old| old.id == changed.id) {
            changed.clone_into(meeting);
        }
    }
}

/// Why a meeting was not scheduled, changed or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum MeetingError {
    /// No app has settings.
    #[error("no app has webhook URLs registered")]
    NothingRegistered,
    /// The verify webhook knows nobody by this address.
    #[error("{0} can't schedule meetings: the verify webhook answered 404, no such user")]
    UnknownHost(String),
    /// A webhook answered with an error.
    #[error("the {webhook} webhook answered {status}")]
    Refused {
        /// Which webhook.
        webhook: &'static str,
        /// Its HTTP status.
        status: u16,
    },
    /// A webhook's answer is not what HubSpot needs.
    #[error("the {webhook} webhook answered without {missing}")]
    Incomplete {
        /// Which webhook.
        webhook: &'static str,
        /// The fields that HubSpot needs.
        missing: &'static str,
    },
    /// A webhook gave no answer.
    #[error("the {webhook} webhook gave no answer: {problem}")]
    NoAnswer {
        /// Which webhook.
        webhook: &'static str,
        /// Why not.
        problem: String,
    },
    /// There is no such meeting.
    #[error("there is no meeting {0}")]
    NotThere(u64),
    /// Cancelling is final.
    #[error("meeting {0} is cancelled")]
    Cancelled(u64),
}

impl HubSpot {
    /// Schedules a meeting, with a conference for it.
    ///
    /// # Errors
    /// [`MeetingError`]; then there is no meeting.
    pub async fn schedule(&self, new: NewMeeting) -> Result<Meeting, MeetingError> {
        let urls = self.urls().await?;
        let user = self.verify(&urls, &new.host).await?;
        let url = &urls.create_meeting_url;
        let body = payload(&new, &user, None).body(Webhook::Create);
        let sent = self.send(Webhook::Create, url, &body, None).await;
        let conference = serde_json::from_value(accept(sent)?.body).map_err(|_| {
            let missing = "conferenceId, conferenceUrl or conferenceDetails";
            MeetingError::Incomplete {
                webhook: Webhook::Create.name(),
                missing,
            }
        })?;
        let mut state = self.state.lock().await;
        state.touch();
        Ok(state.meetings.add(new, conference))
    }

    /// Gives a meeting another title and time.
    ///
    /// # Errors
    /// [`MeetingError`]; then the meeting is as before.
    pub async fn reschedule(&self, id: u64, plan: Plan) -> Result<Meeting, MeetingError> {
        let mut meeting = self.state.lock().await.meetings.find(id)?;
        meeting.meeting.plan = plan;
        self.tell(Webhook::Update, meeting).await
    }

    /// Cancels a meeting.
    ///
    /// # Errors
    /// [`MeetingError`]; then the meeting is as before.
    pub async fn cancel(&self, id: u64) -> Result<Meeting, MeetingError> {
        let mut meeting = self.state.lock().await.meetings.find(id)?;
        meeting.cancelled = true;
        self.tell(Webhook::Delete, meeting).await
    }

    /// Tells the video system of a changed meeting, if a URL for that is registered, and keeps it.
    async fn tell(&self, webhook: Webhook, changed: Meeting) -> Result<Meeting, MeetingError> {
        let urls = self.urls().await?;
        if let Some(url) = urls.url(webhook) {
            let user = self.verify(&urls, &changed.meeting.host).await?;
            let id = &changed.conference.conference_id;
            let body = payload(&changed.meeting, &user, Some(id)).body(webhook);
            accept(
                self.send(webhook, url, &body, ConferenceId::parse(id))
                    .await,
            )?;
        }
        let mut state = self.state.lock().await;
        state.touch();
        state.meetings.replace(&changed);
        Ok(changed)
    }

    /// What HubSpot sends as `userEmail`: the id that the verify webhook gives for the host. Without
    /// such a webhook every user counts as verified, by the address.
    async fn verify(&self, urls: &RegisteredUrls, host: &str) -> Result<String, MeetingError> {
        let Some(url) = urls.url(Webhook::Verify) else {
            return Ok(host.to_owned());
        };
        let asked = sample::Meeting {
            user_email: host.to_owned(),
            ..sample::Meeting::default()
        };
        let body = asked.body(Webhook::Verify);
        let sent = self.send(Webhook::Verify, url, &body, None).await;
        let answer = accept(sent).map_err(|error| match error {
            MeetingError::Refused { status: 404, .. } => MeetingError::UnknownHost(host.to_owned()),
            error => error,
        })?;
        let id = answer.body.get("id").and_then(|id| id.as_str());
        id.map(str::to_owned).ok_or(MeetingError::Incomplete {
            webhook: Webhook::Verify.name(),
            missing: "id",
        })
    }

    async fn urls(&self) -> Result<RegisteredUrls, MeetingError> {
        let state = self.state.lock().await;
        let current = state.apps.current();
        current
            .map(|(_, urls)| urls.clone())
            .ok_or(MeetingError::NothingRegistered)
    }
}

/// The meeting as webhooks tell of it, in the portal of all samples.
fn payload(meeting: &NewMeeting, user: &str, conference_id: Option<&str>) -> sample::Meeting {
    sample::Meeting {
        user_email: user.to_owned(),
        topic: meeting.plan.title.clone(),
        source: meeting.source.as_str().to_owned(),
        start_time: meeting.plan.start_time,
        end_time: meeting.plan.end_time,
        conference_id: conference_id.map(str::to_owned),
        ..sample::Meeting::default()
    }
}

/// The answer, if it is a success.
fn accept(sent: SentWebhook) -> Result<Answer, MeetingError> {
    let webhook = sent.webhook.name();
    match sent.result {
        Outcome::Answer(answer) if (200..300).contains(&answer.status) => Ok(answer),
        Outcome::Answer(Answer { status, .. }) => Err(MeetingError::Refused { webhook, status }),
        Outcome::Problem(problem) => Err(MeetingError::NoAnswer { webhook, problem }),
    }
}
