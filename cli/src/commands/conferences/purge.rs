//! `conferences purge`: erases the conferences of a portal or of one host. Running it again is safe: it
//! finds the remaining conferences and erases them.

use std::time::Duration;

use clap::Args;
use shared::conference_id::ConferenceId;
use shared::repository::conferences::{Found, PurgeConferences};
use tokio::time::sleep;

use super::search::Selection;
use crate::commands::error::CommandError;
use crate::commands::table::{Table, TableOptions};
use crate::interrupt::Interrupt;
use crate::output::{note, say};
use crate::store_retries::{Backoff, StoreState, write_all};
use crate::terminal::{Progress, confirm};

/// The wait between two batches. The scan reads one partition after the other, so at any time all deletes
/// go to a single partition, which takes 1,000 writes a second ([DynamoDB, "Partitions"][partitions]).
/// With batches of 25, this uses at most half of them, so that webhooks are not throttled.
///
/// [partitions]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
const PAUSE: Duration = Duration::from_millis(50);

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences purge --portal 123123 --stack hubspot-conference --dry-run
  cargo run -- conferences purge --portal 123123 --stack hubspot-conference
  cargo run -- conferences purge --portal 123123 --user-email ada@example.com --yes

After a purge the functions no longer know the conference. A link made from a template still leads
to its room; a join link answers 404. HubSpot's updates get 404, its delete gets 204, and a retry of
the create makes the conference again, with the same ID and link. So purge after the portal has
uninstalled the app, or after the user's last meeting. A malformed item that was written by hand is
erased too, if it names the portal (and the host, if you give one).

A purge doesn't touch the users table: see users list and users remove. Running a purge again is
safe.";

/// Erase the conferences of a portal, or of one host
///
/// Counts the conferences, asks for confirmation, and erases them from the table, including deleted ones.
/// This can only be undone by restoring the table.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Purge {
    #[command(flatten)]
    selection: Selection,
    /// Only count the conferences
    #[arg(long)]
    dry_run: bool,
    /// Skip the confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    table: TableOptions,
}

impl Purge {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.table.conferences().await?;
        let selection = &self.selection;
        if self.dry_run {
            let found = how_many(count(selection, &table).await?);
            return Ok(say!(
                "{found} {selection} would be purged. Nothing was changed."
            )?);
        }
        if !self.yes {
            let found = count(selection, &table).await?;
            if found == 0 {
                return Ok(say!("There is nothing to purge.")?);
            }
            let (found, table) = (how_many(found), table.described());
            confirm(&format!(
                "Erase {found} {selection} from {table} permanently?"
            ))?;
        }
        let purged = purge(selection, &table).await?;
        say!("{} {selection} purged.", how_many(purged))?;
        if selection.is_everything() {
            note!("note: the portal's entries in the users table remain; see users list");
        }
        Ok(())
    }
}

fn how_many(conferences: u64) -> String {
    match conferences {
        1 => "1 conference".to_owned(),
        many => format!("{many} conferences"),
    }
}

async fn count(selection: &Selection, table: &Table) -> Result<u64, CommandError> {
    let mut search = selection.search(table);
    let progress = Progress::through_table();
    let mut found = 0;
    while let Some(conferences) = search.next().await? {
        found += conferences.len() as u64;
        progress.at(search.read());
        progress.note(format!("{found} found"));
    }
    Ok(found)
}

async fn purge(selection: &Selection, table: &Table) -> Result<u64, CommandError> {
    let mut purged = 0;
    let outcome = purge_all(selection, table, &mut purged).await;
    if outcome.is_err() {
        let purged = how_many(purged);
        note!("Stopped: at least {purged} purged. Running it again is safe.");
    }
    outcome.map(|()| purged)
}

/// Counts in `purged`, so that the count is available after an error too.
async fn purge_all(
    selection: &Selection,
    table: &Table,
    purged: &mut u64,
) -> Result<(), CommandError> {
    let purge = &table.access(PurgeConferences::new);
    let remove = |left: Vec<ConferenceId>| async move { purge.remove_batch(&left).await };
    let mut search = selection.search(table);
    let progress = Progress::through_table();
    let interrupt = Interrupt::watch();
    while let Some(conferences) = search.next().await? {
        interrupt.check()?;
        progress.at(search.read());
        for batch in conferences.chunks(PurgeConferences::BATCH) {
            let id = |found: &Found| match found {
                Ok(conference) => conference.conference_id.clone(),
                Err(unreadable) => unreadable.conference_id.clone(),
            };
            interrupt.check()?;
            let ids = batch.iter().map(id).collect();
            let written = write_all(ids, Backoff::default(), StoreState::Reachable, remove).await;
            *purged += written.confirmed as u64;
            progress.note(format!("{purged} purged"));
            written.result.map_err(|error| table.explain(error))?;
            sleep(PAUSE).await;
        }
    }
    Ok(())
}
