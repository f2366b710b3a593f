//! The page behind a meeting's join link, as a participant sees it during a lifecycle: they open the page,
//! type a name and are led to the room, or are told why not.

use std::time::Instant;

use shared::error_chain;
use simulator::click::{Clicked, click};
use simulator::http_client::HttpClient;
use simulator::life::Moment;

use super::report::Row;
use crate::terminal::waiting;

/// What the participant types as their name.
const NAME: &str = "Test";

const fn title(moment: Moment) -> &'static str {
    match moment {
        Moment::Early => "A participant opens the link an hour early",
        Moment::Open => "A participant opens the link when the meeting starts",
        Moment::Over => "A participant opens the link long after the meeting",
        Moment::Cancelled => "A participant opens the link of the deleted meeting",
    }
}

/// The page behind the link `url`.
pub(super) struct JoinPage<'a> {
    client: &'a HttpClient,
    url: &'a str,
    stays_open: bool,
}

impl<'a> JoinPage<'a> {
    /// The page behind `url`. `stays_open` says that the repeated create may have been another meeting's,
    /// whose link the changes of this one must not close.
    pub(super) const fn new(client: &'a HttpClient, url: &'a str, stays_open: bool) -> Self {
        Self {
            client,
            url,
            stays_open,
        }
    }

    /// Opens the page, and then submits the name.
    pub(super) async fn visit(&self, moment: Moment) -> [Row; 2] {
        let opens = self.follow(moment, None, title(moment)).await;
        let joins = self.follow(moment, Some(NAME), "They type a name and join");
        [opens, joins.await]
    }

    async fn follow(&self, moment: Moment, name: Option<&str>, title: &'static str) -> Row {
        let started = Instant::now();
        let clicked = click(self.client, self.url, name);
        let clicked = waiting("Waiting for the join link's answer", clicked).await;
        let time = started.elapsed();
        match clicked {
            Ok(clicked) => Row {
                title,
                answer: Some((clicked.status, time)),
                result: self.judge(moment, name, &clicked),
            },
            Err(error) => Row {
                title,
                answer: None,
                result: Err(error_chain::describe(&error)),
            },
        }
    }

    /// What the answer means, or what was expected instead.
    fn judge(
        &self,
        moment: Moment,
        name: Option<&str>,
        clicked: &Clicked,
    ) -> Result<&'static str, String> {
        let page = (clicked.status, clicked.state.as_deref());
        let is_room = clicked.status == 303 && clicked.location.is_some();
        let is_closed = !self.stays_open;
        let (expected, holds) = match (moment, name) {
            (Moment::Early, None) => (
                "a page that says when the meeting starts",
                page == moment.page(),
            ),
            (Moment::Early, Some(_)) if page == (403, Some("early")) => {
                return Ok("ok: too early, as JOIN_OPENS_MINUTES says");
            }
            (Moment::Over, _) if is_closed => (
                "a page that says that the meeting is over",
                page == moment.page(),
            ),
            (Moment::Cancelled, _) if is_closed => (
                "a page that says that the meeting was cancelled",
                page == moment.page(),
            ),
            (Moment::Cancelled, None) => (
                "a page that says that a meeting with this link was cancelled",
                page == Moment::Open.page(),
            ),
            // A video system that needs no name lets the participant in at once.
            (Moment::Open | Moment::Over, None) => (
                "a page that asks for a name, or the room",
                is_room || page == Moment::Open.page(),
            ),
            (_, Some(_)) => ("the room", is_room),
        };
        if holds {
            return Ok(if is_room { "ok: the room" } else { "ok" });
        }
        let hint = match page {
            (503, _) => "; the function's log has the cause, video check tries the video system",
            _ => "",
        };
        Err(format!("FAIL: {expected}{hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(
        stays_open: bool,
        moment: Moment,
        name: Option<&str>,
        page: (u16, Option<&str>),
    ) -> Result<&'static str, String> {
        let client = HttpClient::new().unwrap();
        let join_page = JoinPage::new(&client, "https://vc.example.com/join/x", stays_open);
        let (status, state) = page;
        let room = "https://room.example.com".to_owned();
        join_page.judge(
            moment,
            name,
            &Clicked {
                status,
                state: state.map(str::to_owned),
                location: (status == 303).then_some(room),
            },
        )
    }

    const ROOM: (u16, Option<&str>) = (303, None);

    #[test]
    fn a_video_system_without_names_leads_to_the_room_at_once() {
        assert_eq!(judged(false, Moment::Open, None, ROOM), Ok("ok: the room"));
        let page = (200, Some("open"));
        assert_eq!(judged(false, Moment::Open, None, page), Ok("ok"));
        assert!(judged(false, Moment::Open, Some(NAME), page).is_err());
    }

    #[test]
    fn an_hour_early_the_page_shows_the_start_and_may_refuse_to_join() {
        let early = (200, Some("early"));
        assert_eq!(judged(false, Moment::Early, None, early), Ok("ok"));
        let refused = judged(false, Moment::Early, Some(NAME), (403, Some("early")));
        assert!(refused.unwrap().contains("JOIN_OPENS_MINUTES"));
        assert!(judged(false, Moment::Early, None, (200, Some("open"))).is_err());
        assert!(judged(false, Moment::Early, Some(NAME), early).is_err());
    }

    #[test]
    fn a_room_of_a_deleted_meeting_is_a_failure_unless_another_meeting_may_have_its_link() {
        for name in [None, Some(NAME)] {
            let cancelled = (410, Some("cancelled"));
            assert_eq!(judged(false, Moment::Cancelled, name, cancelled), Ok("ok"));
            assert!(judged(false, Moment::Cancelled, name, ROOM).is_err());
            assert!(judged(true, Moment::Cancelled, name, cancelled).is_err());
            assert!(judged(false, Moment::Over, name, ROOM).is_err());
        }
        assert!(judged(true, Moment::Cancelled, Some(NAME), ROOM).is_ok());
        assert!(judged(true, Moment::Over, Some(NAME), ROOM).is_ok());
    }

    #[test]
    fn a_failing_video_system_is_reported_with_the_command_that_checks_it() {
        let problem = judged(false, Moment::Open, Some(NAME), (503, Some("unavailable")));
        assert!(problem.unwrap_err().contains("video check"));
    }
}
