//! The join link: what happens when a visitor clicks a conference's link.
//!
//! HubSpot gets one link per meeting, once, and sends it to everyone. If a video system is configured, that
//! link is ours, and this function decides at the time of the click where it leads: a room is created when
//! the first person enters it, each guest gets a token of their own, and a cancelled meeting can't be
//! entered.
//!
//! The rule below asks these questions in order, and the first one that applies decides: is the conference
//! unknown, was it cancelled, is it over, is joining not possible yet, was one of two meetings with this link
//! cancelled, is the visitor early? The answers come from the stored conference, because the link itself never
//! changes.

pub mod edge;
pub mod event;
mod host_cookie;
pub mod http_client;
mod language;
mod page;
pub mod room_key;
pub mod settings;
pub mod startup;
pub mod video_system;
pub mod visit;

use std::fmt;
use std::time::Duration;

use shared::conference_id::ConferenceId;
use shared::identifiers::{PortalId, UserId};
use shared::repository::StoreError;
use shared::repository::conferences::{Conference, ReadConferences};
use shared::timestamp::Timestamp;

use self::page::{Form, Page};
use self::room_key::RoomKey;
use self::settings::Settings;
use self::video_system::{RoomUrl, VideoSystem, VideoSystemError, enter_in_time};
use self::visit::{Visit, VisitorName};

/// A visitor who comes more than this long before the start is told so, in case they have the wrong day.
const EARLY: Duration = Duration::from_mins(15);

/// The join link.
pub struct Join {
    conferences: ReadConferences,
    room_key: RoomKey,
    video_system: Box<dyn VideoSystem>,
    settings: Settings,
}

/// A visitor has followed a link.
#[derive(Debug)]
pub struct Click {
    /// The conference that the link names.
    pub conference_id: ConferenceId,
    /// The host whom the cookie identifies, if there is one.
    pub host: Option<(PortalId, UserId)>,
    /// The name that the visitor entered, if they want to join; `None` if they only opened the page.
    pub name: Option<String>,
    /// The time of the click.
    pub now: Timestamp,
}

/// The answer to a visitor who has followed a link.
#[derive(Debug)]
pub enum Answer {
    /// The URL of the room, for this person.
    Room(RoomUrl),
    /// A page.
    Page(Page),
    /// The page that says that the meeting can't be reached, and the cause for the log.
    Unavailable(Page, Unavailable),
}

/// Why a room that should be open can't be entered.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The store gives no usable response.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The video system doesn't let the visitor in.
    #[error(transparent)]
    VideoSystem(#[from] VideoSystemError),
}

/// What a link currently leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Cancelled,
    Over,
    Shut { opens: Timestamp, wait: Duration },
    Repeated,
    Early,
    Open,
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Join {
    /// A join link that looks up conferences in `conferences` and sends visitors to `video_system`.
    #[must_use]
    pub fn new(
        conferences: ReadConferences,
        room_key: RoomKey,
        video_system: Box<dyn VideoSystem>,
        settings: Settings,
    ) -> Self {
        Self {
            conferences,
            room_key,
            video_system,
            settings,
        }
    }

    /// The key for verifying hosts' tokens.
    #[must_use]
    pub fn room_key(&self) -> &RoomKey {
        &self.room_key
    }

    /// What this click leads to, and the portal of the meeting if there is one.
    pub async fn follow(&self, click: Click) -> (Answer, Option<PortalId>) {
        let conference = match self.conferences.get(&click.conference_id).await {
            Ok(Some(conference)) => conference,
            Ok(None) => return (Answer::Page(Page::Unknown), None),
            Err(error) => {
                let form = self.form(click.name.as_deref());
                let page = Page::Unavailable { form: Some(form) };
                return (Answer::Unavailable(page, error.into()), None);
            }
        };
        let portal = conference.portal_id;
        (self.answer(conference, click).await, Some(portal))
    }

    async fn answer(&self, conference: Conference, click: Click) -> Answer {
        let is_host = click.host == Some((conference.portal_id, conference.user_id));
        let start = conference.start_time;
        let page = |form| match self.door(&conference, is_host, click.now) {
            Door::Cancelled => Page::Cancelled,
            Door::Over => Page::Over,
            Door::Shut { opens, wait } => Page::Shut { start, opens, wait },
            Door::Repeated => Page::Repeated { form },
            Door::Early => Page::Early { start, form },
            Door::Open => Page::Open { start, form },
        };
        let page = page(self.form(click.name.as_deref()));
        let may_enter = page.form().is_some();
        let needs_page = self.video_system.needs_page();
        let name = match &click.name {
            _ if !may_enter => return Answer::Page(page),
            // No name is needed and entering has no side effects, so redirect to the room directly.
            None if !needs_page && matches!(page, Page::Open { .. }) => None,
            None => return Answer::Page(page),
            Some(_) if !needs_page => None,
            Some(name) => match name.parse::<VisitorName>() {
                Ok(name) => Some(name),
                Err(problem) => return Answer::Page(page.with_problem(problem)),
            },
        };
        let visit = self.visit(conference, is_host, name, click.now);
        match enter_in_time(self.video_system.as_ref(), &visit).await {
            Ok(url) => Answer::Room(url),
            Err(error) => {
                let form = error
                    .may_be_retried()
                    .then(|| self.form(click.name.as_deref()));
                Answer::Unavailable(Page::Unavailable { form }, error.into())
            }
        }
    }

    /// What the link leads to. The order of the checks is part of the rule.
    fn door(&self, conference: &Conference, is_host: bool, now: Timestamp) -> Door {
        let is_cancelled = conference.deleted_at.is_some();
        let is_repeated = conference.repeated.is_some();
        // Two meetings may share this link, and only one of them was moved, so the stored times may be wrong
        // for the other one.
        let times_are_reliable = !(is_repeated && conference.updated_at.is_some());
        let end = conference.start_time.max(conference.end_time);
        let until_start = conference.start_time.since(now);

        if is_cancelled && !is_repeated {
            return Door::Cancelled;
        }
        if times_are_reliable && now >= end.plus(self.settings.closes_after) {
            return Door::Over;
        }
        if let Some(before) = self.settings.opens_before
            && times_are_reliable
            && !is_host
            && until_start > before
        {
            let wait = until_start.saturating_sub(before);
            return Door::Shut {
                opens: now.plus(wait),
                wait,
            };
        }
        if is_cancelled {
            return Door::Repeated;
        }
        if until_start > EARLY {
            return Door::Early;
        }
        Door::Open
    }

    /// The form, with the name that was entered before.
    fn form(&self, name: Option<&str>) -> Form {
        if self.video_system.needs_page() {
            Form::with_name(name.unwrap_or_default())
        } else {
            Form::default()
        }
    }

    fn visit(
        &self,
        conference: Conference,
        is_host: bool,
        name: Option<VisitorName>,
        now: Timestamp,
    ) -> Visit {
        Visit {
            room: self.room_key.room(&conference.conference_id),
            conference_id: conference.conference_id,
            portal_id: conference.portal_id,
            user_id: conference.user_id,
            user_email: conference.user_email,
            topic: conference.topic,
            start_time: conference.start_time,
            end_time: conference.end_time,
            role: self.settings.moderators.role(is_host),
            name,
            now,
        }
    }
}
