//! HubSpot's meetings, each with the conference that the create webhook returned.

use serde::{Deserialize, Serialize};
use shared::identifiers::{PortalId, UserId};
use shared::repository::conferences;
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

/// The user's choice in HubSpot's dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoConference {
    /// The app's video system.
    #[default]
    App,
    /// No video conference, so no webhook is sent.
    None,
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
    /// The time zone in which the times were chosen, by its IANA name. No webhook contains it.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The addresses of those who are invited. No webhook contains them.
    #[serde(default)]
    pub attendees: Vec<String>,
}

impl Plan {
    /// HubSpot allows only meetings that end after they start.
    ///
    /// # Errors
    /// [`MeetingError::NoLength`] otherwise.
    pub(super) fn check(&self) -> Result<(), MeetingError> {
        if self.end_time > self.start_time {
            Ok(())
        } else {
            Err(MeetingError::NoLength)
        }
    }
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
    /// The user's choice of a video conference.
    #[serde(default)]
    pub video_conference: VideoConference,
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
// HubSpot's names.
#[allow(clippy::struct_field_names)]
pub struct Conference {
    /// The video system's ID.
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
    /// HubSpot's ID of the meeting, which no webhook contains.
    pub id: u64,
    /// Host, title and time.
    #[serde(flatten)]
    pub request: NewMeeting,
    /// HubSpot's ID of the host.
    pub user_id: UserId,
    /// Its conference, if it has one.
    #[serde(flatten)]
    pub conference: Option<Conference>,
    /// Whether the meeting has been cancelled.
    pub cancelled: bool,
}

/// All meetings, in the order in which they were scheduled.
#[derive(Debug, Default)]
pub(super) struct Meetings(Vec<Meeting>);

impl Meetings {
    /// All meetings, newest first.
    pub(super) fn newest_first(&self) -> Vec<Meeting> {
        self.0.iter().rev().cloned().collect()
    }

    pub(super) fn add(
        &mut self,
        request: NewMeeting,
        user_id: UserId,
        conference: Option<Conference>,
    ) -> Meeting {
        let meeting = Meeting {
            id: self.0.last().map_or(1, |last| last.id + 1),
            request,
            user_id,
            conference,
            cancelled: false,
        };
        self.0.push(meeting.clone());
        meeting
    }

    /// A meeting that has not been cancelled.
    pub(super) fn find(&self, id: u64) -> Result<Meeting, MeetingError> {
        let found = self.0.iter().find(|meeting| meeting.id == id);
        match found.ok_or(MeetingError::NotFound(id))? {
            meeting if meeting.cancelled => Err(MeetingError::Cancelled(id)),
            meeting => Ok(meeting.clone()),
        }
    }

    pub(super) fn replace(&mut self, changed: &Meeting) {
        for meeting in self.0.iter_mut().filter(|old| old.id == changed.id) {
            changed.clone_into(meeting);
        }
    }

    /// Brings the meeting of a stored conference up to date; returns whether there is one.
    pub(super) fn update(&mut self, stored: &conferences::Conference) -> bool {
        let id = stored.conference_id.as_str();
        let mut found = false;
        for meeting in &mut self.0 {
            let conference = meeting.conference.as_ref();
            if conference.is_some_and(|conference| conference.conference_id == id) {
                found = true;
                meeting.cancelled |= stored.deleted_at.is_some();
                let plan = &mut meeting.request.plan;
                stored.topic.clone_into(&mut plan.title);
                plan.start_time = stored.start_time;
                plan.end_time = stored.end_time;
            }
        }
        found
    }
}

/// Why a meeting was not scheduled, changed or cancelled, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum MeetingError {
    /// The meeting doesn't end after it starts.
    #[error("the meeting has to end after it starts: give it at least one minute")]
    NoLength,
    /// No app has settings.
    #[error(
        "no app has webhook URLs registered. Register them with: settings set --app-id 1 --base-url URL \
         --api-base URL, where URL is the address of this page"
    )]
    NothingRegistered,
    /// The app is not installed in the account.
    #[error(
        "the app is not installed in account {0}. Install it with: app install --app-base URL --api-base \
         URL, where URL is the address of this page"
    )]
    NotInstalled(PortalId),
    /// The verify webhook doesn't know this address.
    #[error(
        "{0} can't schedule meetings: the verify webhook answered 404, no such user. Add the user to the \
         directory with: users add ADDRESS --portal {1}"
    )]
    UnknownHost(String, PortalId),
    /// A webhook answered with an error.
    #[error("the {webhook} webhook answered {status}: {}", remedy(*status))]
    Refused {
        /// Which webhook.
        webhook: &'static str,
        /// Its HTTP status.
        status: u16,
    },
    /// A webhook's answer lacks fields that HubSpot needs.
    #[error("the {webhook} webhook answered without {missing}: see its answer under Requests")]
    Incomplete {
        /// Which webhook.
        webhook: &'static str,
        /// The fields that HubSpot needs.
        missing: &'static str,
    },
    /// A webhook request got no answer.
    #[error(
        "the {webhook} webhook gave no answer: {problem}. Start the system at this URL, or register \
         another one with: settings set"
    )]
    NoAnswer {
        /// Which webhook.
        webhook: &'static str,
        /// The cause.
        problem: String,
    },
    /// There is no such meeting.
    #[error("there is no meeting {0}: reload this page")]
    NotFound(u64),
    /// A cancelled meeting can't be changed.
    #[error("meeting {0} is cancelled: schedule a new one")]
    Cancelled(u64),
}

fn remedy(status: u16) -> &'static str {
    match status {
        401 => {
            "the system uses another client secret; start both with the same HUBSPOT_CLIENT_SECRET"
        }
        404 => "it has no such conference; schedule a new meeting",
        503 => "its store doesn't answer; start the store and try again",
        _ => "see its answer under Requests for the reason",
    }
}
