//! User input: answers to prompts, hidden secrets, and lines that may arrive while the program waits for
//! something else.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use console::Term;
use shared::secret::Secret;
use tokio::sync::mpsc;

/// Why there is no input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PromptError {
    /// There is no terminal to prompt on.
    #[error("there is no terminal to prompt on: {0}")]
    NoTerminal(&'static str),
    /// The terminal can't be read.
    #[error("the terminal can't be read")]
    Terminal(#[from] io::Error),
}

/// Prompts for one line. `otherwise` is the remedy if there is no terminal, such as "give --client-id".
///
/// # Errors
/// [`PromptError`] if there is no terminal, or it can't be read.
pub(crate) fn line(question: &str, otherwise: &'static str) -> Result<String, PromptError> {
    if !io::stdin().is_terminal() {
        return Err(PromptError::NoTerminal(otherwise));
    }
    let mut output = io::stderr();
    write!(output, "{question}: ")?;
    output.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Prompts for a secret without echoing it. `otherwise` is as for [`line()`].
///
/// # Errors
/// [`PromptError`] if there is no terminal, or it can't be read.
pub(crate) fn hidden(question: &str, otherwise: &'static str) -> Result<Secret, PromptError> {
    if !io::stdin().is_terminal() {
        return Err(PromptError::NoTerminal(otherwise));
    }
    let mut output = io::stderr();
    write!(output, "{question} (not shown): ")?;
    output.flush()?;
    Ok(Secret::new(Term::stderr().read_secure_line()?))
}

/// Reads the lines of standard input in the background.
#[derive(Debug)]
pub(crate) struct Lines(mpsc::UnboundedReceiver<String>);

impl Lines {
    /// Starts to read. From then on nothing else may read standard input.
    pub(crate) fn read() -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        // A plain thread, not one of the runtime's, which would keep the process from exiting.
        thread::spawn(move || {
            for line in io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self(lines)
    }

    /// The next line. At the end of the input this waits forever, as if the user typed nothing.
    pub(crate) async fn next(&mut self) -> String {
        match self.0.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }
}
