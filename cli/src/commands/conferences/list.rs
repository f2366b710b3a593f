//! `conferences list`: lists a portal's conferences, page by page.

use clap::Args;
use shared::repository::conferences::{Conference, Found};
use shared::timestamp::Timestamp;

use super::readable_time::readable;
use super::search::Selection;
use crate::commands::error::CommandError;
use crate::commands::listing::{self, Entry, Format};
use crate::commands::table::TableOptions;
use crate::output::note;

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences list --portal 123123
  cargo run -- conferences list --portal 123123 --user-email ada@example.com
  cargo run -- conferences list --portal 123123 --from 2026-11-01 --to 2026-12-01
  cargo run -- conferences list --portal 123123 --user-id 4711 --stack hubspot-conference \\
      --format json

CSV and JSON contain everything that is stored. Times are in milliseconds since 1970 (expiresAt in
seconds). A CSV cell that a spreadsheet would run as a formula gets an apostrophe in front.";

/// List a portal's conferences
///
/// Includes deleted conferences until they expire. Not sorted: the order is the table's.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    #[command(flatten)]
    selection: Selection,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    table: TableOptions,
}

impl List {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.table.conferences().await?;
        let mut search = self.selection.search(&table);
        listing::print(self.format, async || {
            let page = search.next().await?;
            Ok(page.map(|found| found.into_iter().filter_map(readable_one).collect()))
        })
        .await
    }
}

/// The conference. For a malformed item, prints a note instead.
fn readable_one(found: Found) -> Option<Conference> {
    let report = |id: &str| {
        note!("note: {id} is a malformed conference and can't be listed; purge removes it too");
    };
    found
        .inspect_err(|unreadable| report(unreadable.conference_id.as_str()))
        .ok()
}

impl Entry for Conference {
    const COLUMNS: &'static [&'static str] = &[
        "conferenceId",
        "portalId",
        "userId",
        "userEmail",
        "topic",
        "source",
        "startTime",
        "endTime",
        "conferenceUrl",
        "createdAt",
        "signedAt",
        "updatedAt",
        "deletedAt",
        "repeated",
        "revision",
        "expiresAt",
    ];

    fn cells(&self) -> Vec<String> {
        let millis = |time: Timestamp| time.as_millis().to_string();
        let if_any = |time: Option<Timestamp>| time.map(millis).unwrap_or_default();
        vec![
            self.conference_id.to_string(),
            self.portal_id.to_string(),
            self.user_id.to_string(),
            self.user_email.clone(),
            self.topic.clone(),
            self.source.clone(),
            millis(self.start_time),
            millis(self.end_time),
            self.conference_url.as_str().to_owned(),
            millis(self.created_at),
            millis(self.signed_at),
            if_any(self.updated_at),
            if_any(self.deleted_at),
            if_any(self.repeated),
            self.revision.to_string(),
            self.expires_at.to_string(),
        ]
    }

    const TABLE: &'static [(&'static str, usize)] = &[
        ("CONFERENCE", 26),
        ("START", 23),
        ("DELETED", 7),
        ("USER ID", 10),
        ("HOST", 30),
        ("TITLE", 20),
    ];
    const ESCAPES_FORMULAS: bool = true;

    fn row(&self) -> Vec<String> {
        let deleted = if self.deleted_at.is_some() {
            "yes"
        } else {
            "-"
        };
        vec![
            self.conference_id.to_string(),
            readable(self.start_time),
            deleted.to_owned(),
            self.user_id.to_string(),
            self.user_email.clone(),
            self.topic.clone(),
        ]
    }
}
