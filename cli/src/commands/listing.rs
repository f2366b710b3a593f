//! How `list` prints: entries one after the other, as their pages come.
//!
//! CSV is written exactly, so that `users import` reads back what was there. To a spreadsheet a cell
//! that begins with = + - or @ is a formula; changing such a cell would change what is stored, so the
//! help says to import the columns as text instead.

use std::io::{self, BufWriter, ErrorKind, Write};

use clap::ValueEnum;
use serde::Serialize;

use super::CommandError;

/// A way to print a list.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Table,
    /// As stored, one row each
    Csv,
    /// For programs
    Json,
}

/// What can be listed. As JSON it is what is stored.
pub(super) trait Entry: Serialize {
    /// The columns of CSV, named as what is stored.
    const COLUMNS: &'static [&'static str];

    /// The entry in those columns.
    fn cells(&self) -> Vec<String>;

    /// What stands over the lines for people.
    fn heading() -> String;

    /// One line for people.
    fn line(&self) -> String;
}

/// Prints what `next` gives, page by page, until there is no more.
pub(super) async fn print<T: Entry>(
    format: Format,
    next: impl AsyncFnMut() -> Result<Option<Vec<T>>, CommandError>,
) -> Result<(), CommandError> {
    let output = BufWriter::new(io::stdout());
    let written = match format {
        Format::Table => write(next, Table(output)).await,
        Format::Csv => write(next, csv::Writer::from_writer(output)).await,
        Format::Json => write(next, Json { output, any: false }).await,
    };
    match written {
        // Whoever reads has seen enough, as in `users list | head`.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        written => written,
    }
}

async fn write<T>(
    mut next: impl AsyncFnMut() -> Result<Option<Vec<T>>, CommandError>,
    mut listing: impl Listing<T>,
) -> Result<(), CommandError> {
    let mut page = next().await?;
    listing.begin()?;
    while let Some(entries) = page {
        for entry in &entries {
            listing.entry(entry)?;
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
trait Listing<T> {
    fn begin(&mut self) -> io::Result<()>;
    fn entry(&mut self, entry: &T) -> io::Result<()>;
    fn end(&mut self) -> io::Result<()>;
}

struct Table<W>(W);

impl<T: Entry, W: Write> Listing<T> for Table<W> {
    fn begin(&mut self) -> io::Result<()> {
        writeln!(self.0, "{}", T::heading())
    }

    fn entry(&mut self, entry: &T) -> io::Result<()> {
        writeln!(self.0, "{}", entry.line())
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<T: Entry, W: Write> Listing<T> for csv::Writer<W> {
    fn begin(&mut self) -> io::Result<()> {
        Ok(self.write_record(T::COLUMNS)?)
    }

    fn entry(&mut self, entry: &T) -> io::Result<()> {
        Ok(self.write_record(entry.cells())?)
    }

    fn end(&mut self) -> io::Result<()> {
        self.flush()
    }
}

struct Json<W> {
    output: W,
    any: bool,
}

impl<T: Entry, W: Write> Listing<T> for Json<W> {
    fn begin(&mut self) -> io::Result<()> {
        write!(self.output, "[")
    }

    fn entry(&mut self, entry: &T) -> io::Result<()> {
        let comma = if self.any { "," } else { "" };
        self.any = true;
        write!(self.output, "{comma}\n  {}", serde_json::to_string(entry)?)
    }

    fn end(&mut self) -> io::Result<()> {
        let end = if self.any { "\n]" } else { "]" };
        writeln!(self.output, "{end}")?;
        self.output.flush()
    }
}
