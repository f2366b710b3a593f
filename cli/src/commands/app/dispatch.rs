//! Which command does what. Here, so that the commands may use what they share and nothing uses them back.

use super::{Action, App, install, uninstall};
use crate::commands::CommandError;

impl App {
    pub(in crate::commands) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Install { options } => install::run(options).await,
            Action::Uninstall { options, yes } => uninstall::run(options, yes).await,
        }
    }
}
