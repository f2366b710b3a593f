//! `conferences show`: prints everything stored about one conference.

use clap::Args;
use shared::conference_id::ConferenceId;
use shared::repository::conferences::{Conference, ReadConferences};
use shared::timestamp::Timestamp;

use super::readable_time::readable;
use crate::commands::error::CommandError;
use crate::commands::table::TableOptions;
use crate::output::say;
use crate::terminal::waiting;
use shared::printable::printable;

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences show abcdefghijklmnopqrstuvwx27
  cargo run -- conferences show ABCD-EFGH-IJKL-MNOP-QRST-UVWX-27 --stack hubspot-conference
  cargo run -- conferences show abcdefghijklmnopqrstuvwx27 --table restored";

/// Show everything stored about one conference
///
/// Includes whether and when it was deleted. Anybody with the link can join: take care who sees the
/// output.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// The conference ID, with or without the hyphens that the invitation shows
    #[arg(value_name = "ID", value_parser = conference_id)]
    id: ConferenceId,
    #[command(flatten)]
    table: TableOptions,
}

/// Accepts an ID as users copy or dictate it from the invitation: with hyphens, spaces and capitals.
fn conference_id(text: &str) -> Result<ConferenceId, &'static str> {
    let text = text.replace(['-', ' '], "").to_lowercase();
    ConferenceId::parse(&text).ok_or("must be 26 letters a-z and digits 2-7")
}

impl Show {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.table.conferences().await?;
        let read = table.access(ReadConferences::new);
        let found = waiting("Reading the table", read.get(&self.id)).await;
        let Some(conference) = found.map_err(|error| table.explain(error))? else {
            let problem = format!(
                "{} has no conference {}: it was never created there, or has expired",
                table.described(),
                self.id
            );
            return Err(problem.into());
        };
        print(conference)
    }
}

/// Prints everything stored about `conference`.
pub(super) fn print(conference: Conference) -> Result<(), CommandError> {
    for (attribute, value) in attributes(conference) {
        say!("{attribute:15}{}", printable(&value))?;
    }
    Ok(())
}

/// Every attribute by its name in the table.
fn attributes(conference: Conference) -> [(&'static str, String); 16] {
    // Destructured, so that the compiler reports a new attribute that is missing here.
    let Conference {
        conference_id,
        portal_id,
        user_id,
        user_email,
        topic,
        source,
        start_time,
        end_time,
        conference_url,
        created_at,
        signed_at,
        updated_at,
        deleted_at,
        repeated,
        revision,
        expires_at,
    } = conference;
    let if_any = |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), readable);
    let expires_at = Timestamp::from_millis(expires_at.saturating_mul(1_000));
    [
        ("conferenceId", conference_id.to_string()),
        ("portalId", portal_id.to_string()),
        ("userId", user_id.to_string()),
        ("userEmail", user_email),
        ("topic", topic),
        ("source", source),
        ("startTime", readable(start_time)),
        ("endTime", readable(end_time)),
        ("conferenceUrl", conference_url.as_str().to_owned()),
        ("createdAt", readable(created_at)),
        ("signedAt", readable(signed_at)),
        ("updatedAt", if_any(updated_at)),
        ("deletedAt", if_any(deleted_at)),
        ("repeated", if_any(repeated)),
        ("revision", revision.to_string()),
        ("expiresAt", readable(expires_at)),
    ]
}
