//! `users import`: many users from a CSV file. Good rows are written, the others are named; running it
//! again is safe, because every row replaces its own entry and nothing else.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::users::{KeepUsers, User};

use crate::busy_store::Pace;
use crate::commands::CommandError;
use crate::commands::place::{Place, Table};
use crate::terminal::Progress;
use crate::user_import::{Tally, UserImport};
use user_file::{Row, UserRows};

const EXAMPLES: &str = "\
Examples:
  cargo run -- users import users.csv --portal 123123 --dry-run
  cargo run -- users import users.csv --portal 123123
  cargo run -- users import - --portal 123123 --stack hubspot-conference < users.csv

The first line names the columns: email, and if you like nativeId and portalId. A row's own
portalId counts before --portal. A row is one line; * before the @ means everybody there:

  email,nativeId,portalId
  ada@example.com,4711,123123
  *@example.org,,123123

Refused rows are named with line and reason, the others are written, and the exit code is 1.
Running an import again is safe.";

/// Add many users from a CSV file
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// CSV file; - for standard input
    file: PathBuf,
    /// HubSpot account of rows that name none
    #[arg(long, value_name = "NUMBER")]
    portal: Option<PortalId>,
    /// Check every row and write nothing; needs no connection
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let (input, size) = open(&self.file)?;
        let rows = UserRows::new(input, self.portal)?;
        for column in rows.ignored() {
            eprintln!("note: the column {column} does not count");
        }
        let mut reading = Reading::new(rows, size);
        if self.dry_run {
            while reading.next_good()?.is_some() {}
            reading.progress.end();
            println!(
                "{} rows are good, {} are not.",
                reading.good, reading.refused
            );
            return reading.verdict("nothing was written");
        }
        let table = self.place.users().await?;
        write(reading, &table).await
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

async fn write(mut reading: Reading, table: &Table) -> Result<(), CommandError> {
    let mut import = UserImport::new(table.right(KeepUsers::new), Pace::default());
    let outcome = transfer(&mut reading, &mut import, table).await;
    let tally = import.settle().await;
    reading.progress.end();
    if let Err(error) = outcome {
        eprintln!(
            "Stopped at line {}: {}, {} were refused. Running it again is safe.",
            reading.rows.line(),
            how_many(tally),
            reading.refused,
        );
        return Err(error);
    }
    let Tally {
        written,
        superseded,
        ..
    } = tally;
    println!("{written} rows written, {} refused.", reading.refused);
    if superseded > 0 {
        println!("{superseded} more were left out: a later row has the same address.");
    }
    reading.verdict("the others are written")
}

fn how_many(tally: Tally) -> String {
    match tally {
        Tally {
            written,
            perhaps: 0,
            ..
        } => format!("{written} rows are written"),
        Tally {
            written, perhaps, ..
        } => format!("at least {written} rows are written and up to {perhaps} more may be"),
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

/// The rows, with what was thought of them so far.
struct Reading {
    rows: UserRows<Box<dyn BufRead>>,
    progress: Progress,
    good: u64,
    refused: u64,
}

impl Reading {
    fn new(rows: UserRows<Box<dyn BufRead>>, size: Option<u64>) -> Self {
        Self {
            rows,
            progress: Progress::through(size),
            good: 0,
            refused: 0,
        }
    }

    /// The next user; the rows in between that are refused are named.
    fn next_good(&mut self) -> Result<Option<User>, CommandError> {
        while let Some(Row { line, user }) = self.rows.next_row()? {
            self.progress.at(self.rows.bytes());
            match user {
                Ok(user) => {
                    self.good += 1;
                    return Ok(Some(user));
                }
                Err(reason) => {
                    self.refused += 1;
                    let name = || eprintln!("line {line}: {reason}");
                    self.progress.say(name);
                }
            }
        }
        Ok(None)
    }

    fn verdict(&self, others: &str) -> Result<(), CommandError> {
        match self.refused {
            0 => Ok(()),
            1 => Err(format!("1 row was refused; {others}").into()),
            refused => Err(format!("{refused} rows were refused; {others}").into()),
        }
    }
}
