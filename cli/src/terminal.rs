//! Prompts and progress at a terminal. They go to standard error, so that standard output contains only
//! results.

use std::io::{self, BufRead, IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shared::printable::printable_lines;
use tokio::time::timeout;

/// The interval at which a display is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// Why a change was not confirmed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfirmError {
    /// The user declined.
    #[error("nothing was changed")]
    Declined,
    /// There is no terminal to prompt on.
    #[error("this command asks for confirmation, and there is no terminal to ask on: add --yes")]
    NoTerminal,
    /// The terminal can't be read.
    #[error("the answer can't be read")]
    Terminal(#[from] io::Error),
}

/// Asks `question`; returns `Ok` if the answer is yes.
///
/// # Errors
/// [`ConfirmError`] if the user declines, or there is no readable terminal.
pub(crate) fn confirm(question: &str) -> Result<(), ConfirmError> {
    if !io::stdin().is_terminal() {
        return Err(ConfirmError::NoTerminal);
    }
    ask(question, &mut io::stdin().lock(), &mut io::stderr())
}

/// Only y and yes count as a yes.
fn ask(
    question: &str,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> Result<(), ConfirmError> {
    write!(output, "{} [y/N] ", printable_lines(question))?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(ConfirmError::Declined),
    }
}

/// A spinner for a long operation, shown until it is dropped. Shows nothing without a terminal.
#[derive(Debug)]
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Starts a spinner labeled `what`.
    pub(crate) fn on(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Waits for `work`, and shows a spinner after the first second.
pub(crate) async fn waiting<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = timeout(Duration::from_secs(1), &mut work).await {
        done
    } else {
        let _waiting = Waiting::on(what);
        work.await
    }
}

/// Progress through an input or a table, shown until it is dropped. Shows nothing without a terminal.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts the progress display for this many bytes, if the size is known.
    pub(crate) fn through(size: Option<u64>) -> Self {
        Self::bytes(ProgressDrawTarget::stderr(), size).ticking()
    }

    /// Starts the progress display for a table of unknown size.
    pub(crate) fn through_table() -> Self {
        Self::items(ProgressDrawTarget::stderr()).ticking()
    }

    fn bytes(target: ProgressDrawTarget, size: Option<u64>) -> Self {
        let template = match size {
            Some(_) => "{bar:40} {bytes} of {total_bytes}, {eta} left",
            None => "{spinner} {bytes} in {elapsed}",
        };
        Self::on(target, size, template)
    }

    fn items(target: ProgressDrawTarget) -> Self {
        let template = "{spinner} {human_pos} items read in {elapsed} {msg}";
        Self::on(target, None, template)
    }

    fn on(target: ProgressDrawTarget, size: Option<u64>, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(size, target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Keeps the display moving while nothing arrives.
    fn ticking(self) -> Self {
        self.0.enable_steady_tick(TICK);
        self
    }

    /// Sets the number of bytes or items read so far.
    pub(crate) fn at(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Shows the results so far beside the progress.
    pub(crate) fn note(&self, text: String) {
        self.0.set_message(text);
    }

    /// Prints a line above the progress display.
    pub(crate) fn say(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// Removes the progress display.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that keeps everything drawn on it.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_shows_how_much_of_the_input_is_read() {
        for (size, shown) in [(Some(2_048), "1.00 KiB of 2.00 KiB"), (None, "1.00 KiB in")] {
            let screen = Screen::default();
            let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
            let progress = Progress::bytes(target, size);
            progress.at(1_024);
            let drawn = screen.0.lock().unwrap().clone();
            assert!(drawn.contains(shown), "{drawn}");
        }
    }

    #[test]
    fn a_terminal_shows_the_items_read_and_the_result_so_far() {
        let screen = Screen::default();
        let progress = Progress::items(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        progress.at(1_500);
        progress.note("75 purged".to_owned());
        let drawn = screen.0.lock().unwrap().clone();
        assert!(drawn.contains("1,500 items read"), "{drawn}");
        assert!(drawn.contains("75 purged"), "{drawn}");
    }

    #[test]
    fn only_a_plain_yes_counts_as_yes() {
        for yes in ["y\n", "Yes\r\n", " YES "] {
            let asked = ask("Change it?", &mut yes.as_bytes(), &mut Vec::new());
            assert!(asked.is_ok(), "{yes}");
        }
        for no in ["", "\n", "n\n", "no\n", "yep\n"] {
            let asked = ask("Change it?", &mut no.as_bytes(), &mut Vec::new());
            assert!(matches!(asked, Err(ConfirmError::Declined)), "{no}");
        }
    }

    #[test]
    fn the_prompt_shows_the_default_answer() {
        let mut shown = Vec::new();
        drop(ask("Change it?", &mut "".as_bytes(), &mut shown));
        assert_eq!(shown, b"Change it? [y/N] ");
    }
}
