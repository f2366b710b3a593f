//! The page in a real Chromium, used by mouse and by keyboard.
//!
//! It needs Debian's `chromium` and `chromium-driver`, or another chromedriver in `CHROMEDRIVER`:
//! `cargo test -p hubspot-conference --features browser --test browser`
//!
//! With the path of axe-core's `axe.min.js` in `AXE_CORE` the tests also check the accessibility of every page.

mod axe;
mod chromium;
mod consent;
mod dev;
mod dialog;
mod join;
mod join_pages;
mod page;
mod requests;
mod restart;
mod states;

use chromium::{Outcome, Window, no_settings, visit, visit_in_every_look};
use page::Page;

const DESKTOP: Window = Window {
    width: 1280,
    height: 900,
};
const PHONE: Window = Window {
    width: 360,
    height: 740,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_scheduled_rescheduled_and_cancelled_and_its_link_stays() -> Outcome {
    visit(DESKTOP, async |driver| {
        let page = Page(driver);
        page.see("#no-meetings").await?;
        page.schedule("Kick-off").await?;
        let link = page.link().await?;
        assert!(link.contains("/join/"), "{link}");
        page.click(".meeting summary").await?;
        page.read(".invitation", &link).await?;

        page.click("[data-reschedule]").await?;
        page.pick("title", "Kick-off, later").await?;
        page.pick("start", "2031-03-04T15:00").await?;
        page.click("#meeting-submit").await?;
        page.read("#meeting-list h3", "Kick-off, later").await?;
        page.read("#meeting-list .when", "2031").await?;
        page.read(".request .meaning", "endTime, startTime, topic")
            .await?;
        assert_eq!(page.link().await?, link);

        page.click("[data-cancel]").await?;
        page.click("#cancel-submit").await?;
        page.read(".meeting.cancelled", "Cancelled").await?;
        page.read(".request .meaning", "Permanently deleted")
            .await?;
        let focused = page.0.active_element().await?;
        assert_eq!(focused.text().await?, "Kick-off, later");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_sent_again_gets_the_same_link_and_makes_no_second_meeting() -> Outcome {
    visit(DESKTOP, async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        let link = page.link().await?;
        page.repeat("create", "again").await?;
        page.read("#result", "sent again: 200").await?;
        page.click(".request summary").await?;
        page.read(".request [data-answer]", &link).await?;
        page.read(".request .meaning", "already existed; the same link")
            .await?;
        assert_eq!(page.count(".meeting").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_signature_is_refused_and_a_late_update_changes_nothing() -> Outcome {
    visit(DESKTOP, async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        page.repeat("create", "broken").await?;
        page.read("#result", "bad signature: 401").await?;
        page.read(".request .badge.bad", "401").await?;

        page.click("[data-reschedule]").await?;
        page.click("#meeting-submit").await?;
        page.read("#result", "Rescheduled").await?;
        page.repeat("update", "late").await?;
        page.read("#result", "sent late: 204").await?;
        page.read(".request .meaning", "Nothing changed").await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dialog_shows_what_went_wrong_and_can_be_submitted_again() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.click("#store-switch").await?;
        page.read("#store-state", "stopped").await?;
        page.click("#schedule").await?;
        page.click("#meeting-submit").await?;
        page.read("#meeting-problem", "answered 503").await?;
        page.click("#meeting-dialog [data-close]").await?;
        page.click("#store-switch").await?;
        page.read("#store-state", "running").await?;

        page.click("#schedule").await?;
        let host = page.see("#host").await?;
        host.clear().await?;
        host.send_keys("unknown@example.com").await?;
        page.click("#meeting-submit").await?;
        page.read("#meeting-problem", "no such user").await?;
        host.clear().await?;
        host.send_keys("test.user@example.com").await?;
        page.click("#meeting-submit").await?;
        page.see("#meeting-list .place a").await?;
        page.check().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_nothing_is_wider_than_the_screen_and_a_title_is_never_html() -> Outcome {
    visit(PHONE, async |driver| {
        let page = Page(driver);
        let title = "<img src=x onerror=document.title='gone'>Zürich";
        page.schedule(title).await?;
        page.click(".meeting summary").await?;
        page.click("[data-tab=requests]").await?;
        page.repeat("create", "again").await?;
        page.read("#result", "sent again").await?;
        page.read(".request [data-item]", title).await?;
        assert_eq!(page.count("main img").await?, 0);
        let width = page.measure("document.documentElement.scrollWidth").await?;
        assert_eq!(page.measure("innerWidth").await?, 360);
        assert!(width <= 360, "{width}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_recovers_from_a_state_that_it_cannot_show() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.see("#no-meetings").await?;
        page.corrupt_next_state().await?;
        page.click("#store-switch").await?;
        page.read("#store-state", "stopped").await?;
        page.click("#store-switch").await?;
        page.read("#store-state", "running").await?;
        page.schedule("Kick-off").await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_found_by_meeting_kind_answer_and_text_and_can_be_cleared() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        let shown = ".request:not([hidden])";
        page.schedule("Kick-off").await?;
        page.schedule("Review").await?;
        page.tab("requests").await?;
        page.read(".request .meeting-of", "Review · ").await?;
        assert_eq!(page.count(shown).await?, 4, "two verify, two create");

        page.tab("meetings").await?;
        page.click("#meeting-list li:first-child [data-show-requests]")
            .await?;
        assert_eq!(page.count(shown).await?, 1, "the requests about the review");
        page.click("#filter [type=reset]").await?;
        page.see("#filter [name=kind]")
            .await?
            .send_keys("verify")
            .await?;
        assert_eq!(page.count(shown).await?, 2);
        page.click("#filter [type=reset]").await?;
        let search = page.see("#filter [name=search]").await?;
        search.send_keys("kick-OFF").await?;
        assert_eq!(page.count(shown).await?, 1);
        search.send_keys("!").await?;
        page.see("#no-match").await?;
        page.check().await?;
        page.click("#clear").await?;
        page.see("#no-requests").await?;
        assert_eq!(page.count(".request").await?, 0);
        assert_eq!(page.count(".meeting").await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_of_zero_minutes_is_refused_and_cancelled_ones_can_be_hidden() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.click("#schedule").await?;
        page.pick("duration", "0").await?;
        page.click("#meeting-submit").await?;
        page.read("#meeting-problem", "has to end after it starts")
            .await?;
        page.click("#meeting-dialog [data-close]").await?;

        page.schedule("Kick-off").await?;
        page.click("[data-cancel]").await?;
        page.click("#cancel-submit").await?;
        page.see(".meeting.cancelled").await?;
        page.click("#hide-cancelled").await?;
        assert_eq!(page.count(".meeting:not([hidden])").await?, 0);
        page.check().await
    })
    .await
}
