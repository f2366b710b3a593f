//! The two DynamoDB tables. A function is handed a type that can do what its IAM role allows and
//! nothing else: [`conferences::InsertConferences`], [`conferences::UpdateConferences`],
//! [`conferences::DeleteConferences`], [`users::FindUsers`].
//!
//! Every change is one conditional request, so that two at once, or one repeated, need no lock.

pub mod conferences;
pub mod tables;
pub mod users;

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::error_chain;

/// Why the store gave no answer that we can use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out or unreachable: the same request may succeed in a moment. It may also
    /// have taken effect already.
    #[error("the store is busy or out of reach")]
    Busy(#[source] Box<dyn Error + Send + Sync>),
    /// Anything else, such as a missing table or permission: it needs somebody's hand.
    #[error("the store refused the request or answered what can't be read")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl<E> From<SdkError<E>> for StoreError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        let busy = match &error {
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_) => true,
            // A refusal is a 4xx. Anything else that is no success comes from a store in trouble, or
            // from something between us that isn't DynamoDB.
            SdkError::ServiceError(context) => {
                !context.raw().status().is_client_error() || error.code().is_some_and(is_busy)
            }
            _ => false,
        };
        // The error itself holds the raw answer, with whatever the store put into it.
        let cause = error_chain::describe(&error).into();
        if busy {
            Self::Busy(cause)
        } else {
            Self::Broken(cause)
        }
    }
}

/// DynamoDB's error codes that mean "later" (DynamoDB Developer Guide, "Error handling").
fn is_busy(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TransactionConflictException"
            | "ReplicatedWriteConflictException"
            | "LimitExceededException"
    )
}

impl From<serde_dynamo::Error> for StoreError {
    /// The error itself quotes what is stored.
    fn from(_: serde_dynamo::Error) -> Self {
        Self::Broken("an item doesn't have the form that it should".into())
    }
}
