//! What a person types: an answer to a question, a secret that isn't shown, and lines that may come while
//! the program waits for something else.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use console::Term;
use shared::secret::Secret;
use tokio::sync::mpsc;

/// Why nothing was typed.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Nobody is there to ask.
    #[error("{0}, since there is no terminal to ask on")]
    NoTerminal(&'static str),
    /// The terminal can't be read.
    #[error("the terminal can't be read")]
    Terminal(#[from] io::Error),
}

/// Asks for one line. `otherwise` says what to do where nobody can be asked, such as "give --client-id".
///
/// # Errors
/// [`PromptError`]
pub fn line(question: &str, otherwise: &'static str) -> Result<String, PromptError> {
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

/// Asks for a secret, which doesn't show while it is typed or pasted. `otherwise` as for [`line`].
///
/// # Errors
/// [`PromptError`]
pub fn hidden(question: &str, otherwise: &'static str) -> Result<Secret, PromptError> {
    if !io::stdin().is_terminal() {
        return Err(PromptError::NoTerminal(otherwise));
    }
    let mut output = io::stderr();
    write!(output, "{question} (not shown): ")?;
    output.flush()?;
    Ok(Secret::new(Term::stderr().read_secure_line()?))
}

/// The lines on standard input, while something else is waited for.
#[derive(Debug)]
pub struct Lines(mpsc::UnboundedReceiver<String>);

impl Lines {
    /// Begins to read. From then on nothing else may read standard input.
    #[must_use]
    pub fn read() -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        // A thread of its own, not the runtime's: the program ends without it.
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

    /// The next line. After the last one this waits for ever, as for somebody who types nothing.
    pub async fn next(&mut self) -> String {
        match self.0.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }
}
