//! The table of conferences: one item for each conference, for as long as its link has to work.

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

/// One conference as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conference {
    /// The table's key.
    pub conference_id: ConferenceId,
    /// Whose it is.
    pub portal_id: PortalId,
    /// The host.
    pub user_id: UserId,
    /// The host's address, or the id that stands for it.
    pub user_email: String,
    /// The meeting's title.
    pub topic: String,
    /// How it was booked.
    pub source: String,
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends.
    pub end_time: Timestamp,
    /// The link that was given out.
    pub conference_url: ConferenceUrl,
    /// When we made it.
    pub created_at: Timestamp,
    /// When HubSpot signed the create; the time it came in where the signature has none.
    pub signed_at: Timestamp,
    /// When HubSpot signed the newest update that took effect, or when that came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// When a create that may be for a second meeting with the same details was answered with this
    /// conference. Its deletion may then be about either of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Timestamp>,
    /// 1 when made, and one more with every change.
    pub revision: u64,
    /// When DynamoDB may remove it, in seconds since the epoch (DynamoDB TTL).
    pub expires_at: i64,
}

permission! {
    /// The permission to read a conference: `dynamodb:GetItem`. For people, who follow its link or look it
    /// up.
    ReadConferences
}

impl ReadConferences {
    /// The conference as it is now, a deleted one included.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't be asked, or the item isn't a whole conference.
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

/// The item whose condition failed (`None`: there is none), or the error if it was another one.
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
