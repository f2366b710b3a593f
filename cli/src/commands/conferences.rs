//! `conferences`: shows what is stored about meetings, for support, and erases it on request.

mod find;
mod forwarded_link;
mod list;
mod purge;
mod readable_time;
mod search;
mod show;

use clap::{Args, Subcommand};

use super::error::CommandError;

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences show abcd-efgh-ijkl-mnop-qrst-uvwx-27 --stack hubspot-conference
  cargo run -- conferences find --url https://meet.example.com/abcdefghijkl
  cargo run -- conferences list --portal 123123 --user-email ada@example.com
  cargo run -- conferences purge --portal 123123 --stack hubspot-conference --dry-run

Without --stack or --table these work on the local system (cargo run -- dev).";

/// Show what is stored about conferences, and erase it
///
/// For support and for erasure requests. list and purge scan the whole table, because its key doesn't
/// contain the portal: a million conferences take minutes and cost a few cents. find scans it only if the
/// link doesn't contain the conference's ID.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Conferences {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Show(show::Show),
    Find(find::Find),
    List(list::List),
    Purge(purge::Purge),
}

impl Conferences {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Show(command) => command.run().await,
            Action::Find(command) => command.run().await,
            Action::List(command) => command.run().await,
            Action::Purge(command) => command.run().await,
        }
    }
}
