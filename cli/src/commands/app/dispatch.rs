//! Dispatches to the subcommands. It is a module of its own so that the commands can share code without
//! depending on the dispatcher.

use super::{Action, App, install, uninstall};
use crate::commands::error::CommandError;

impl App {
    pub(crate) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Install { options } => install::run(options).await,
            Action::Uninstall { options, yes } => uninstall::run(options, yes).await,
        }
    }
}
