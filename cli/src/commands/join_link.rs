//! The join link for `send` and `event`: the options of a click, and the link's URL.

use clap::Args;
use clap::builder::PossibleValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use simulator::click::click;
use simulator::http_client::HttpClient;

use super::error::CommandError;
use crate::output::say;
use crate::terminal::waiting;

/// The options of a click.
#[derive(Args, Debug)]
#[command(next_help_heading = "The join link")]
pub(super) struct JoinOptions {
    /// Join under this name, as the page's form does (POST); without it, look at the page (GET)
    #[arg(long, value_name = "TEXT")]
    pub(super) name: Option<String>,
}

/// A name was given for a webhook, which has none.
#[derive(Debug, thiserror::Error)]
#[error("--name is only for join")]
pub(super) struct NameForWebhook;

impl JoinOptions {
    /// Refuses a name, which no webhook has.
    ///
    /// # Errors
    /// [`NameForWebhook`] if there is one.
    pub(super) const fn refuse_name(&self) -> Result<(), NameForWebhook> {
        match self.name {
            None => Ok(()),
            Some(_) => Err(NameForWebhook),
        }
    }
}

/// The word on the command line, and for `--help` what it does.
pub(super) fn possible_value() -> PossibleValue {
    PossibleValue::new("join").help("A participant opens the meeting's join link")
}

/// The link of a conference at the system with this base URL.
pub(super) fn url(base_url: &str, conference: &str) -> String {
    let conference = utf8_percent_encode(conference, NON_ALPHANUMERIC);
    format!("{}/join/{conference}", base_url.trim_end_matches('/'))
}

/// Follows the link `url`, with a name as a participant does, and shows the answer.
///
/// # Errors
/// If there is no answer, or its status is neither a success nor a redirect.
pub(super) async fn follow(url: &str, name: Option<&str>) -> Result<(), CommandError> {
    let client = HttpClient::new()?;
    let clicked = waiting(
        "Waiting for the join link's answer",
        click(&client, url, name),
    )
    .await?;
    say!("status  {}", clicked.status)?;
    if let Some(state) = &clicked.state {
        say!("state   {state}")?;
    }
    if let Some(room) = &clicked.location {
        say!("room    {room}")?;
    }
    match (clicked.status, &clicked.state) {
        (200..400, _) => Ok(()),
        (404, None) => Err("there is no join link: does this system have a video system?".into()),
        (status, _) => Err(format!("the join link answered {status}").into()),
    }
}
