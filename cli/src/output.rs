//! All output of the command line. Standard output may be closed early, as in `demo | head -1`, or the
//! disk may be full. `println!` panics then; these macros return an error that ends the command silently
//! or with one line. Control characters are replaced for a terminal; a file or a pipe gets the text
//! unchanged.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;
use shared::printable::{printable_json, printable_lines};

/// Why output can't be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The reader has closed the pipe, so the command ends silently.
    #[error("standard output is closed")]
    Closed,
    /// The write failed, for example because the disk is full.
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

/// Prints a line. Takes the arguments of `format!`.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::output::print_line(format_args!($($argument)*))
    };
}
pub(crate) use say;

/// Prints a line on standard error. Takes the arguments of `format!`.
macro_rules! note {
    ($($argument:tt)*) => {
        $crate::output::print_note(format_args!($($argument)*))
    };
}
pub(crate) use note;

/// Prints `line` and a line end on standard output.
///
/// # Errors
/// [`OutputError`] if standard output is closed or can't be written.
pub(crate) fn print_line(line: fmt::Arguments<'_>) -> Result<(), OutputError> {
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

/// Prints `note` and a line end on standard error, safe for a terminal. Write errors are ignored.
pub fn print_note(note: fmt::Arguments<'_>) {
    let note = printable_lines(&note.to_string());
    io::stderr().write_all(format!("{note}\n").as_bytes()).ok();
}

/// Prints `value` as JSON with all control characters escaped.
///
/// # Errors
/// [`OutputError`] if standard output is closed or can't be written.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), OutputError> {
    let json = serde_json::to_string_pretty(value);
    let json = json.map_err(|error| OutputError::Failed(error.into()))?;
    say!("{}", printable_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full disk, or a pipe without a reader.
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
    fn a_closed_output_is_distinguished_from_a_full_disk() {
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
