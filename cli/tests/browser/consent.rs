//! HubSpot's consent page, as an admin sees it when installing the app.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::DESKTOP;
use crate::chromium::{Outcome, visit};
use crate::page::Page;

/// Starts `app install` for the system at `base`; returns the URL that it prints.
fn install(base: &str) -> Result<(Child, String), Box<dyn std::error::Error + Send + Sync>> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hubspot-conference"))
        .args(["app", "install", "--port", "0", "--app-base", base])
        .args(["--api-base", base])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = child.stdout.take().ok_or("app install has no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if line.contains("/oauth/authorize?") {
            return Ok((child, line.trim().to_owned()));
        }
    }
    Err("app install exited before it printed a URL".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_chooses_an_account_and_connects_the_app() -> Outcome {
    visit(DESKTOP, async |driver| {
        let page = Page(driver);
        let base = page.0.current_url().await?.to_string();
        let base = base.trim_end_matches('/');
        let (mut command, address) = install(base)?;
        page.0.goto(&address).await?;
        page.read("label", "example.com (123123, already has the app)")
            .await?;
        page.click("#account-456456").await?;
        page.click("#allow").await?;
        page.read("h1", "Done").await?;
        page.read("p", "installed in account 456456").await?;
        // Don't check the exit status: writing to the closed output may have failed.
        command.wait()?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_who_cancels_installs_nothing() -> Outcome {
    visit(DESKTOP, async |driver| {
        let page = Page(driver);
        let base = page.0.current_url().await?.to_string();
        let (mut command, address) = install(base.trim_end_matches('/'))?;
        page.0.goto(&address).await?;
        page.click("#deny").await?;
        page.read("h1", "It did not work").await?;
        assert!(!command.wait()?.success());
        Ok(())
    })
    .await
}
