//! The two DynamoDB tables. A function is handed a type that can do what its IAM role allows and
//! nothing else: [`conferences::InsertConferences`], [`conferences::UpdateConferences`],
//! [`conferences::DeleteConferences`], [`users::FindUsers`].
//!
//! Every change is one conditional request, so that two at once, or one repeated, need no lock. A write
//! returns its outcome; an error means that there is none. How long anything is kept is not decided
//! here but in `functions/`.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::WriteRequest;
use aws_smithy_types::retry::ProvideErrorKind;

use crate::aws_error::AwsError;

/// A table, and the client that reaches it.
#[derive(Clone, Debug)]
struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Gives `requests` to DynamoDB in one `BatchWriteItem`. Answers those that it left unprocessed.
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

/// Defines a type that holds a [`Table`] and stands for one IAM permission on it.
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

/// Why the store gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out or unreachable: the same request may succeed in a moment. It may also
    /// have taken effect already.
    #[error("the store is busy or out of reach")]
    Transient(#[source] Box<dyn Error + Send + Sync>),
    /// Anything else, such as a missing table or permission: an operator has to repair it.
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
    /// The error itself quotes what is stored.
    fn from(_: serde_dynamo::Error) -> Self {
        Self::Permanent("an item doesn't have the form that it should".into())
    }
}

impl From<BuildError> for StoreError {
    fn from(_: BuildError) -> Self {
        Self::Permanent("a request lacks a field".into())
    }
}
