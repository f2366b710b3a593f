//! `hosts`: identifies hosts to the join link.

mod link;

use clap::{Args, Subcommand};

use super::error::CommandError;

const EXAMPLES: &str = "\
Examples:
  cargo run -- hosts link --portal 123123 --user-id 123 --stack hubspot-conference
  cargo run -- hosts link --portal 123123 --user-id 123 --base-url http://127.0.0.1:8787";

/// Give hosts the moderator role in their own meetings
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Hosts {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Link(link::Link),
}

impl Hosts {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Link(command) => command.run().await,
        }
    }
}
