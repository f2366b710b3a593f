//! The two DynamoDB tables. Each function gets a type that can do exactly what its IAM role allows:
//! [`conferences::InsertConferences`], [`conferences::UpdateConferences`],
//! [`conferences::DeleteConferences`], [`conferences::ReadConferences`], [`users::FindUsers`].
//!
//! Every change is one conditional request, so concurrent or repeated requests need no lock. A write
//! returns its outcome, and an error means that the outcome is unknown or that nothing was written.
//! How long an item is kept is the functions' rule: create and update share [`crate::retention`], and delete
//! has its own for tombstones.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::WriteRequest;
use aws_smithy_types::retry::ProvideErrorKind;

use crate::aws_error::AwsError;

/// A table, and the client that accesses it.
#[derive(Clone, Debug)]
struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Sends `requests` to DynamoDB in one `BatchWriteItem`. Returns the ones that it left unprocessed.
    async fn write_batch(
        &self,
        requests: Vec<WriteRequest>,
    ) -> Result<impl Iterator<Item = WriteRequest> + use<>, StoreError> {
        let batch = self.client.batch_write_item();
        let answer = batch.request_items(&self.name, requests).send().await?;
        let left = answer.unprocessed_items.unwrap_or_default();
        Ok(left.into_values().flatten())
    }
}

/// Defines a type that wraps a [`Table`] and represents one IAM permission on it.
macro_rules! permission {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name($crate::repository::Table);

        impl $name {
            /// The permission on `table`.
            #[must_use]
            pub fn new(client: aws_sdk_dynamodb::Client, table: String) -> Self {
                Self($crate::repository::Table {
                    client,
                    name: table,
                })
            }
        }
    };
}

pub mod conferences;
pub mod tables;
pub mod users;

/// Why the store gave no usable response.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out or unreachable: the same request may succeed if it is retried. The failed
    /// attempt may already have taken effect.
    #[error("the store is overloaded or unreachable")]
    Transient(#[source] Box<dyn Error + Send + Sync>),
    /// Any other failure, such as a missing table or permission: an operator has to fix it.
    #[error("the store refused the request or its answer can't be read")]
    Permanent(#[source] Box<dyn Error + Send + Sync>),
}

impl From<AwsError> for StoreError {
    fn from(error: AwsError) -> Self {
        if error.is_transient() {
            Self::Transient(error.into())
        } else {
            Self::Permanent(error.into())
        }
    }
}

impl<E> From<SdkError<E>> for StoreError
where
    E: Error + ProvideErrorMetadata + ProvideErrorKind + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        AwsError::from(&error).into()
    }
}

impl From<serde_dynamo::Error> for StoreError {
    /// The original error is dropped because it quotes the stored data.
    fn from(_: serde_dynamo::Error) -> Self {
        Self::Permanent("a stored item is malformed".into())
    }
}

impl From<BuildError> for StoreError {
    fn from(_: BuildError) -> Self {
        Self::Permanent("a request to the store lacks a field".into())
    }
}
