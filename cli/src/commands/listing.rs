//! Output of the `list` commands: entries are printed as their pages arrive.
//!
//! CSV is written to a file unchanged, so that `users import` can read it back; at a terminal, control
//! characters are replaced. A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula,
//! so lists that are never imported again escape such cells. JSON escapes all control characters.

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;

use shared::printable::{printable, printable_json};
use terminal_size::{Width, terminal_size};

use super::error::CommandError;
use crate::output::OutputError;
use crate::terminal::waiting;

/// An output format for lists.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// Human-readable
    #[default]
    Table,
    /// CSV, one row per entry
    Csv,
    /// JSON
    Json,
}

/// An entry of a list. Its JSON form is what is stored.
pub(super) trait Entry: Serialize {
    /// The CSV columns, named as in the table.
    const COLUMNS: &'static [&'static str];

    /// The entry's CSV cells.
    fn cells(&self) -> Vec<String>;

    /// The headings and widths of the human-readable columns. The last column takes the rest of the line.
    const TABLE: &'static [(&'static str, usize)];

    /// The entry's human-readable cells.
    fn row(&self) -> Vec<String>;

    /// Whether to escape CSV cells that a spreadsheet would run as formulas, because nothing reads them
    /// back.
    const ESCAPES_FORMULAS: bool;
}

/// Prints the pages from `next` until there are no more.
pub(super) async fn print<T: Entry>(
    format: Format,
    next: impl AsyncFnMut() -> Result<Option<Vec<T>>, CommandError>,
) -> Result<(), CommandError> {
    let is_terminal = io::stdout().is_terminal();
    let output = BufWriter::new(io::stdout());
    let width = terminal_size().filter(|_| is_terminal);
    let width = width.map(|(Width(width), _)| usize::from(width));
    match format {
        Format::Table => write(next, Table { output, width }).await,
        Format::Csv => {
            let output = csv::Writer::from_writer(output);
            let csv = Csv {
                output,
                is_terminal,
            };
            write(next, csv).await
        }
        Format::Json => write(next, Json { output, any: false }).await,
    }
}

async fn write<T>(
    mut next: impl AsyncFnMut() -> Result<Option<Vec<T>>, CommandError>,
    mut listing: impl Listing<T>,
) -> Result<(), CommandError> {
    let reading = "Reading the table";
    let mut page = waiting(reading, next()).await?;
    listing.begin().map_err(OutputError::from)?;
    while let Some(entries) = page {
        for entry in &entries {
            listing.entry(entry).map_err(OutputError::from)?;
        }
        page = waiting(reading, next()).await?;
    }
    Ok(listing.end().map_err(OutputError::from)?)
}

/// Prints entries in one format, one after the other.
trait Listing<T> {
    fn begin(&mut self) -> io::Result<()>;
    fn entry(&mut self, entry: &T) -> io::Result<()>;
    fn end(&mut self) -> io::Result<()>;
}

struct Table<W> {
    output: W,
    /// The terminal's width in columns; `None` if the output is not a terminal.
    width: Option<usize>,
}

impl<T: Entry, W: Write> Listing<T> for Table<W> {
    fn begin(&mut self) -> io::Result<()> {
        let headings = T::TABLE.iter().map(|(heading, _)| (*heading).to_owned());
        let line = lay_out(T::TABLE, &headings.collect::<Vec<_>>(), self.width);
        writeln!(self.output, "{line}")
    }

    fn entry(&mut self, entry: &T) -> io::Result<()> {
        let cells: Vec<_> = entry.row().iter().map(|cell| printable(cell)).collect();
        let line = lay_out(T::TABLE, &cells, self.width);
        writeln!(self.output, "{line}")
    }

    fn end(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The gap between two columns, and the indentation of a continued row.
const GAP: &str = "  ";

/// A row of `columns`. If the terminal is too narrow, the rest of the row continues on the next line,
/// indented.
fn lay_out(columns: &[(&str, usize)], cells: &[String], width: Option<usize>) -> String {
    let all: usize = columns.iter().map(|(_, width)| width + GAP.len()).sum();
    let width = width.unwrap_or(usize::MAX);
    // If the columns fit, only a cell that is longer than its column can reach the edge, where it wraps.
    let fits = all <= width;
    let (mut lines, mut line) = (String::new(), String::new());
    for ((_, column), cell) in columns.iter().zip(cells) {
        let length = line.chars().count();
        if !line.is_empty() && !fits && length + GAP.len() + cell.chars().count() > width {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line.clear();
            line.push_str(GAP);
        } else if !line.is_empty() {
            line.push_str(GAP);
        }
        let mut room = width.saturating_sub(line.chars().count()).max(1);
        for c in cell.chars() {
            if room == 0 {
                lines.push_str(&line);
                lines.push('\n');
                line.clear();
                line.push_str(GAP);
                room = width.saturating_sub(GAP.len()).max(1);
            }
            line.push(c);
            room -= 1;
        }
        let missing = column.saturating_sub(cell.chars().count()).min(room);
        line.extend(std::iter::repeat_n(' ', missing));
    }
    lines.push_str(line.trim_end());
    lines
}

struct Csv<W: Write> {
    output: csv::Writer<W>,
    is_terminal: bool,
}

impl<T: Entry, W: Write> Listing<T> for Csv<W> {
    fn begin(&mut self) -> io::Result<()> {
        self.output.write_record(T::COLUMNS).map_err(io_error)
    }

    fn entry(&mut self, entry: &T) -> io::Result<()> {
        let cells = entry.cells().into_iter();
        let cells = cells.map(|cell| {
            if T::ESCAPES_FORMULAS {
                escape_formula(cell)
            } else {
                cell
            }
        });
        let is_terminal = self.is_terminal;
        let cells = cells.map(|cell| if is_terminal { printable(&cell) } else { cell });
        self.output.write_record(cells).map_err(io_error)
    }

    fn end(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The error of the output itself. The conversion of the `csv` crate hides its kind, and so a closed pipe.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Escapes a cell that a spreadsheet would run as a formula with an apostrophe ([OWASP, "CSV
/// Injection"](https://owasp.org/www-community/attacks/CSV_Injection)). A number stays as it is.
fn escape_formula(cell: String) -> String {
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if cell.trim_start_matches(' ').starts_with(starts) && cell.parse::<i64>().is_err() {
        format!("'{cell}")
    } else {
        cell
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
        let json = printable_json(&serde_json::to_string(entry)?);
        write!(self.output, "{comma}\n  {json}")
    }

    fn end(&mut self) -> io::Result<()> {
        let end = if self.any { "\n]" } else { "]" };
        writeln!(self.output, "{end}")?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [(&str, usize); 4] = [("ID", 26), ("START", 23), ("HOST", 30), ("TITLE", 20)];

    fn cells(texts: [&str; 4]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn a_row_fits_a_narrow_terminal_and_loses_nothing() {
        let title = "A very long title, much longer than any terminal of sixty columns is wide";
        let row = cells([
            "abcdefghijklmnopqrstuvwx27",
            "2018-08-13 22:00:00 UTC",
            "ada",
            title,
        ]);
        for width in [20, 40, 60, 80, 100] {
            let lines = lay_out(&COLUMNS, &row, Some(width));
            let longest = lines.lines().map(|line| line.chars().count()).max();
            assert!(longest.unwrap() <= width, "{lines}");
            let squeezed = |text: &str| text.replace(['\n', ' '], "");
            assert_eq!(squeezed(&lines), squeezed(&row.concat()));
        }
    }

    #[test]
    fn without_a_terminal_a_row_is_a_line() {
        let row = cells(["a", "b", "c", "d"]);
        let line = lay_out(&COLUMNS, &row, None);
        assert_eq!(line, format!("{:26}  {:23}  {:30}  d", "a", "b", "c"));
    }

    #[test]
    fn a_cell_never_runs_as_a_formula() {
        for formula in ["=1+1", "+1 a", "-cmd", "@SUM(A1)", " =1", "\t=1", "＝1"] {
            assert_eq!(escape_formula(formula.to_owned()), format!("'{formula}"));
        }
        for text in ["-1", "4711", "ada@example.com", "a=b", ""] {
            assert_eq!(escape_formula(text.to_owned()), text);
        }
    }
}
