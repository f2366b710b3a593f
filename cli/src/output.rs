//! Everything that the command line prints. Standard output may be closed at any moment, as in
//! `demo | head -1`, or full: `println!` panics then, and this gives an error that ends the command
//! quietly or with one line. A terminal gets nothing that it would take as a command; a file or a pipe
//! gets the text as it is.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;
use shared::printable::{printable_json, printable_lines};

/// Why nothing more can be printed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Nobody reads it any more: no reason to say anything.
    #[error("standard output is closed")]
    Closed,
    /// The disk is full, for example.
    #[error("standard output can't be written")]
    Failed(#[source] io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

/// Prints a line, with the arguments of `format!`.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::output::print_line(format_args!($($argument)*))
    };
}
pub(crate) use say;

/// Prints a line on standard error, with the arguments of `format!`.
macro_rules! note {
    ($($argument:tt)*) => {
        $crate::output::print_note(format_args!($($argument)*))
    };
}
pub(crate) use note;

/// Prints `line` and a line end on standard output.
///
/// # Errors
/// [`OutputError`]
pub fn print_line(line: fmt::Arguments<'_>) -> Result<(), OutputError> {
    let output = io::stdout();
    let is_terminal = output.is_terminal();
    write_line(&mut output.lock(), is_terminal, &line.to_string())
}

fn write_line(output: &mut impl Write, is_terminal: bool, line: &str) -> Result<(), OutputError> {
    let safe = is_terminal.then(|| printable_lines(line));
    let line = safe.as_deref().unwrap_or(line);
    output.write_all(format!("{line}\n").as_bytes())?;
    Ok(output.flush()?)
}

/// Prints `note` and a line end on standard error, safe for a terminal. Where nobody can read it, nothing
/// happens.
pub fn print_note(note: fmt::Arguments<'_>) {
    let note = printable_lines(&note.to_string());
    io::stderr().write_all(format!("{note}\n").as_bytes()).ok();
}

/// Prints `value` as JSON in which no character acts on a terminal.
///
/// # Errors
/// [`OutputError`]
pub fn print_json(value: &impl Serialize) -> Result<(), OutputError> {
    let json = serde_json::to_string_pretty(value);
    let json = json.map_err(|error| OutputError::Failed(error.into()))?;
    say!("{}", printable_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk without room, or a pipe without a reader.
    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_gets_no_commands_and_a_file_gets_the_text() {
        let line = |is_terminal| {
            let mut written = Vec::new();
            write_line(
                &mut written,
                is_terminal,
                "a\u{1b}]0;x\u{7}\u{9b}\u{202e}\nb",
            )
            .unwrap();
            String::from_utf8(written).unwrap()
        };
        assert_eq!(line(true), "a\\u{1b}]0;x\\u{7}\\u{9b}\\u{202e}\nb\n");
        assert_eq!(line(false), "a\u{1b}]0;x\u{7}\u{9b}\u{202e}\nb\n");
    }

    #[test]
    fn a_closed_output_is_told_from_a_full_one() {
        let outcome = |kind| write_line(&mut Broken(kind), false, "a").unwrap_err();
        assert!(matches!(
            outcome(ErrorKind::BrokenPipe),
            OutputError::Closed
        ));
        assert!(matches!(
            outcome(ErrorKind::StorageFull),
            OutputError::Failed(_)
        ));
    }
}
