//! What HubSpot does when a meeting is scheduled, changed or cancelled: it verifies the host, then calls
//! the webhook ([HubSpot, "Video conference extension"][guide]).
//!
//! If a webhook fails, the meeting stays as it was, and the user can try again.
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use shared::conference_id::ConferenceId;
use shared::contract::WebhookName;
use shared::identifiers::{PortalId, UserId};

use super::caller::Answer;
use super::meetings::{Conference, Meeting, MeetingError, NewMeeting, Plan, VideoConference};
use super::record::{RecordedRequest, RequestResult};
use super::state::HubSpot;
use crate::registry::RegisteredUrls;
use crate::sample;

impl HubSpot {
    /// Schedules a meeting and creates its conference, if it is to have one.
    ///
    /// # Errors
    /// [`MeetingError`] if the meeting doesn't end after it starts, the app is not installed or has no URLs,
    /// the host is unknown, or a webhook fails. Then no meeting is scheduled.
    pub async fn schedule(&self, new: NewMeeting) -> Result<Meeting, MeetingError> {
        new.plan.check()?;
        if new.video_conference == VideoConference::None {
            return Ok(self.add(new, None).await);
        }
        let urls = self.urls(new.portal_id).await?;
        let user = self.verify(&urls, &new).await?;
        let mut state = self.state.lock().await;
        let user_id = state.users.id(new.portal_id, &new.host);
        drop(state);
        let url = &urls.create_meeting_url;
        let body = payload(&new, user_id, &user, None).body(WebhookName::Create);
        let sent = self.send(WebhookName::Create, url, &body, None).await;
        let conference = serde_json::from_value(accept(WebhookName::Create, sent)?.body);
        let conference = conference.map_err(|_| {
            let missing = "conferenceId, conferenceUrl or conferenceDetails";
            MeetingError::Incomplete {
                webhook: WebhookName::Create.as_str(),
                missing,
            }
        })?;
        Ok(self.add(new, Some(conference)).await)
    }

    async fn add(&self, new: NewMeeting, conference: Option<Conference>) -> Meeting {
        let mut state = self.state.lock().await;
        state.touch();
        let user_id = state.users.id(new.portal_id, &new.host);
        state.meetings.add(new, user_id, conference)
    }

    /// Changes a meeting's title, time and attendees.
    ///
    /// # Errors
    /// [`MeetingError`] if the meeting doesn't exist, is cancelled or wouldn't end after it starts, or as for
    /// [`Self::cancel`]. Then the meeting is unchanged.
    pub async fn reschedule(&self, id: u64, plan: Plan) -> Result<Meeting, MeetingError> {
        plan.check()?;
        let mut meeting = self.state.lock().await.meetings.find(id)?;
        meeting.request.plan = plan;
        self.apply(WebhookName::Update, meeting).await
    }

    /// Cancels a meeting.
    ///
    /// # Errors
    /// [`MeetingError`] if the meeting doesn't exist or is cancelled already, the app is not installed or has
    /// no URLs, the host is unknown, or a webhook fails. Then the meeting is unchanged.
    pub async fn cancel(&self, id: u64) -> Result<Meeting, MeetingError> {
        let mut meeting = self.state.lock().await.meetings.find(id)?;
        meeting.cancelled = true;
        self.apply(WebhookName::Delete, meeting).await
    }

    /// Sends the webhook, if the meeting has a conference and the app has a URL for the webhook, and stores
    /// the changed meeting.
    async fn apply(&self, webhook: WebhookName, changed: Meeting) -> Result<Meeting, MeetingError> {
        if let Some(conference) = &changed.conference {
            let urls = self.urls(changed.request.portal_id).await?;
            if let Some(url) = urls.url(webhook) {
                let user = self.verify(&urls, &changed.request).await?;
                let id = conference.conference_id.as_str();
                let body = payload(&changed.request, changed.user_id, &user, Some(id));
                let id = ConferenceId::parse(id);
                let sent = self.send(webhook, url, &body.body(webhook), id).await;
                accept(webhook, sent)?;
            }
        }
        let mut state = self.state.lock().await;
        state.touch();
        state.meetings.replace(&changed);
        Ok(changed)
    }

    /// What HubSpot sends as `userEmail`: the ID that the verify webhook returns for the host. If no verify
    /// URL is registered, every user counts as verified, and HubSpot sends the email address.
    async fn verify(
        &self,
        urls: &RegisteredUrls,
        meeting: &NewMeeting,
    ) -> Result<String, MeetingError> {
        let host = meeting.host.as_str();
        let Some(url) = urls.url(WebhookName::Verify) else {
            return Ok(host.to_owned());
        };
        let asked = sample::Meeting {
            portal_id: meeting.portal_id,
            user_email: host.to_owned(),
            ..sample::Meeting::default()
        };
        let body = asked.body(WebhookName::Verify);
        let sent = self.send(WebhookName::Verify, url, &body, None).await;
        let answer = accept(WebhookName::Verify, sent).map_err(|error| match error {
            MeetingError::Refused { status: 404, .. } => {
                MeetingError::UnknownHost(host.to_owned(), meeting.portal_id)
            }
            error => error,
        })?;
        let id = answer.body.get("id").and_then(|id| id.as_str());
        id.map(str::to_owned).ok_or(MeetingError::Incomplete {
            webhook: WebhookName::Verify.as_str(),
            missing: "id",
        })
    }

    /// The webhook URLs, if the account has the app.
    async fn urls(&self, portal: PortalId) -> Result<RegisteredUrls, MeetingError> {
        let state = self.state.lock().await;
        if !state.grants.has_app(portal) {
            return Err(MeetingError::NotInstalled(portal));
        }
        let current = state.apps.current();
        current
            .map(|(_, urls)| urls.clone())
            .ok_or(MeetingError::NothingRegistered)
    }
}

/// The meeting, as it appears in webhooks.
fn payload(
    meeting: &NewMeeting,
    user_id: UserId,
    user: &str,
    conference_id: Option<&str>,
) -> sample::Meeting {
    sample::Meeting {
        portal_id: meeting.portal_id,
        user_id,
        user_email: user.to_owned(),
        topic: meeting.plan.title.clone(),
        source: meeting.source.as_str().to_owned(),
        start_time: meeting.plan.start_time,
        end_time: meeting.plan.end_time,
        conference_id: conference_id.map(str::to_owned),
    }
}

/// The answer, if its status is a success.
fn accept(webhook: WebhookName, sent: RecordedRequest) -> Result<Answer, MeetingError> {
    let webhook = webhook.as_str();
    match sent.result {
        RequestResult::Answer(answer) if (200..300).contains(&answer.status) => Ok(answer),
        RequestResult::Answer(Answer { status, .. }) => {
            Err(MeetingError::Refused { webhook, status })
        }
        RequestResult::Problem(problem) => Err(MeetingError::NoAnswer { webhook, problem }),
    }
}
