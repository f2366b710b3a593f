//! Meetings that this process did not schedule: those of earlier runs with the same data file, and those
//! whose webhooks another program sent. Their details come from the table of conferences, which has no
//! attendees and no time zone.

use std::collections::HashMap;

use shared::identifiers::PortalId;
use shared::invitation::InvitationTemplate;
use shared::repository::StoreError;
use shared::repository::conferences::{Conference, ListConferences};
use shared::repository::users::ListUsers;

use super::meetings::{self, NewMeeting, Plan, Source, VideoConference};
use super::record::RequestResult;
use super::state::{HubSpot, HubSpotState};
use crate::tables::{CONFERENCES_TABLE, USERS_TABLE};

impl HubSpot {
    /// Adds the meetings of all stored conferences. `invitation` is the one that create returned for them.
    ///
    /// # Errors
    /// [`StoreError`] if a table can't be read.
    pub async fn restore(&self, invitation: &InvitationTemplate) -> Result<(), StoreError> {
        let mut stored = self.all_conferences().await?;
        stored.sort_by_key(|conference| conference.created_at);
        let mut state = self.state.lock().await;
        state.touch();
        for conference in &stored {
            let details = invitation.expand(&conference.conference_id, &conference.conference_url);
            state.add(conference, details);
        }
        Ok(())
    }

    /// Every stored conference, each with its host's address in place of the ID from verify.
    async fn all_conferences(&self) -> Result<Vec<Conference>, StoreError> {
        let mut in_portal: HashMap<PortalId, Vec<Conference>> = HashMap::new();
        let list = ListConferences::new(self.store.client(), CONFERENCES_TABLE.to_owned());
        let mut pages = list.all();
        while let Some(page) = pages.next().await? {
            // Skip items that can't be read, for example after an edit by hand.
            for conference in page.into_iter().flatten() {
                let conferences = in_portal.entry(conference.portal_id).or_default();
                conferences.push(conference);
            }
        }
        let mut all = Vec::new();
        for (portal, mut conferences) in in_portal {
            let emails = self.emails(portal).await?;
            for conference in &mut conferences {
                if let Some(email) = emails.get(&conference.user_email) {
                    email.clone_into(&mut conference.user_email);
                }
            }
            all.append(&mut conferences);
        }
        Ok(all)
    }

    /// The addresses in the portal's directory, by the ID that verify returns for them.
    async fn emails(&self, portal: PortalId) -> Result<HashMap<String, String>, StoreError> {
        let list = ListUsers::new(self.store.client(), USERS_TABLE.to_owned());
        let mut pages = list.in_portal(portal);
        let mut emails = HashMap::new();
        while let Some(page) = pages.next().await? {
            let with_id = page.into_iter().filter_map(|user| {
                let email = user.email.to_string();
                Some((user.native_id?, email))
            });
            emails.extend(with_id);
        }
        Ok(emails)
    }
}

impl HubSpotState {
    /// Brings the meeting of a conference up to date after another program's webhook. The answer to a
    /// create has the details of a new meeting.
    pub(super) fn follow(&mut self, stored: &Conference, result: &RequestResult) {
        if self.meetings.update(stored) {
            return;
        }
        let details = match result {
            RequestResult::Answer(answer) => answer.body.get("conferenceDetails"),
            RequestResult::Problem(_) => None,
        };
        if let Some(details) = details.and_then(|details| details.as_str()) {
            self.add(stored, details.to_owned());
        }
    }

    fn add(&mut self, stored: &Conference, conference_details: String) {
        let Conference {
            portal_id, user_id, ..
        } = *stored;
        self.users.add(portal_id, user_id, &stored.user_email);
        let meeting = NewMeeting {
            portal_id,
            host: stored.user_email.clone(),
            source: match stored.source.as_str() {
                "MANUAL" => Source::Manual,
                _ => Source::Meetings,
            },
            video_conference: VideoConference::App,
            plan: Plan {
                title: stored.topic.clone(),
                start_time: stored.start_time,
                end_time: stored.end_time,
                time_zone: None,
                attendees: Vec::new(),
            },
        };
        let conference = meetings::Conference {
            conference_id: stored.conference_id.to_string(),
            conference_url: stored.conference_url.as_str().to_owned(),
            conference_details,
        };
        self.meetings.add(meeting, user_id, Some(conference));
        self.meetings.update(stored);
    }
}
