//! The requests on the page, from every sender.

use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::hubspot::caller::{Caller, Signer};
use simulator::sample::{self, Meeting};
use thirtyfour::By;

use crate::chromium::{Outcome, no_settings, visit_in_every_look};
use crate::page::Page;

/// Another program that sends webhooks as HubSpot does, to the system whose page is open.
pub(crate) async fn sender(
    page: &Page,
) -> Result<Caller, Box<dyn std::error::Error + Send + Sync>> {
    let base_url = page.0.current_url().await?.to_string();
    let signer = Signer {
        secret: Secret::new(sample::CLIENT_SECRET),
        version: SignatureVersion::V3,
    };
    Ok(Caller::new(&base_url, signer)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_from_another_program_appears_with_its_meeting_and_its_whole_answer() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.see("#no-meetings").await?;
        let sender = sender(&page).await?;
        let mut meeting = Meeting {
            topic: "مراجعة  <b>الربع</b>".to_owned(),
            ..Meeting::default()
        };
        let create = WebhookName::Create;
        let body = meeting.body(create);
        let answer = sender.send(create, &body, Timestamp::now()).await?;
        meeting.conference_id = answer.body["conferenceId"].as_str().map(str::to_owned);

        page.read("#meeting-list h3", &meeting.topic).await?;
        let item = page.expand("create").await?;
        page.read(".request .meaning", "A conference was created")
            .await?;
        page.read(".request [data-sender]", "from another program")
            .await?;
        let about = page.read(".request .meeting-of", &meeting.topic).await?;
        let short = &meeting.conference()[..8];
        assert!(about.text().await?.contains(short));
        page.read(".request [data-answer-headers]", "application/json")
            .await?;
        let body = item.find(By::Css("[data-body]")).await?.text().await?;
        assert!(body.starts_with("{\n  \"portalId\": 123123,\n"), "{body}");
        page.check().await?;

        let delete = WebhookName::Delete;
        let body = meeting.body(delete);
        sender.send(delete, &body, Timestamp::now()).await?;
        page.tab("meetings").await?;
        page.read(".meeting.cancelled", "Cancelled").await?;
        page.check().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_appears_with_the_call_to_the_video_system() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        let base = page.0.current_url().await?.to_string();
        let link = page.link().await?;
        page.0.goto(&link).await?;
        let name = page.see("#name").await?;
        name.send_keys("Ada").await?;
        page.click("button").await?;
        page.read("main[data-state=room] li", "Ada, moderator (you)")
            .await?;
        page.check().await?;

        page.0.goto(&base).await?;
        page.expand("join page").await?;
        page.read(".request .meaning", "The visitor goes on to http")
            .await?;
        page.read(".request .meaning", "The page").await?;
        let call = page.expand("video system").await?;
        page.read(".request .meaning", "Ada may enter as host")
            .await?;
        let body = call.find(By::Css("[data-body]")).await?.text().await?;
        assert!(body.contains("\"type\": \"conference.join\""), "{body}");
        let headers = call.find(By::Css("[data-headers]")).await?.text().await?;
        assert!(headers.contains("webhook-signature"), "{headers}");
        let again = call.find(By::Css("[data-how=again]")).await?;
        assert!(!again.is_displayed().await?, "only webhooks are sent again");
        page.read(".request .meeting-of", "Kick-off").await?;
        page.check().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_body_answer_and_a_command_with_a_fresh_signature_are_copied() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.keep_copies().await?;
        page.schedule("It’s 'quoted'").await?;
        let create = page.expand("create").await?;
        for (part, message, expected) in [
            ("headers", "Headers copied", "x-hubspot-signature-v3: "),
            ("body", "Body copied", "{\"portalId\":123123,"),
            (
                "curl",
                "Command copied",
                "\n  --header 'x-hubspot-signature-v3: ",
            ),
            (
                "answer-headers",
                "Answer headers copied",
                "content-type: application/json",
            ),
            (
                "answer-body",
                "Answer body copied",
                "\"conferenceUrl\":\"http",
            ),
        ] {
            let button = format!("[data-copy={part}]");
            create.find(By::Css(button)).await?.click().await?;
            page.read("#result", message).await?;
            let copied = page.copied().await?;
            assert!(copied.contains(expected), "{part}: {copied}");
        }
        page.check().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_leads_to_its_requests_and_a_request_to_its_meeting() -> Outcome {
    visit_in_every_look(no_settings, async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        page.schedule("Review").await?;
        page.read("[data-show-requests]", "Show requests (1)")
            .await?;
        page.click("#meeting-list li:last-child [data-show-requests]")
            .await?;
        page.read("#filter-meeting", "Kick-off").await?;
        assert_eq!(page.count(".request:not([hidden])").await?, 1);
        let create = page.expand("create").await?;
        create
            .find(By::Css("[data-its-meeting]"))
            .await?
            .click()
            .await?;
        page.see("#meeting-list li:last-child h3").await?;
        let focused = page.0.active_element().await?;
        assert_eq!(focused.text().await?, "Kick-off");
        page.check().await?;

        // A hidden cancelled meeting is shown again.
        page.click("#meeting-list li:last-child [data-cancel]")
            .await?;
        page.click("#cancel-submit").await?;
        page.see(".meeting.cancelled").await?;
        page.click("#hide-cancelled").await?;
        assert_eq!(page.count(".meeting:not([hidden])").await?, 1);
        let delete = page.expand("delete").await?;
        delete
            .find(By::Css("[data-its-meeting]"))
            .await?
            .click()
            .await?;
        page.see(".meeting.cancelled").await?;
        Ok(())
    })
    .await
}
