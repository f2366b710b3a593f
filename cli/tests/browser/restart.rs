//! `dev --data FILE` after a restart.

use crate::chromium::{Look, Outcome, browse};
use crate::dev::Dev;
use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_meetings_are_listed_with_the_same_links() -> Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data.sqlite");
    let (dev, address) = Dev::start(&["--data".as_ref(), data.as_ref()])?;
    let [desktop, ..] = Look::ALL;
    let mut link = String::new();
    browse(&address, desktop.window, &[], async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        page.schedule("Review").await?;
        link = page.link().await?;
        page.click("[data-cancel]").await?;
        page.click("#cancel-submit").await?;
        page.see(".meeting.cancelled").await?;
        Ok(())
    })
    .await?;
    drop(dev);

    let (_dev, address) = Dev::start(&["--data".as_ref(), data.as_ref()])?;
    for look in Look::ALL {
        browse(&address, look.window, &[look.argument()], async |driver| {
            let page = Page(driver);
            page.read(".meeting.cancelled", "Review").await?;
            assert_eq!(page.link().await?, link);
            page.read("#meeting-list li:last-child", "Kick-off").await?;
            assert_eq!(page.count(".meeting").await?, 2);
            page.click("#meeting-list li:last-child summary").await?;
            page.read(".invitation", "/join/").await?;
            page.check().await?;
            page.click("#meeting-list li:last-child [data-reschedule]")
                .await?;
            page.click("#meeting-submit").await?;
            page.read("#result", "Rescheduled").await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}
