//! `users list`: lists a portal's entries, page by page.

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::users::{ListUsers, User};

use crate::commands::error::CommandError;
use crate::commands::listing::{self, Entry, Format};
use crate::commands::table::TableOptions;
use user_file::COLUMNS;

const EXAMPLES: &str = "\
Examples:
  cargo run -- users list --portal 123123
  cargo run -- users list --portal 123123 --stack hubspot-conference --format csv > users.csv
  cargo run -- users list --portal 123123 --format json

CSV is unchanged, for users import. In a spreadsheet, import its columns as text: otherwise a cell
that begins with = + - or @ runs as a formula.";

/// List a portal's users
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: PortalId,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    table: TableOptions,
}

impl List {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.table.users().await?;
        let mut pages = table.access(ListUsers::new).in_portal(self.portal);
        let next = async || {
            let page = pages.next().await;
            Ok(page.map_err(|error| table.explain(error))?)
        };
        listing::print(self.format, next).await
    }
}

impl Entry for User {
    const COLUMNS: &'static [&'static str] = &COLUMNS;

    fn cells(&self) -> Vec<String> {
        vec![
            self.email.to_string(),
            self.native_id.clone().unwrap_or_default(),
            self.portal_id.to_string(),
        ]
    }

    const TABLE: &'static [(&'static str, usize)] = &[("EMAIL", 44), ("NATIVE ID", 9)];
    const ESCAPES_FORMULAS: bool = false;

    fn row(&self) -> Vec<String> {
        let id = self.native_id.as_deref().unwrap_or("-");
        vec![self.email.to_string(), id.to_owned()]
    }
}
