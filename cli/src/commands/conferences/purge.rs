//! `conferences purge`: erases a portal's conferences, or one host's. Running it again is safe: what
//! is gone is gone, and the rest is found again.

use std::time::Duration;

use clap::Args;
use shared::conference_id::ConferenceId;
use shared::repository::conferences::{Found, PurgeConferences};
use tokio::time::sleep;

use super::search::Whose;
use crate::busy_store::{Known, Pace, give_all};
use crate::commands::CommandError;
use crate::commands::place::{Place, Table};
use crate::interrupt::Interrupt;
use crate::output::{note, say};
use crate::terminal::{Progress, confirm};

/// The table lies in the order in which it is read, so one of its partitions after the other has all
/// the work. It takes 1,000 writes a second (DynamoDB, "Quotas"): at most half of them are ours, so
/// that webhooks have room.
const PAUSE: Duration = Duration::from_millis(50);

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences purge --portal 123123 --stack hubspot-conference --dry-run
  cargo run -- conferences purge --portal 123123 --stack hubspot-conference
  cargo run -- conferences purge --portal 123123 --user-email ada@example.com --yes

A purged conference is unknown from then on. Its link still leads to its room in the video system;
HubSpot's updates of it get 404, its delete 204, and the same create again makes it anew, with the
same id and link. So purge after the portal has uninstalled the app, or after the user's last meeting.
An item that somebody wrote by hand and that is no whole conference goes too, if it names the portal,
and the host where you name one.

Entries in the table of users are another matter: users list, users remove. Running a purge again is
safe.";

/// Erase a portal's conferences, or one host's
///
/// Counts them, asks, and removes them from the table, the deleted ones too; there is no way back but
/// restoring the table.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Purge {
    #[command(flatten)]
    whose: Whose,
    /// Only count them
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Purge {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.place.conferences().await?;
        let whose = &self.whose;
        if self.dry_run {
            let found = how_many(count(whose, &table).await?);
            return Ok(say!("{found} {whose} would be purged; nothing was.")?);
        }
        if !self.yes {
            let found = count(whose, &table).await?;
            if found == 0 {
                return Ok(say!("There is nothing to purge.")?);
            }
            let (found, table) = (how_many(found), table.described());
            confirm(&format!("Erase {found} {whose} from {table} for good?"))?;
        }
        let purged = purge(whose, &table).await?;
        say!("{} {whose} purged.", how_many(purged))?;
        if whose.is_everything() {
            note!("note: who may host there is still in the table of users; see users list");
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

async fn count(whose: &Whose, table: &Table) -> Result<u64, CommandError> {
    let mut search = whose.search(table);
    let progress = Progress::through_table();
    let mut found = 0;
    while let Some(conferences) = search.next().await? {
        found += conferences.len() as u64;
        progress.at(search.read());
        progress.note(format!("{found} found"));
    }
    Ok(found)
}

async fn purge(whose: &Whose, table: &Table) -> Result<u64, CommandError> {
    let mut purged = 0;
    let outcome = purge_all(whose, table, &mut purged).await;
    if outcome.is_err() {
        let purged = how_many(purged);
        note!("Stopped: at least {purged} purged. Running it again is safe.");
    }
    outcome.map(|()| purged)
}

/// Counts in `purged`, so that it is known also after an error.
async fn purge_all(whose: &Whose, table: &Table, purged: &mut u64) -> Result<(), CommandError> {
    let right = &table.right(PurgeConferences::new);
    let remove = |left: Vec<ConferenceId>| async move { right.remove_batch(&left).await };
    let mut search = whose.search(table);
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
            let given = give_all(ids, Pace::default(), Known::Answers, remove).await;
            *purged += given.taken as u64;
            progress.note(format!("{purged} purged"));
            given.result.map_err(|error| table.explain(error))?;
            sleep(PAUSE).await;
        }
    }
    Ok(())
}
