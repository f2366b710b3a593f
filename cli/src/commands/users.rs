//! `users`: manages the directory that the verify webhook reads, which says who may host conferences.

mod add;
mod import;
mod list;
mod remove;

use clap::{Args, Subcommand};

use super::error::CommandError;

const EXAMPLES: &str = "\
Examples:
  cargo run -- users add ada@example.com --portal 123123
  cargo run -- users add '*@example.com' --portal 123123 --stack hubspot-conference
  cargo run -- users import users.csv --portal 123123 --stack hubspot-conference
  cargo run -- users list --portal 123123

Without --stack or --table these work on the local system (cargo run -- dev).";

/// See and change who may host conferences
///
/// An entry is one address, or everyone at a domain (*@example.com). An address's own entry takes
/// precedence over its domain's. Letter case doesn't matter.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Users {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Add(add::Add),
    Remove(remove::Remove),
    Import(import::Import),
}

impl Users {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::List(command) => command.run().await,
            Action::Add(command) => command.run().await,
            Action::Remove(command) => command.run().await,
            Action::Import(command) => command.run().await,
        }
    }
}
