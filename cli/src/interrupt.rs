//! Handles Ctrl-C in commands that report their progress. The first Ctrl-C asks the command to stop at
//! the next step; the second one ends the process immediately.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::note;

/// The exit code that shells report after Ctrl-C: 128 plus the number of SIGINT ([POSIX,
/// `sh`](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html)).
pub const EXIT_CODE: u8 = 130;

/// The user pressed Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Watches for Ctrl-C from its creation on.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Starts to watch, until the process ends.
    #[must_use]
    pub fn watch() -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&interrupted);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if watched.swap(true, Ordering::Relaxed) {
                    process::exit(EXIT_CODE.into());
                }
                note!(
                    "Stopping after the requests in progress. Press Ctrl-C again to stop immediately."
                );
            }
        });
        Self(interrupted)
    }

    /// Fails once the user has pressed Ctrl-C.
    ///
    /// # Errors
    /// [`Interrupted`] if the user has pressed Ctrl-C.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.0.load(Ordering::Relaxed) {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }
}
