//! The create webhook's writes to the table.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{Conference, Item, key, number};
use crate::conference_id::ConferenceId;
use crate::repository::StoreError;

/// The result of an insert.
#[derive(Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The conference is now stored.
    New,
    /// A conference with that ID already exists and stays unchanged.
    Existing(Box<Conference>),
    /// An item with that ID already exists, but isn't a complete conference.
    Malformed,
}

/// The result of a replacement.
#[derive(Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The conference is now stored.
    Now,
    /// The item has changed since it was read. This is the stored conference, which stays unchanged.
    Changed(Box<Conference>),
    /// The item has been removed since it was read, or is no longer a complete conference.
    Gone,
}

permission! {
    /// The permission to create conferences: `dynamodb:PutItem`.
    InsertConferences
}

impl InsertConferences {
    /// Stores `conference` unless an item with its ID exists.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] it may or may
    /// not be stored.
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
        // The condition failed, so an item exists.
        let item = refused(error)?.unwrap_or_default();
        let existing = serde_dynamo::from_item(item);
        Ok(existing.map_or(Inserted::Malformed, |existing| {
            Inserted::Existing(Box::new(existing))
        }))
    }

    /// Replaces the item that has the ID and the revision of `conference`, and gives it the next revision.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] it may or may
    /// not be stored.
    pub async fn replace(&self, conference: &Conference) -> Result<Replaced, StoreError> {
        let next = Conference {
            revision: conference.revision + 1,
            ..conference.clone()
        };
        let result = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(serde_dynamo::to_item(next)?))
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

    /// The conference with this ID, or `None` if there is no item or it isn't a complete conference.
    /// Create's role may put items but not get them, so this reads by a conditional write that never takes
    /// effect: it requires revision 0, and revisions start at 1.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response.
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

/// The item whose condition failed (`None` if there is no item), or the error if it is any other error.
fn refused(error: SdkError<PutItemError>) -> Result<Option<Item>, StoreError> {
    if let SdkError::ServiceError(context) = &error
        && let PutItemError::ConditionalCheckFailedException(failed) = context.err()
    {
        return Ok(failed.item().cloned());
    }
    Err(error.into())
}
