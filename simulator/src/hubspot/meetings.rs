//! HubSpot's meetings, each with the conference that the create webhook returned.

use serde::{Deserialize, Serialize};
use shared::identifiers::PortalId;
use shared::timestamp::Timestamp;

use crate::sample;

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
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Meetings => "MEETINGS",
            Self::Manual => "MANUAL",
        }
    }
}

/// The details of a meeting that may change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Any text, including none.
    pub title: String,
    /// When the meeting starts.
    pub start_time: Timestamp,
    /// When the meeting ends.
    pub end_time: Timestamp,
}

/// A request to schedule a meeting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMeeting {
    /// The account; defaults to the first one.
    #[serde(default = "first_account")]
    pub portal_id: PortalId,
    /// The host's address.
    pub host: String,
    /// How it is booked.
    pub source: Source,
    /// Title and time.
    #[serde(flatten)]
    pub plan: Plan,
}

fn first_account() -> PortalId {
    sample::Meeting::default().portal_id
}

/// The conference that the video system returned for a meeting. It never changes, whatever happens to the
/// meeting.
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
    /// HubSpot's number for the meeting, which no webhook contains.
    pub id: u64,
    /// Host, title and time.
    #[serde(flatten)]
    pub meeting: NewMeeting,
    /// Its conference.
    #[serde(flatten)]
    pub conference: Conference,
    /// Whether the meeting has been cancelled.
    pub cancelled: bool,
}

/// All meetings, in the order in which they were scheduled.
#[derive(Debug, Default)]
pub struct Meetings(Vec<Meeting>);

impl Meetings {
    /// All meetings, newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<Meeting> {
        self.0.iter().rev().cloned().collect()
    }

    pub(super) fn add(&mut self, meeting: NewMeeting, conference: Conference) -> Meeting {
        let meeting = Meeting {
            id: self.0.last().map_or(1, |last| last.id + 1),
            meeting,
            conference,
            cancelled: false,
        };
        self.0.push(meeting.clone());
        meeting
    }

    /// A meeting that has not been cancelled.
    pub(super) fn find(&self, id: u64) -> Result<Meeting, MeetingError> {
        let found = self.0.iter().find(|meeting| meeting.id == id);
        match found.ok_or(MeetingError::NotThere(id))? {
            meeting if meeting.cancelled => Err(MeetingError::Cancelled(id)),
            meeting => Ok(meeting.clone()),
        }
    }

    pub(super) fn replace(&mut self, changed: &Meeting) {
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
    /// The app is not installed in the account.
    #[error(
        "the app is not installed in account {0}. Install it with: app install --app-base URL --api-base \
         URL, where URL is the address of this page"
    )]
    NotInstalled(PortalId),
    /// The verify webhook doesn't know this address.
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
    /// A webhook's answer lacks fields that HubSpot needs.
    #[error("the {webhook} webhook answered without {missing}")]
    Incomplete {
        /// Which webhook.
        webhook: &'static str,
        /// The fields that HubSpot needs.
        missing: &'static str,
    },
    /// A webhook request got no answer.
    #[error("the {webhook} webhook gave no answer: {problem}")]
    NoAnswer {
        /// Which webhook.
        webhook: &'static str,
        /// The cause.
        problem: String,
    },
    /// There is no such meeting.
    #[error("there is no meeting {0}")]
    NotThere(u64),
    /// A cancelled meeting can't be changed.
    #[error("meeting {0} is cancelled")]
    Cancelled(u64),
}
