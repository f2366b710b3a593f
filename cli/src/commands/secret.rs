//! `secret set`: stores the app's client secret where the functions read it. The secret is never a
//! parameter, a file or an argument, because all of these are stored somewhere.

use clap::{Args, Subcommand};
use shared::config::Environment;

use super::client_secret;
use super::error::CommandError;
use crate::aws::Aws;
use crate::output::say;
use crate::stack::Stack;
use crate::stack_secret::StackSecret;
use crate::terminal::{Waiting, waiting};

const EXAMPLES: &str = "\
Examples:
  cargo run -- secret set --stack hubspot-conference
  cargo run -- secret set --stack hubspot-conference --end-previous";

const SET_EXAMPLES: &str = "\
The client secret is read from HUBSPOT_CLIENT_SECRET, or from a hidden prompt. To set the variable
without leaving the secret in the shell's history:

  read -rs HUBSPOT_CLIENT_SECRET && export HUBSPOT_CLIENT_SECRET

Examples:
  cargo run -- secret set --stack hubspot-conference
  cargo run -- secret set --stack hubspot-conference --end-previous";

/// Set the app's client secret in a deployed stack
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SecretCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Store the app's client secret, for the first time or after a rotation at HubSpot
    ///
    /// The previous secret stays valid until the next one is set, so that no webhook is refused during a
    /// rotation. The key for conference IDs stays the same.
    #[command(after_help = SET_EXAMPLES)]
    Set {
        /// The deployed stack; region and account as for the AWS CLI
        #[arg(long, value_name = "NAME")]
        stack: String,
        /// Revoke the previous secret immediately, for example because it has leaked
        #[arg(long)]
        end_previous: bool,
    },
}

impl SecretCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Set {
                stack,
                end_previous,
            } => set(&stack, end_previous).await,
        }
    }
}

async fn set(stack: &str, end_previous: bool) -> Result<(), CommandError> {
    let new = client_secret::read(&Environment::from_process())?;
    let aws = Aws::load().await?;
    let (secret, document) = {
        let _waiting = Waiting::on("Reading the stack's secret");
        let secret = StackSecret::new(&aws, &Stack::find(&aws, stack).await?)?;
        let document = secret.current().await?;
        (secret, document)
    };
    // Storing the same secret again would make it the previous one too, and so revoke the actual previous
    // one.
    if document.client_secret().as_ref() == Some(&new) {
        say!("This client secret is set already.")?;
    } else {
        let is_first = document.client_secret().is_none();
        waiting("Storing the secret", secret.put(document, &new)).await?;
        say!("The client secret is set.")?;
        if !is_first && !end_previous {
            say!("The previous one stays valid until the next is set, or until --end-previous.")?;
        }
    }
    if end_previous {
        if waiting("Revoking the previous secret", secret.end_previous()).await? {
            say!("The previous one is revoked. Running functions drop it after about 15 minutes.")?;
        } else {
            say!("There is no previous one to revoke.")?;
        }
    }
    Ok(())
}
