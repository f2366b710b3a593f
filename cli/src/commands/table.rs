//! The DynamoDB table that a command works on: a deployed stack's, any table in this AWS account, or the
//! local system's.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use clap::Args;
use shared::repository::StoreError;

use crate::aws::Aws;
use crate::stack::{Stack, StackError};
use crate::terminal::waiting;
use simulator::listen::{DYNAMODB_PORT, ListenAddress, url};
use simulator::store::Store;
use simulator::tables::{CONFERENCES_TABLE, USERS_TABLE};

/// Options that select the table.
#[derive(Args, Debug)]
#[command(next_help_heading = "Where the table is [default: the local system]")]
pub(super) struct TableOptions {
    /// A deployed stack; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME", conflicts_with_all = ["table", "dynamodb_port"])]
    stack: Option<String>,
    /// A DynamoDB table; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME", conflicts_with = "dynamodb_port")]
    table: Option<String>,
    /// The DynamoDB port of the local system
    #[arg(long, default_value_t = DYNAMODB_PORT, value_name = "PORT")]
    dynamodb_port: u16,
}

/// A table with a client for it. Nothing has been sent yet.
pub(super) struct Table {
    client: Client,
    name: String,
    location: String,
    advice: &'static str,
}

/// A request to the table failed.
#[derive(Debug, thiserror::Error)]
#[error("request to {table} failed; {advice}")]
pub(super) struct TableError {
    table: String,
    advice: &'static str,
    #[source]
    cause: Box<dyn Error + Send + Sync>,
}

impl TableOptions {
    /// The conferences table.
    pub(super) async fn conferences(self) -> Result<Table, StackError> {
        self.open(CONFERENCES_TABLE, Stack::conferences_table).await
    }

    /// The users table.
    pub(super) async fn users(self) -> Result<Table, StackError> {
        self.open(USERS_TABLE, Stack::users_table).await
    }

    async fn open(
        self,
        local: &str,
        deployed: fn(&Stack) -> Result<String, StackError>,
    ) -> Result<Table, StackError> {
        if self.stack.is_none() && self.table.is_none() {
            let endpoint = url(ListenAddress::LOOPBACK.with_port(self.dynamodb_port));
            return Ok(Table {
                client: Store::at(endpoint.clone()).await.client(),
                name: local.to_owned(),
                location: format!("at {endpoint}"),
                advice: "is the local system running (cargo run -- dev), or did you mean --stack?",
            });
        }
        let aws = Aws::load().await?;
        let name = match (self.table, self.stack) {
            (None, Some(stack)) => {
                let find = Stack::find(&aws, &stack);
                deployed(&waiting("Reading the stack's outputs", find).await?)?
            }
            (table, _) => table.unwrap_or_default(),
        };
        Ok(Table {
            client: Client::new(&aws.config),
            name,
            location: format!("in {}", aws.place),
            advice: "check that you are signed in (aws sso login, aws login), the table's name, AWS_PROFILE, \
                     AWS_REGION and your permissions",
        })
    }
}

impl Table {
    /// Builds an access type for this table with the type's own `new`.
    pub(super) fn access<R>(&self, new: fn(Client, String) -> R) -> R {
        new(self.client.clone(), self.name.clone())
    }

    /// The table's name and location.
    pub(super) fn described(&self) -> String {
        format!("the table {} {}", self.name, self.location)
    }

    /// Adds the table and a remedy to the error.
    pub(super) fn explain(&self, error: StoreError) -> TableError {
        TableError {
            table: self.described(),
            advice: self.advice,
            // Without the repository's own message, which is meant for a function's log.
            cause: match error {
                StoreError::Transient(cause) | StoreError::Permanent(cause) => cause,
            },
        }
    }
}
