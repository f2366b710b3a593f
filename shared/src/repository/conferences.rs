//! The table of conferences: one item a conference, for as long as its link has to be right.

mod whole_table;

use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use serde::{Deserialize, Serialize};

pub use self::whole_table::{
    ConferencePages, Found, ListConferences, PurgeConferences, Unreadable,
};
use super::StoreError;
use crate::aws::rehearsal::Rehearsal;
use crate::conference_id::ConferenceId;
use crate::conference_url::ConferenceUrl;
use crate::config::{ConfigError, Environment};
use crate::identifiers::{PortalId, UserId};
use crate::timestamp::Timestamp;

/// A deleted conference is remembered this long, so that nothing late revives it.
const TOMBSTONE: Duration = Duration::from_hours(30 * 24);

/// No conference has this key: an id is 26 characters long.
const NO_CONFERENCE: &str = "-";

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

/// How long a conference is kept once its meeting is over.
#[derive(Clone, Copy, Debug)]
pub struct Retention(pub Duration);

impl Retention {
    /// Reads `RETENTION_DAYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't a number of days.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let day = Duration::from_hours(24);
        environment.duration("RETENTION_DAYS", day, 90).map(Self)
    }

    /// When a conference that ends at `end` may be removed, in seconds since the epoch. Counted from
    /// `now` where the meeting is in the past already: somebody has the link nevertheless.
    #[must_use]
    pub fn expires_at(self, end: Timestamp, now: Timestamp) -> i64 {
        end.max(now).plus(self.0).as_seconds()
    }
}

/// What became of an insert.
#[derive(Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored now.
    New,
    /// One with that id is there already, and stays as it is.
    Existing(Box<Conference>),
}

/// The result of marking a conference as repeated.
#[derive(Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is stored with the mark.
    Now(Box<Conference>),
    /// It was changed since it was read, and has no mark from this request.
    Changed(Box<Conference>),
    /// It was removed since it was read.
    Gone,
}

/// The right to make conferences: `dynamodb:PutItem`.
#[derive(Clone, Debug)]
pub struct InsertConferences {
    client: Client,
    table: String,
}

impl InsertConferences {
    /// Works on `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores `conference` unless there is one with its id.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Busy`] it may be stored or not.
    pub async fn insert(&self, conference: &Conference) -> Result<Inserted, StoreError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(serde_dynamo::to_item(conference)?))
            .condition_expression("attribute_not_exists(conferenceId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Inserted::New);
        };
        if let SdkError::ServiceError(context) = &error
            && let PutItemError::ConditionalCheckFailedException(failed) = context.err()
            && let Some(item) = failed.item()
        {
            let existing = serde_dynamo::from_item(item.clone())?;
            return Ok(Inserted::Existing(Box::new(existing)));
        }
        Err(error.into())
    }

    /// Notes on `conference`, as it was read, that a second meeting may have the same link since `now`.
    /// Returns what is stored instead if it has changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Busy`] it may be noted or not.
    pub async fn mark_repeated(
        &self,
        conference: Conference,
        now: Timestamp,
    ) -> Result<Marked, StoreError> {
        let marked = Conference {
            repeated: Some(now),
            ..conference
        };
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(serde_dynamo::to_item(&marked)?))
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", number(marked.revision))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Marked::Now(Box::new(marked)));
        };
        if let SdkError::ServiceError(context) = &error
            && let PutItemError::ConditionalCheckFailedException(failed) = context.err()
        {
            let item = failed.item().filter(|item| !item.is_empty());
            return Ok(match item {
                Some(item) => Marked::Changed(Box::new(serde_dynamo::from_item(item.clone())?)),
                None => Marked::Gone,
            });
        }
        Err(error.into())
    }

    /// Prepares a request that isn't sent. Called while the function starts, when it has a whole processor
    /// to itself, so that the first webhook needs less of what little it gets.
    pub async fn rehearse(&self) {
        let unsent = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("conferenceId", AttributeValue::S(NO_CONFERENCE.to_owned()))
            .condition_expression("attribute_exists(conferenceId)");
        // Whatever comes of it, the first webhook finds out by itself.
        drop(unsent.customize().interceptor(Rehearsal).send().await);
    }
}

/// What an update brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The meeting's title.
    pub topic: String,
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends.
    pub end_time: Timestamp,
    /// When HubSpot signed it; the time it came in where the signature has none.
    pub signed_at: Timestamp,
    /// When the item may be removed, in seconds since the epoch.
    pub expires_at: i64,
}

/// Why an update took no effect.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// There is no such conference.
    #[error("no such conference")]
    NotThere,
    /// It belongs to another portal.
    #[error("the conference belongs to another portal")]
    NotYours,
    /// It was deleted, which is final.
    #[error("the conference was deleted")]
    Deleted,
    /// A newer update, or this very one, took effect before.
    #[error("a newer update is stored")]
    Stale,
    /// The store gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The right to change conferences: `dynamodb:UpdateItem`.
#[derive(Clone, Debug)]
pub struct UpdateConferences {
    client: Client,
    table: String,
}

impl UpdateConferences {
    /// Works on `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Changes the conference if it is `portal`'s, not deleted, and not changed by anything newer.
    ///
    /// # Errors
    /// [`UpdateError`], which says what stood in the way.
    pub async fn update(
        &self,
        id: &ConferenceId,
        portal: PortalId,
        change: &Change,
    ) -> Result<(), UpdateError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("conferenceId", AttributeValue::S(id.to_string()))
            .update_expression(
                "SET topic = :topic, startTime = :startTime, endTime = :endTime, \
                 updatedAt = :signedAt, expiresAt = :expiresAt ADD revision :one",
            )
            .condition_expression(
                "portalId = :portalId AND attribute_not_exists(deletedAt) \
                 AND (attribute_not_exists(updatedAt) OR updatedAt < :signedAt)",
            )
            .expression_attribute_values(":topic", AttributeValue::S(change.topic.clone()))
            .expression_attribute_values(":startTime", number(change.start_time.as_millis()))
            .expression_attribute_values(":endTime", number(change.end_time.as_millis()))
            .expression_attribute_values(":signedAt", number(change.signed_at.as_millis()))
            .expression_attribute_values(":expiresAt", number(change.expires_at))
            .expression_attribute_values(":portalId", number(portal))
            .expression_attribute_values(":one", number(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error) => Err(match refused(error)? {
                None => UpdateError::NotThere,
                Some(existing) if existing.portal_id != portal => UpdateError::NotYours,
                Some(existing) if existing.deleted_at.is_some() => UpdateError::Deleted,
                Some(_) => UpdateError::Stale,
            }),
        }
    }

    /// Prepares a request that isn't sent, as [`InsertConferences::rehearse`] does.
    pub async fn rehearse(&self) {
        rehearse(&self.client, &self.table).await;
    }
}

/// What became of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is deleted now.
    Now,
    /// It had been deleted before.
    Before,
    /// There is no such conference.
    NotThere,
}

/// The right to delete conferences, which leaves a tombstone: `dynamodb:UpdateItem`.
#[derive(Clone, Debug)]
pub struct DeleteConferences {
    client: Client,
    table: String,
}

impl DeleteConferences {
    /// Works on `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Marks the conference as deleted at `now`.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Busy`] it may be deleted or not.
    pub async fn delete(&self, id: &ConferenceId, now: Timestamp) -> Result<Deleted, StoreError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("conferenceId", AttributeValue::S(id.to_string()))
            .update_expression("SET deletedAt = :now, expiresAt = :expiresAt ADD revision :one")
            .condition_expression(
                "attribute_exists(conferenceId) AND attribute_not_exists(deletedAt)",
            )
            .expression_attribute_values(":now", number(now.as_millis()))
            .expression_attribute_values(":expiresAt", number(now.plus(TOMBSTONE).as_seconds()))
            .expression_attribute_values(":one", number(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Deleted::Now),
            Err(error) => Ok(match refused(error)? {
                None => Deleted::NotThere,
                Some(_) => Deleted::Before,
            }),
        }
    }

    /// Prepares a request that isn't sent, as [`InsertConferences::rehearse`] does.
    pub async fn rehearse(&self) {
        rehearse(&self.client, &self.table).await;
    }
}

/// The right to read a conference: `dynamodb:GetItem`. For people, who follow its link or look it up.
#[derive(Clone, Debug)]
pub struct ReadConferences {
    client: Client,
    table: String,
}

impl ReadConferences {
    /// Works on `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The conference as it is now, a deleted one included.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn get(&self, id: &ConferenceId) -> Result<Option<Conference>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("conferenceId", AttributeValue::S(id.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Prepares a request that isn't sent, as [`InsertConferences::rehearse`] does.
    pub async fn rehearse(&self) {
        let unsent = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("conferenceId", AttributeValue::S(NO_CONFERENCE.to_owned()))
            .consistent_read(true);
        // Whatever comes of it, the first page finds out by itself.
        drop(unsent.customize().interceptor(Rehearsal).send().await);
    }
}

/// The item whose condition failed (`None`: there is none), or the error if it was another one.
fn refused(error: SdkError<UpdateItemError>) -> Result<Option<Conference>, StoreError> {
    if let SdkError::ServiceError(context) = &error
        && let UpdateItemError::ConditionalCheckFailedException(failed) = context.err()
    {
        let item = failed.item().filter(|item| !item.is_empty());
        return Ok(item.cloned().map(serde_dynamo::from_item).transpose()?);
    }
    Err(error.into())
}

async fn rehearse(client: &Client, table: &str) {
    let unsent = client
        .update_item()
        .table_name(table)
        .key("conferenceId", AttributeValue::S(NO_CONFERENCE.to_owned()))
        .condition_expression("attribute_exists(conferenceId)");
    // Whatever comes of it, the first webhook finds out by itself.
    drop(unsent.customize().interceptor(Rehearsal).send().await);
}

fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
