//! `users add`: adds an entry, or changes the native ID of an existing one.

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::users::{EditUsers, Stored, User};
use shared::user_email::UserEmail;

use crate::commands::error::CommandError;
use crate::commands::table::TableOptions;
use crate::output::say;
use crate::public_mail::whole_provider;
use crate::terminal::{confirm, waiting};
use user_file::native_id;

const EXAMPLES: &str = "\
Examples:
  cargo run -- users add ada@example.com --portal 123123
  cargo run -- users add ada@example.com --portal 123123 --native-id 4711
  cargo run -- users add '*@example.com' --portal 123123 --stack hubspot-conference";

/// Add a user, or everyone at a domain
///
/// An entry for the same address is replaced.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    /// Address, or *@example.com for everyone at the domain
    email: UserEmail,
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: PortalId,
    /// The user's ID in the video system [default: the address]
    #[arg(long, value_name = "ID", value_parser = native_id)]
    native_id: Option<String>,
    /// Skip the confirmation for everyone at a public mail provider
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    table: TableOptions,
}

impl Add {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        if let Some(provider) = whole_provider(&self.email).filter(|_| !self.yes) {
            confirm(&format!(
                "Anyone can get an address at {provider}. Allow all of them to host?"
            ))?;
        }
        let table = self.table.users().await?;
        let user = User {
            portal_id: self.portal,
            email: self.email,
            native_id: self.native_id,
        };
        let edit = table.access(EditUsers::new);
        let stored = waiting("Writing to the table", edit.put(&user)).await;
        let note = match stored.map_err(|error| table.explain(error))? {
            Stored::New => "",
            Stored::Replaced => " The previous entry was replaced.",
        };
        say!(
            "{} may host conferences in portal {}.{note}",
            user.email,
            user.portal_id
        )?;
        Ok(())
    }
}
