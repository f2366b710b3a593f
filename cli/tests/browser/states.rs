//! What the page shows while something changes or is missing.

use shared::contract::WebhookName;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use thirtyfour::By;

use crate::chromium::{Look, Outcome, browse, no_settings, visit_in_every_look};
use crate::dev::Dev;
use crate::page::Page;
use crate::requests::sender;

#[tokio::test(flavor = "multi_thread")]
async fn an_open_request_stays_in_place_when_others_arrive() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        let read = page.expand("create").await?;
        page.read(".request [data-item]", "Kick-off").await?;
        let body = read.find(By::Css("[data-answer]")).await?;
        body.scroll_into_view().await?;
        let place = "document.querySelector('details[open]').getBoundingClientRect().top";
        let before = page.measure(place).await?;

        let sender = sender(&page).await?;
        let body = Meeting::default().body(WebhookName::Verify);
        for _ in 0..3 {
            let verify = WebhookName::Verify;
            sender.send(verify, &body, Timestamp::now()).await?;
        }
        page.wait_for(".request:nth-child(5)").await?;
        let after = page.measure(place).await?;
        assert!((after - before).abs() <= 1, "{before} became {after}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_system_is_down_the_page_says_so_and_shows_no_empty_lists() -> Outcome {
    for look in Look::ALL {
        let (dev, address) = Dev::start(&[])?;
        browse(&address, look.window, &[look.argument()], async |driver| {
            let page = Page(driver);
            page.see("#no-meetings").await?;
            page.tab("requests").await?;
            page.see("#no-requests").await?;
            drop(dev);
            page.see("#offline").await?;
            page.read("#store-state.stopped", "The system is down")
                .await?;
            for tab in ["requests", "meetings"] {
                page.tab(tab).await?;
                for empty in ["#loading", "#no-meetings", "#no-requests", "#no-match"] {
                    let empty = page.0.find(By::Css(empty)).await?;
                    assert!(!empty.is_displayed().await?, "{}", empty.text().await?);
                }
            }
            page.check().await
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_disappears_at_the_next_action_or_after_a_while() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        page.click("#store-switch").await?;
        let notice = page.read("#result", "The store is stopped.").await?;
        assert_eq!(notice.text().await?, "The store is stopped.");

        page.hurry_notices().await?;
        page.click("#store-switch").await?;
        page.read("#store-state", "running").await?;
        page.wait_for("#result:empty").await?;
        Ok(())
    })
    .await
}
