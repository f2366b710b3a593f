//! `app install`: HubSpot counts the app as installed in an account once the authorization code has been
//! exchanged.

use super::{Granted, Options, show};
use crate::commands::error::CommandError;
use crate::hubspot_oauth::listener::Ending;
use crate::output::say;

const NEXT: &str = "\
Next steps:
  1. settings set registers the webhooks' URLs, once for all accounts. Then HubSpot shows the option.
  2. users add admits users: an address, or *@your-domain.
  3. Each user connects a calendar (Settings → General → Calendar), and picks the video conference:
     on a record under Meetings → Schedule → Location, on a scheduling page under Overview → Add
     videoconference link. Changes take about a minute to show.";

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let granted = options.authorize("To install the app").await?;
    let Granted {
        installation,
        browser,
        ..
    } = granted;
    let account = installation.account();
    let text = format!("The app is installed in account {account}.");
    browser.end(Ending::Done(text)).await;
    say!("The app is installed.\n")?;
    show(&installation)?;
    say!("\n{NEXT}")?;
    Ok(())
}
