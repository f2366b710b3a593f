//! HubSpot's dialog, in which a meeting is scheduled.

use thirtyfour::By;

use crate::chromium::{Look, Outcome, no_settings, visit, visit_in_every_look};
use crate::page::Page;

impl Page {
    /// Chooses from a list of the dialog.
    async fn choose(&self, field: &str, option: &str) -> Outcome {
        let option = format!("#{field} option[value='{option}']");
        self.0.find(By::Css(option)).await?.click().await?;
        Ok(())
    }

    /// Types into a field of the dialog.
    async fn fill(&self, field: &str, text: &str) -> Outcome {
        let field = self.see(&format!("#{field}")).await?;
        field.clear().await?;
        field.send_keys(text).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_has_attendees_a_duration_and_a_time_zone_and_needs_no_video_conference()
-> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.click("#schedule").await?;
        page.see("#meeting-dialog").await?;
        page.check().await?;
        page.fill("title", "Kick-off").await?;
        page.pick("start", "2031-03-04T15:00").await?;
        page.fill("duration", "45").await?;
        page.choose("zone", "Asia/Tokyo").await?;
        page.read("#ends", "(Asia/Tokyo)").await?;
        page.fill("attendees", "Jörg@Müller.example, ليلى@example.com")
            .await?;
        page.choose("conference", "none").await?;
        page.click("#meeting-submit").await?;
        page.read("#result", "without a video conference").await?;
        page.read(".meeting .place", "No video conference").await?;
        page.read("[data-names]", "Jörg@Müller.example, ليلى@example.com")
            .await?;
        page.read(".meeting .when", "(Asia/Tokyo)").await?;
        let shown = page.read(".meeting .when", "3:00").await?;
        let text = shown.text().await?;
        assert!(text.contains("45"), "{text}");
        page.check().await?;
        page.tab("requests").await?;
        page.see("#no-requests").await?;

        // The dialog shows the stored time zone and attendees.
        page.tab("meetings").await?;
        page.click("[data-reschedule]").await?;
        let zone = page.see("#zone").await?.prop("value").await?;
        assert_eq!(zone.as_deref(), Some("Asia/Tokyo"));
        let start = page.see("#start").await?.prop("value").await?;
        assert_eq!(start.as_deref(), Some("2031-03-04T15:00"));
        let duration = page.see("#duration").await?.prop("value").await?;
        assert_eq!(duration.as_deref(), Some("45"));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_its_remedy() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.click("#schedule").await?;
        for (field, wrong, problem, right) in [
            ("duration", "0", "give it at least one minute", "30"),
            ("duration", "", "Enter the duration", "30"),
            ("duration", "1.5", "whole minutes", "30"),
            ("attendees", "Ada Lovelace", "with commas", ""),
            (
                "host",
                "Ada",
                "the host’s email address",
                "test.user@example.com",
            ),
        ] {
            page.fill(field, wrong).await?;
            page.click("#meeting-submit").await?;
            page.read("#meeting-problem", problem).await?;
            let focused = page.0.active_element().await?;
            assert_eq!(focused.id().await?.as_deref(), Some(field));
            page.fill(field, right).await?;
        }
        page.fill("host", "unknown@example.com").await?;
        page.click("#meeting-submit").await?;
        page.read("#meeting-problem", "users add ADDRESS --portal 123123")
            .await?;
        page.check().await?;

        page.choose("account", "456456").await?;
        page.fill("host", "").await?;
        page.choose("account", "123123").await?;
        page.choose("account", "456456").await?;
        let host = page.see("#host").await?.prop("value").await?;
        assert_eq!(host.as_deref(), Some("test.user@example.org"));
        page.click("#meeting-submit").await?;
        page.read("#meeting-problem", "app install --app-base URL")
            .await?;
        page.click("#meeting-dialog [data-close]").await?;
        page.check().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_skipped_by_daylight_saving_is_shown_an_hour_later() -> Outcome {
    let [desktop, ..] = Look::ALL;
    visit(desktop.window, async |driver| {
        let page = Page(driver);
        page.click("#schedule").await?;
        page.choose("zone", "Europe/Berlin").await?;
        for (start, shown) in [
            ("2031-03-30T01:30", "1:30"),
            ("2031-03-30T02:30", "3:30"),
            ("2031-10-26T02:30", "2:30"),
        ] {
            page.pick("start", start).await?;
            page.read("#ends", shown).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_and_addresses_are_shown_as_they_were_typed() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        let title = "Zwei  Leerzeichen & <i>nichts</i> kursiv";
        page.click("#schedule").await?;
        page.fill("title", title).await?;
        page.fill("host", "Test.User@Example.com").await?;
        page.click("#meeting-submit").await?;
        page.read("#result", "Scheduled").await?;
        page.read("#meeting-list h3", title).await?;
        page.read("[data-host]", "Test.User@Example.com").await?;
        page.tab("requests").await?;
        page.read(".request [data-meeting-title]", title).await?;
        page.tab("meetings").await?;
        page.click("[data-cancel]").await?;
        page.read("#cancel-title", title).await?;
        page.check().await
    })
    .await
}
