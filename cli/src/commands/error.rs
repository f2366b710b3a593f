//! What the commands have in common when they fail.

use std::error::Error;

/// Why a command failed, in words for the person who gave it.
pub type CommandError = Box<dyn Error + Send + Sync>;
