//! What create does to the table.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{Conference, Item, key, number};
use crate::conference_id::ConferenceId;
use crate::repository::StoreError;

/// The outcome of an insert.
#[derive(Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored now.
    New,
    /// A conference with that id is there already, and stays as it is.
    Existing(Box<Conference>),
    /// An item with that id is there already, and isn't a whole conference.
    Malformed,
}

/// The outcome of a replacement.
#[derive(Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is stored now.
    Now,
    /// The item was changed since it was read. This conference stays.
    Changed(Box<Conference>),
    /// The item was removed since it was read, or isn't a whole conference any more.
    Gone,
}

permission! {
    /// The permission to make conferences: `dynamodb:PutItem`.
    InsertConferences
}

impl InsertConferences {
    /// Stores `conference` unless there is an item with its id.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Transient`] it may be stored or not.
    pub async fn insert(&self, conference: &Conference) -> Result<Inserted, StoreError> {
        let result = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(serde_dynamo::to_item(conference)?))
            .condition_expression("attribute_not_exists(conferenceId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else {
            return Ok(Inserted::New);
        };
        // The condition failed, so there is an item.
        let item = refused(error)?.unwrap_or_default();
        let existing = serde_dynamo::from_item(item);
        Ok(existing.map_or(Inserted::Malformed, |existing| {
            Inserted::Existing(Box::new(existing))
        }))
    }

    /// Stores `conference` in place of the item with its id and its revision.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Transient`] it may be stored or not.
    pub async fn replace(&self, conference: &Conference) -> Result<Replaced, StoreError> {
        let result = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(serde_dynamo::to_item(conference)?))
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", number(conference.revision))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else {
            return Ok(Replaced::Now);
        };
        let item = refused(error)?.unwrap_or_default();
        let changed = serde_dynamo::from_item(item);
        Ok(changed.map_or(Replaced::Gone, |changed| {
            Replaced::Changed(Box::new(changed))
        }))
    }

    /// The conference with this id, or `None` if there is none, or it isn't a whole conference. Reads by
    /// a write that never takes effect, since the first revision is 1: create's role may put items, and
    /// not get them.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable answer.
    pub async fn existing(&self, id: &ConferenceId) -> Result<Option<Conference>, StoreError> {
        let result = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .item("conferenceId", key(id))
            .condition_expression("revision = :never")
            .expression_attribute_values(":never", number(0))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else {
            return Ok(None);
        };
        let item = refused(error)?.unwrap_or_default();
        Ok(serde_dynamo::from_item(item).ok())
    }
}

/// The item whose condition failed (`None`: there is none), or the error if it was another one.
fn refused(error: SdkError<PutItemError>) -> Result<Option<Item>, StoreError> {
    if let SdkError::ServiceError(context) = &error
        && let PutItemError::ConditionalCheckFailedException(failed) = context.err()
    {
        return Ok(failed.item().cloned());
    }
    Err(error.into())
}
