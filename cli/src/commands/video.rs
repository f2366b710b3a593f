//! `video`: stores the credentials of the video system behind the join link, and tests them.

mod check;
mod set;
mod settings;

use clap::{Args, Subcommand};

pub(super) use self::settings::{SECRET, StoredSecret};
use super::error::CommandError;

const EXAMPLES: &str = "\
Examples:
  cargo run -- video set --stack hubspot-conference
  cargo run -- video set --stack hubspot-conference < credentials.json
  cargo run -- video check --stack hubspot-conference
  cargo run -- video check

docs/video-systems.md has a recipe for each video system.";

/// Store the video system's credentials for the join link, and test them
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Video {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Set(set::Set),
    Check(check::Check),
}

impl Video {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Set(command) => command.run().await,
            Action::Check(command) => command.run().await,
        }
    }
}
