//! The update webhook's write to the table.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::{Item, key, number, refused};
use crate::conference_id::ConferenceId;
use crate::identifiers::PortalId;
use crate::repository::StoreError;
use crate::timestamp::Timestamp;

/// The new values of an update. `None` keeps what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The meeting's title.
    pub topic: Option<String>,
    /// When the meeting starts.
    pub start_time: Option<Timestamp>,
    /// When the meeting ends.
    pub end_time: Option<Timestamp>,
    /// When HubSpot signed the update, or when it came in if the signature has no timestamp.
    pub signed_at: Timestamp,
    /// When DynamoDB may remove the item, in seconds since the epoch.
    pub expires_at: Option<i64>,
}

/// The result of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// The change is now stored.
    Now,
    /// A newer update, or this same one, was already stored.
    Stale,
    /// The conference was deleted, which is permanent.
    Deleted,
    /// The conference belongs to another portal.
    OtherPortal,
    /// There is no such conference.
    NotFound,
}

permission! {
    /// The permission to change conferences: `dynamodb:UpdateItem`.
    UpdateConferences
}

impl UpdateConferences {
    /// Changes the conference if it belongs to `portal`, isn't deleted, and has no newer update.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] the change may
    /// or may not be stored.
    pub async fn update(
        &self,
        id: &ConferenceId,
        portal: PortalId,
        change: &Change,
    ) -> Result<Updated, StoreError> {
        let mut assignments = "SET updatedAt = :updatedAt".to_owned();
        let mut request = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key("conferenceId", key(id));
        for (name, value) in change.attributes() {
            let assignment = format!(", {name} = :{name}");
            assignments.push_str(&assignment);
            request = request.expression_attribute_values(format!(":{name}"), value);
        }
        let result = request
            .update_expression(assignments + " ADD revision :one")
            .condition_expression(
                "portalId = :portalId AND attribute_not_exists(deletedAt) \
                 AND (attribute_not_exists(updatedAt) OR updatedAt < :updatedAt)",
            )
            .expression_attribute_values(":updatedAt", number(change.signed_at.as_millis()))
            .expression_attribute_values(":portalId", number(portal))
            .expression_attribute_values(":one", number(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(Updated::Now),
            Err(error) => Ok(
                refused(error)?.map_or(Updated::NotFound, |item| Updated::reason(&item, portal))
            ),
        }
    }
}

impl Change {
    /// The attributes to set, by name.
    fn attributes(&self) -> impl Iterator<Item = (&'static str, AttributeValue)> {
        let time = |time: Timestamp| number(time.as_millis());
        let attributes = [
            ("topic", self.topic.clone().map(AttributeValue::S)),
            ("startTime", self.start_time.map(time)),
            ("endTime", self.end_time.map(time)),
            ("expiresAt", self.expires_at.map(number)),
        ];
        attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Updated {
    /// Why `item` didn't meet the condition. Reads only the attributes that the condition uses, because the
    /// item may not be a complete conference.
    fn reason(item: &Item, portal: PortalId) -> Self {
        let owner = item.get("portalId").and_then(|owner| owner.as_n().ok());
        if owner != Some(&portal.to_string()) {
            Self::OtherPortal
        } else if item.contains_key("deletedAt") {
            Self::Deleted
        } else {
            Self::Stale
        }
    }
}
