//! `dev --data FILE` is ended and started again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::chromium::{Look, Outcome, browse};
use crate::page::Page;

/// A running `dev`, until it is dropped.
struct Dev(Child);

impl Dev {
    /// Starts it with this data file; gives back its page's address too.
    fn start(data: &Path) -> Result<(Self, String), Box<dyn std::error::Error + Send + Sync>> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hubspot-conference"))
            .args(["dev", "--port", "0", "--dynamodb-port", "0", "--data"])
            .arg(data)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("dev is silent")?;
        let dev = Self(process);
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once("page      ") {
                return Ok((dev, address.to_owned()));
            }
        }
        Err("dev ended before it said its address".into())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_meetings_are_there_after_a_restart_and_their_links_are_the_same() -> Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data.sqlite");
    let (dev, address) = Dev::start(&data)?;
    let [desktop, ..] = Look::ALL;
    browse(&address, desktop.window, &[], async |driver| {
        let page = Page(driver);
        page.schedule("Kick-off").await?;
        page.schedule("Review").await?;
        page.click("[data-cancel]").await?;
        page.click("#cancel-submit").await?;
        page.see(".meeting.cancelled").await?;
        Ok(())
    })
    .await?;
    drop(dev);

    let (_dev, address) = Dev::start(&data)?;
    for look in Look::ALL {
        browse(&address, look.window, &[look.argument()], async |driver| {
            let page = Page(driver);
            page.read(".meeting.cancelled", "Review").await?;
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
