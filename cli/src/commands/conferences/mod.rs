//! `conferences`: what is stored about meetings, for people who ask, and its end where they ask for
//! that.

mod list;
mod purge;
mod search;
mod show;

use clap::{Args, Subcommand};
use shared::timestamp::Timestamp;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::CommandError;

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences show abcd-efgh-ijkl-mnop-qrst-uvwx-27 --stack hubspot-conference
  cargo run -- conferences list --portal 123123 --user-email ada@example.com
  cargo run -- conferences purge --portal 123123 --stack hubspot-conference --dry-run

Without --stack or --table these work on the local system (cargo run -- dev).";

/// See what is stored about conferences, and erase it
///
/// For support and for erasure. list and purge read the whole table, because its key doesn't name the
/// portal: for a million conferences that takes minutes and costs some cents.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Conferences {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Show(show::Show),
    List(list::List),
    Purge(purge::Purge),
}

impl Conferences {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Show(command) => command.run().await,
            Action::List(command) => command.run().await,
            Action::Purge(command) => command.run().await,
        }
    }
}

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");

/// A time for people. HubSpot may send what is no date any more; that stays the number it is.
fn readable(time: Timestamp) -> String {
    let seconds = OffsetDateTime::from_unix_timestamp(time.as_seconds()).ok();
    let text = seconds.and_then(|time| time.format(TIME).ok());
    text.unwrap_or_else(|| format!("{} ms", time.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_readable_whatever_hubspot_sent() {
        let at = |millis| readable(Timestamp::from_millis(millis));
        assert_eq!(at(1_534_197_600_000), "2018-08-13 22:00:00 UTC");
        assert_eq!(at(-1), "1969-12-31 23:59:59 UTC");
        assert_eq!(at(i64::MAX), "9223372036854775807 ms");
    }
}
