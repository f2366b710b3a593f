//! `users remove`: removes one entry.

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::users::{EditUsers, Removed};
use shared::user_email::UserEmail;

use crate::commands::error::CommandError;
use crate::commands::table::TableOptions;
use crate::output::say;
use crate::terminal::waiting;

const EXAMPLES: &str = "\
Examples:
  cargo run -- users remove ada@example.com --portal 123123
  cargo run -- users remove '*@example.com' --portal 123123 --stack hubspot-conference";

/// Remove an entry
///
/// Fails if the entry doesn't exist. An address can still host conferences if its domain has an entry.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Remove {
    /// Address, or *@example.com
    email: UserEmail,
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: PortalId,
    #[command(flatten)]
    table: TableOptions,
}

impl Remove {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.table.users().await?;
        let (email, portal) = (&self.email, self.portal);
        let edit = table.access(EditUsers::new);
        let removed = waiting("Writing to the table", edit.remove(portal, email)).await;
        match removed.map_err(|error| table.explain(error))? {
            Removed::Now => {
                say!("{email} is removed from portal {portal}.")?;
                Ok(())
            }
            Removed::NotFound => {
                let problem = format!(
                    "portal {portal} has no entry for {email}; see all with: users list --portal {portal}"
                );
                Err(problem.into())
            }
        }
    }
}
