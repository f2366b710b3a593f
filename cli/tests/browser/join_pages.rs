//! Less frequent pages of the join link: a meeting that nobody can join yet, a cancelled meeting that shares
//! its link with another one, and a host's own link.

use join::video_system::VideoSystemSecret;
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use simulator::video_system;
use std::time::Duration;

use crate::axe;
use crate::chromium::{Outcome, no_settings, visit_in_every_look};
use crate::page::Page;
use crate::requests::sender;

const HOUR: Duration = Duration::from_hours(1);

/// A meeting that starts after `wait` and takes an hour.
fn meeting(wait: Duration) -> Meeting {
    let start_time = Timestamp::now().plus(wait);
    Meeting {
        start_time,
        end_time: start_time.plus(HOUR),
        ..Meeting::default()
    }
}

impl Page {
    /// Creates the meeting's conference with a request that is signed at this time; returns its link.
    async fn create(
        &self,
        meeting: &mut Meeting,
        signed_at: Timestamp,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let body = meeting.body(WebhookName::Create);
        let sender = sender(self).await?;
        let answer = sender.send(WebhookName::Create, &body, signed_at).await?;
        let text = |field: &str| Some(answer.body.get(field)?.as_str()?.to_owned());
        meeting.conference_id = text("conferenceId");
        Ok(text("conferenceUrl").ok_or("an answer without a link")?)
    }

    async fn enter_as(&self, name: &str) -> Outcome {
        let field = self.see("#name").await?;
        field.clear().await?;
        field.send_keys(name).await?;
        self.click("button").await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_joining_is_possible_the_page_shows_when_and_has_no_form() -> Outcome {
    let settings = || Environment::from_variables([("JOIN_OPENS_MINUTES", "10")]);
    visit_in_every_look(settings, async |driver| {
        let page = Page(driver);
        let mut early = meeting(HOUR);
        let link = page.create(&mut early, Timestamp::now()).await?;
        page.0.goto(&link).await?;
        page.see("main[data-state=early] time").await?;
        assert_eq!(page.count("form").await?, 0);
        // The page reloads itself when joining becomes possible. axe-core reports every such page.
        assert_eq!(page.count("meta[http-equiv=refresh]").await?, 1);
        axe::check_without(&page, &["meta-refresh"]).await?;
        let width = page.measure("document.documentElement.scrollWidth").await?;
        assert!(width <= page.measure("innerWidth").await?);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_two_meetings_share_lets_people_in_when_one_is_cancelled() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        let now = Timestamp::now();
        let mut shared = meeting(Duration::ZERO);
        let link = page.create(&mut shared, now).await?;
        let later = now.plus(Duration::from_secs(1));
        let second = page.create(&mut shared, later).await?;
        assert_eq!(second, link);
        let body = shared.body(WebhookName::Delete);
        let sender = sender(&page).await?;
        let delete = sender.send(WebhookName::Delete, &body, later).await?;
        assert_eq!(delete.status, 204);

        page.0.goto(&link).await?;
        page.read("main[data-state=open]", "cancelled").await?;
        page.read("button", "Join now anyway").await?;
        page.check().await?;
        page.enter_as("Ada").await?;
        page.read("main[data-state=room] li", "Ada").await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_opened_a_hosts_link_joins_as_that_host() -> Outcome {
    let settings = || Environment::from_variables([("MODERATORS", "host")]);
    visit_in_every_look(settings, async |driver| {
        let page = Page(driver);
        let base = page.0.current_url().await?.to_string();
        let mut theirs = meeting(Duration::ZERO);
        let link = page.create(&mut theirs, Timestamp::now()).await?;
        page.0.goto(&link).await?;
        page.enter_as("Grace").await?;
        page.read("main[data-state=room] li", "Grace, guest (you)")
            .await?;
        page.check().await?;

        let secret = VideoSystemSecret::from_json("VIDEO_SYSTEM_SECRET", video_system::SECRET)?;
        let token = secret.room_key.host_token(theirs.portal_id, theirs.user_id);
        page.0.goto(format!("{base}host/{token}")).await?;
        page.see("main[data-state=host] h1").await?;
        page.check().await?;
        page.0.goto(&link).await?;
        page.enter_as("Ada").await?;
        page.read("main[data-state=room] li", "Ada, moderator (you)")
            .await?;
        page.read("main[data-state=room] li", "Grace, guest")
            .await?;

        page.0.goto(format!("{base}host/1.2.wrong")).await?;
        page.see("main[data-state=unknown] h1").await?;
        page.check().await?;
        page.0.goto(base).await?;
        page.expand("join page").await?;
        Ok(())
    })
    .await
}
