//! `app uninstall`: removes the app from an account. The admin has to authorize again, because no
//! token was kept.

use std::io::{self, IsTerminal, Write};

use super::{Granted, Options, show};
use crate::commands::error::CommandError;
use crate::hubspot_oauth::listener::Ending;
use crate::output::say;
use crate::terminal::{ConfirmError, waiting};

pub(super) async fn run(options: Options, yes: bool) -> Result<(), CommandError> {
    // Fail before an admin goes through HubSpot's pages for nothing.
    if !yes && !io::stdin().is_terminal() {
        return Err(ConfirmError::NoTerminal.into());
    }
    let purpose = "To uninstall the app (HubSpot asks for permission again)";
    let mut granted = options.authorize(purpose).await?;
    show(&granted.installation)?;
    let outcome = finish(&mut granted, yes).await;
    let account = granted.installation.account();
    let ending = match outcome {
        Ok(()) => Ending::Done(format!("The app is uninstalled from account {account}.")),
        Err(_) => Ending::Failed,
    };
    granted.browser.end(ending).await;
    outcome?;
    say!("The app is uninstalled from account {account}.")?;
    Ok(())
}

async fn finish(granted: &mut Granted, yes: bool) -> Result<(), CommandError> {
    if !yes {
        write!(io::stderr(), "Uninstall the app from this account? [y/N] ")?;
        io::stderr().flush()?;
        let answer = granted.lines.next().await;
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Err(ConfirmError::Declined.into());
        }
    }
    let uninstalled = granted.api.uninstall(&granted.token);
    waiting("Waiting for HubSpot", uninstalled).await?;
    Ok(())
}
