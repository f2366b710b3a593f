//! Ctrl-C during work that should say how far it got. The first one asks the work to stop at the next
//! step; the second one ends the program at once.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a shell reports for a program that Ctrl-C ended: 128 and the number of SIGINT (POSIX, `sh`).
const INTERRUPTED: i32 = 130;

/// The person at the terminal wants an end.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Watches for Ctrl-C from its creation on.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to watch, for the rest of the program.
    #[must_use]
    pub fn watch() -> Self {
        let came = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&came);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if watched.swap(true, Ordering::Relaxed) {
                    process::exit(INTERRUPTED);
                }
            }
        });
        Self(came)
    }

    /// # Errors
    /// [`Interrupted`] once Ctrl-C came.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.0.load(Ordering::Relaxed) {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }
}
