//! The error type that all commands share.

use std::error::Error;

/// Why a command failed, as a message for the user.
pub(super) type CommandError = Box<dyn Error + Send + Sync>;
