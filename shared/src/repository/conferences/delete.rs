//! The delete webhook's write to the table.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{key, number, refused};
use crate::conference_id::ConferenceId;
use crate::repository::StoreError;
use crate::timestamp::Timestamp;

/// The tombstone that a delete leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When the conference was deleted.
    pub deleted_at: Timestamp,
    /// When DynamoDB may remove the item, in seconds since the epoch.
    pub expires_at: i64,
}

/// The result of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The conference is now deleted.
    Now,
    /// The conference had already been deleted.
    Before,
    /// There is no such conference.
    NotFound,
}

permission! {
    /// The permission to delete conferences, which leaves a tombstone: `dynamodb:UpdateItem`.
    DeleteConferences
}

impl DeleteConferences {
    /// Marks the conference as deleted.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] the conference
    /// may or may not be deleted.
    pub async fn delete(
        &self,
        id: &ConferenceId,
        deletion: Deletion,
    ) -> Result<Deleted, StoreError> {
        let result = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key("conferenceId", key(id))
            .update_expression(
                "SET deletedAt = :deletedAt, expiresAt = :expiresAt ADD revision :one",
            )
            .condition_expression(
                "attribute_exists(conferenceId) AND attribute_not_exists(deletedAt)",
            )
            .expression_attribute_values(":deletedAt", number(deletion.deleted_at.as_millis()))
            .expression_attribute_values(":expiresAt", number(deletion.expires_at))
            .expression_attribute_values(":one", number(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(Deleted::Now),
            Err(error) => Ok(match refused(error)? {
                None => Deleted::NotFound,
                Some(_) => Deleted::Before,
            }),
        }
    }
}
