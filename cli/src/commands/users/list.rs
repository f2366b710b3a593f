//! `users list`: a portal's entries, page by page as they come.
//!
//! CSV is written exactly, so that `users import` reads back what was there. To a spreadsheet a cell
//! that begins with = + - or @ is a formula; changing such a cell would change the address, so the
//! help says to import the column as text instead.

use std::io::{self, BufWriter, ErrorKind, Write};

use clap::{Args, ValueEnum};
use shared::identifiers::PortalId;
use shared::repository::users::User;

use super::directory::{Directory, Place};
use crate::commands::CommandError;
use crate::terminal::printable;
use crate::user_rows::COLUMNS;

const EXAMPLES: &str = "\
Examples:
  cargo run -- users list --portal 123123
  cargo run -- users list --portal 123123 --stack hubspot-conference --format csv > users.csv
  cargo run -- users list --portal 123123 --format json

CSV is exact, for users import. In a spreadsheet import its columns as text: a cell that begins
with = + - or @ is a formula there.";

/// List a portal's users
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: PortalId,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// For users import
    Csv,
    /// For programs
    Json,
}

impl List {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let directory = self.place.open().await?;
        let output = BufWriter::new(io::stdout());
        let written = match self.format {
            Format::Table => write(&directory, self.portal, Table(output)).await,
            Format::Csv => {
                let csv = csv::Writer::from_writer(output);
                write(&directory, self.portal, csv).await
            }
            Format::Json => {
                let json = Json { output, any: false };
                write(&directory, self.portal, json).await
            }
        };
        match written {
            // Whoever reads has seen enough, as in `users list | head`.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            written => written,
        }
    }
}

async fn write(
    directory: &Directory,
    portal: PortalId,
    mut listing: impl Listing,
) -> Result<(), CommandError> {
    let mut pages = directory.list().of(portal);
    let mut next = async || {
        let page = pages.next().await;
        page.map_err(|error| directory.explain(error))
    };
    let mut page = next().await?;
    listing.begin()?;
    while let Some(users) = page {
        for user in &users {
            listing.entry(user)?;
        }
        page = next().await?;
    }
    Ok(listing.end()?)
}

fn is_broken_pipe(error: &CommandError) -> bool {
    let error: Option<&io::Error> = error.downcast_ref();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// A way to print entries, one after the other.
trait Listing {
    fn begin(&mut self) -> io::Result<()>;
    fn entry(&mut self, user: &User) -> io::Result<()>;
    fn end(&mut self) -> io::Result<()>;
}

struct Table<W>(W);

impl<W: Write> Listing for Table<W> {
    fn begin(&mut self) -> io::Result<()> {
        writeln!(self.0, "{:44}  NATIVE ID", "EMAIL")
    }

    fn entry(&mut self, user: &User) -> io::Result<()> {
        let email = printable(user.email.as_str());
        let id = printable(user.native_id.as_deref().unwrap_or("-"));
        writeln!(self.0, "{email:44}  {id}")
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Listing for csv::Writer<W> {
    fn begin(&mut self) -> io::Result<()> {
        Ok(self.write_record(COLUMNS)?)
    }

    fn entry(&mut self, user: &User) -> io::Result<()> {
        let id = user.native_id.as_deref().unwrap_or_default();
        let portal = user.portal_id.to_string();
        Ok(self.write_record([user.email.as_str(), id, &portal])?)
    }

    fn end(&mut self) -> io::Result<()> {
        self.flush()
    }
}

struct Json<W> {
    output: W,
    any: bool,
}

impl<W: Write> Listing for Json<W> {
    fn begin(&mut self) -> io::Result<()> {
        write!(self.output, "[")
    }

    fn entry(&mut self, user: &User) -> io::Result<()> {
        let comma = if self.any { "," } else { "" };
        self.any = true;
        write!(self.output, "{comma}\n  {}", serde_json::to_string(user)?)
    }

    fn end(&mut self) -> io::Result<()> {
        let end = if self.any { "\n]" } else { "]" };
        writeln!(self.output, "{end}")?;
        self.output.flush()
    }
}
