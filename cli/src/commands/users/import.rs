//! `users import`: imports many users from a CSV file. Valid rows are written, invalid rows are reported.
//! Running it again is safe, because every row replaces only its own entry.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::users::{EditUsers, FindUsers, User};

use crate::commands::error::CommandError;
use crate::commands::table::{Table, TableOptions};
use crate::interrupt::Interrupt;
use crate::output::{note, say};
use crate::public_mail::whole_provider;
use crate::store_retries::Backoff;
use crate::terminal::{Progress, confirm};
use crate::user_import::{Changes, Tally, UserImport, Writing};
use user_file::{ColumnNames, Row, UserRows};

const EXAMPLES: &str = "\
Examples:
  cargo run -- users import users.csv --portal 123123 --dry-run
  cargo run -- users import users.csv --portal 123123
  cargo run -- users import okta.csv --portal 123123 --email-column login
  cargo run -- users import - --portal 123123 --stack hubspot-conference < users.csv

The first line names the columns: email, and optionally nativeId and portalId. A row's own
portalId takes precedence over --portal; * before the @ means everyone at the domain:

  email,nativeId,portalId
  ada@example.com,4711,123123
  *@example.org,,123123

Exports from HubSpot, Google Workspace, Microsoft Entra, Okta and Zoom work unchanged; for other
files, give the columns' names. Users that such a file marks as suspended are skipped. Without a
nativeId column the stored ids stay unchanged; with one, an empty cell removes the id.

Invalid rows are reported with line and reason, the others are written, and the exit code is 1.
Running an import again is safe.";

/// Add many users from a CSV file
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// CSV file; - for standard input
    file: PathBuf,
    /// HubSpot account for rows without one
    #[arg(long, value_name = "NUMBER")]
    portal: Option<PortalId>,
    /// Name of the column with the address
    #[arg(long, value_name = "NAME")]
    email_column: Option<String>,
    /// Name of the column with the user's ID in the video system
    #[arg(long, value_name = "NAME")]
    native_id_column: Option<String>,
    /// Import suspended users, too
    #[arg(long)]
    include_suspended: bool,
    /// Validate every row, compare it with the table, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Skip the confirmation for everyone at a public mail provider
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    table: TableOptions,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let (input, size) = open(&self.file)?;
        let names = ColumnNames {
            email: self.email_column,
            native_id: self.native_id_column,
        };
        let rows = UserRows::new(input, self.portal, &names)?;
        for column in rows.ignored() {
            note!("note: the column {column} is ignored");
        }
        let keeps_native_ids = !rows.has_native_ids();
        if keeps_native_ids {
            note!("note: there is no nativeId column, so stored native IDs stay as they are");
        }
        let reading = Reading {
            rows,
            progress: Progress::through(size),
            interrupt: Interrupt::watch(),
            include_suspended: self.include_suspended,
            agreed: self.yes,
            // Standard input carries the rows, so it can't carry the answer to a prompt.
            asks: !self.dry_run && self.file != Path::new("-"),
            providers: HashMap::new(),
            good: 0,
            refused: 0,
            suspended: 0,
        };
        let table = self.table.users().await?;
        let writing = Writing {
            find: table.access(FindUsers::new),
            edit: (!self.dry_run).then(|| table.access(EditUsers::new)),
            keeps_native_ids,
            backoff: Backoff::default(),
        };
        run(reading, writing, &table).await
    }
}

fn open(file: &Path) -> Result<(Box<dyn BufRead>, Option<u64>), CommandError> {
    if file == Path::new("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    let name = file.display();
    let opened = File::open(file).map_err(|error| format!("can't open {name}: {error}"))?;
    let size = opened.metadata().ok().map(|metadata| metadata.len());
    Ok((Box::new(BufReader::new(opened)), size))
}

async fn run(mut reading: Reading, writing: Writing, table: &Table) -> Result<(), CommandError> {
    let is_dry = writing.edit.is_none();
    let mut import = UserImport::new(writing);
    let outcome = transfer(&mut reading, &mut import, table).await;
    let tally = import.settle().await;
    reading.progress.end();
    if let Err(error) = outcome {
        let done = if is_dry {
            "nothing was written".to_owned()
        } else {
            how_many(tally)
        };
        note!(
            "Stopped at line {}: {done}, {} were refused. Running it again is safe.",
            reading.rows.line(),
            reading.refused,
        );
        return Err(error);
    }
    let (refused, suspended) = (reading.refused, reading.suspended);
    let (written, superseded) = (tally.written, tally.superseded);
    if is_dry {
        say!("{} rows are valid, {refused} are not.", reading.good)?;
    } else {
        say!("{written} rows written, {refused} refused.")?;
    }
    let Changes {
        new,
        changed,
        unchanged,
        wiped,
    } = tally.changes;
    say!("{new} new, {changed} changed, {unchanged} unchanged.")?;
    if wiped > 0 {
        let lose = if is_dry { "would lose" } else { "lost" };
        say!("{wiped} of the changed {lose} the native ID, because its cell is empty.")?;
    }
    if suspended > 0 {
        say!("{suspended} were skipped as suspended; --include-suspended takes them.")?;
    }
    if superseded > 0 {
        say!("{superseded} more were left out: a later row has the same address.")?;
    }
    reading.verdict(if is_dry {
        "nothing was written"
    } else {
        "the others are written"
    })
}

fn how_many(tally: Tally) -> String {
    match tally {
        Tally {
            written,
            uncertain: 0,
            ..
        } => format!("{written} rows are written"),
        Tally {
            written, uncertain, ..
        } => format!("at least {written} rows are written and up to {uncertain} more may be"),
    }
}

async fn transfer(
    reading: &mut Reading,
    import: &mut UserImport,
    table: &Table,
) -> Result<(), CommandError> {
    while let Some(user) = reading.next_good()? {
        let taken = import.put(user).await;
        taken.map_err(|error| table.explain(error))?;
    }
    let finished = import.finish().await;
    Ok(finished.map_err(|error| table.explain(error))?)
}

/// The rows, with the counts so far.
struct Reading {
    rows: UserRows<Box<dyn BufRead>>,
    progress: Progress,
    interrupt: Interrupt,
    include_suspended: bool,
    agreed: bool,
    asks: bool,
    /// Public mail providers, and whether the user confirmed an entry for everyone there.
    providers: HashMap<String, bool>,
    good: u64,
    refused: u64,
    suspended: u64,
}

impl Reading {
    /// The next valid user. Invalid rows before it are reported.
    fn next_good(&mut self) -> Result<Option<User>, CommandError> {
        while let Some(row) = self.rows.next_row()? {
            self.interrupt.check()?;
            self.progress.at(self.rows.bytes());
            let Row {
                line,
                is_suspended,
                user,
            } = row;
            let reason = match user {
                _ if is_suspended && !self.include_suspended => {
                    self.suspended += 1;
                    continue;
                }
                Ok(user) if self.is_wanted(&user) => {
                    self.good += 1;
                    return Ok(Some(user));
                }
                Ok(user) => format!(
                    "{} would let anyone in the world host: add --yes to confirm",
                    user.email
                ),
                Err(reason) => reason.to_string(),
            };
            self.refused += 1;
            let report = || note!("line {line}: {reason}");
            self.progress.say(report);
        }
        Ok(None)
    }

    /// Whether the entry is allowed: it isn't for a public mail provider, or the user confirms it.
    fn is_wanted(&mut self, user: &User) -> bool {
        let Some(provider) = whole_provider(&user.email) else {
            return true;
        };
        if self.agreed || !self.asks {
            return self.agreed;
        }
        if let Some(agreed) = self.providers.get(provider) {
            return *agreed;
        }
        let question =
            format!("Anyone can get an address at {provider}. Allow all of them to host?");
        let mut agreed = false;
        self.progress.say(|| agreed = confirm(&question).is_ok());
        self.providers.insert(provider.to_owned(), agreed);
        agreed
    }

    fn verdict(&self, others: &str) -> Result<(), CommandError> {
        match self.refused {
            0 => Ok(()),
            1 => Err(format!("1 row was refused; {others}").into()),
            refused => Err(format!("{refused} rows were refused; {others}").into()),
        }
    }
}
