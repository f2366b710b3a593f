//! Which table of users a command works on: a deployed stack's, any in this AWS account, or the local
//! system's.

use aws_sdk_dynamodb::Client;
use clap::Args;
use shared::repository::StoreError;
use shared::repository::users::{KeepUsers, ListUsers};

use crate::local::USERS_TABLE;
use crate::local::address::{DYNAMODB_PORT, ListenAddress, url};
use crate::local::store::Store;
use crate::stack::{Aws, Stack, StackError};

/// Where the users are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Where the users are [default: the local system]")]
pub(super) struct Place {
    /// A deployed stack; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME", conflicts_with_all = ["table", "dynamodb_port"])]
    stack: Option<String>,
    /// A DynamoDB table; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME", conflicts_with = "dynamodb_port")]
    table: Option<String>,
    /// The local system's port for DynamoDB
    #[arg(long, default_value_t = DYNAMODB_PORT, value_name = "PORT")]
    dynamodb_port: u16,
}

/// A table of users that can be reached, as far as is known.
pub(super) struct Directory {
    client: Client,
    table: String,
    whereabouts: String,
    advice: &'static str,
}

/// Why the table did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("the table {table} {whereabouts} does not do it; {advice}")]
pub(super) struct DirectoryError {
    table: String,
    whereabouts: String,
    advice: &'static str,
    #[source]
    source: StoreError,
}

impl Place {
    pub(super) async fn open(self) -> Result<Directory, StackError> {
        if self.stack.is_none() && self.table.is_none() {
            let endpoint = url(ListenAddress::LOOPBACK.with_port(self.dynamodb_port));
            return Ok(Directory {
                client: Store::at(endpoint.clone()).await.client(),
                table: USERS_TABLE.to_owned(),
                whereabouts: format!("at {endpoint}"),
                advice: "is the local system running (cargo run -- dev), or did you mean --stack?",
            });
        }
        let aws = Aws::load().await?;
        let table = match (self.table, self.stack) {
            (None, Some(stack)) => Stack::find(&aws, &stack).await?.users_table()?,
            (table, _) => table.unwrap_or_default(),
        };
        Ok(Directory {
            client: Client::new(&aws.config),
            table,
            whereabouts: format!("in {}", aws.place),
            advice: "check the table's name, AWS_PROFILE, AWS_REGION and what you are allowed to do",
        })
    }
}

impl Directory {
    pub(super) fn keep(&self) -> KeepUsers {
        KeepUsers::new(self.client.clone(), self.table.clone())
    }

    pub(super) fn list(&self) -> ListUsers {
        ListUsers::new(self.client.clone(), self.table.clone())
    }

    /// The error, with where it happened and what to do.
    pub(super) fn explain(&self, source: StoreError) -> DirectoryError {
        DirectoryError {
            table: self.table.clone(),
            whereabouts: self.whereabouts.clone(),
            advice: self.advice,
            source,
        }
    }
}
