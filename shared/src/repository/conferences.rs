//! The conferences table: one item per conference, kept for as long as its link has to work.

mod delete;
mod insert;
mod update;
mod whole_table;

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

pub use self::delete::{DeleteConferences, Deleted, Deletion};
pub use self::insert::{InsertConferences, Inserted, Replaced};
pub use self::update::{Change, UpdateConferences, Updated};
pub use self::whole_table::{
    ConferencePages, Found, ListConferences, PurgeConferences, Unreadable,
};
use super::StoreError;
use crate::conference_id::ConferenceId;
use crate::conference_url::ConferenceUrl;
use crate::identifiers::{PortalId, UserId};
use crate::timestamp::Timestamp;

type Item = HashMap<String, AttributeValue>;

/// A conference as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conference {
    /// The table's partition key.
    pub conference_id: ConferenceId,
    /// The portal that the conference belongs to.
    pub portal_id: PortalId,
    /// The HubSpot user who hosts the meeting.
    pub user_id: UserId,
    /// The host's email address, or the ID that verify returned for it.
    pub user_email: String,
    /// The meeting's title.
    pub topic: String,
    /// How the meeting was booked: `MEETINGS`, `MANUAL`, or any other value that HubSpot sent.
    pub source: String,
    /// When the meeting starts.
    pub start_time: Timestamp,
    /// When the meeting ends.
    pub end_time: Timestamp,
    /// The link that create returned.
    pub conference_url: ConferenceUrl,
    /// When we created the conference.
    pub created_at: Timestamp,
    /// When HubSpot signed the create, or when it came in if the signature has no timestamp.
    pub signed_at: Timestamp,
    /// When HubSpot signed the newest update that took effect, or when that came in if it had no timestamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When the conference was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// When this conference was returned for a create that may be about a second meeting with the same
    /// details. A later delete may then be about either meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Timestamp>,
    /// Starts at 1 and increases by one with every change.
    pub revision: u64,
    /// When DynamoDB may remove the item ([DynamoDB
    /// TTL](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html)), in seconds since
    /// the epoch.
    pub expires_at: i64,
}

permission! {
    /// The permission to read a conference: `dynamodb:GetItem`. For join links and for operators who look a
    /// conference up.
    ReadConferences
}

impl ReadConferences {
    /// Reads the conference as it is now, even if it is deleted.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response, or the item isn't a complete conference.
    pub async fn get(&self, id: &ConferenceId) -> Result<Option<Conference>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .key("conferenceId", key(id))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item.map(serde_dynamo::from_item).transpose()?)
    }
}

/// The item whose condition failed (`None` if there is no item), or the error if it is any other error.
fn refused(error: SdkError<UpdateItemError>) -> Result<Option<Item>, StoreError> {
    if let SdkError::ServiceError(context) = &error
        && let UpdateItemError::ConditionalCheckFailedException(failed) = context.err()
    {
        return Ok(failed.item().filter(|item| !item.is_empty()).cloned());
    }
    Err(error.into())
}

fn key(id: &ConferenceId) -> AttributeValue {
    AttributeValue::S(id.to_string())
}

fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
