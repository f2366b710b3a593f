//! What operators do with the table as a whole: look through it for one portal's conferences, and erase
//! them. No webhook does either.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use serde::{Deserialize, Serialize};

use super::{Conference, number};
use crate::conference_id::ConferenceId;
use crate::identifiers::{PortalId, UserId};
use crate::repository::StoreError;

permission! {
    /// The permission to look through the whole table: `dynamodb:Scan`. For operators, not for webhooks.
    ListConferences
}

impl ListConferences {
    /// All conferences of `portal`, deleted ones included, in no order, page by page. The key doesn't
    /// name the portal, so DynamoDB reads every item of the table and charges for it: right for what
    /// an operator asks now and then, and cheaper than an index that every webhook would pay for.
    #[must_use]
    pub fn of(&self, portal: PortalId) -> ConferencePages {
        let scan = self
            .0
            .client
            .scan()
            .table_name(&self.0.name)
            .consistent_read(true)
            .filter_expression("portalId = :portalId")
            .expression_attribute_values(":portalId", number(portal));
        ConferencePages {
            rest: Some(scan),
            read: 0,
        }
    }
}

/// An item of the table: a conference, unless somebody has written there by hand.
pub type Found = Result<Conference, Unreadable>;

/// What is known of an item that isn't a whole conference: enough to erase it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The table's key.
    pub conference_id: ConferenceId,
    /// The host, if it says so.
    pub user_id: Option<UserId>,
    /// The host's address, or the id that stands for it, if it says so.
    pub user_email: Option<String>,
}

/// An item without the table's key comes from another table, and is an error.
fn found(item: HashMap<String, AttributeValue>) -> Result<Found, StoreError> {
    if let Ok(conference) = serde_dynamo::from_item(item.clone()) {
        return Ok(Ok(conference));
    }
    let user_id = item.get("userId").and_then(|id| id.as_n().ok());
    let user_email = item.get("userEmail").and_then(|email| email.as_s().ok());
    Ok(Err(Unreadable {
        user_id: user_id.and_then(|id| id.parse().ok()),
        user_email: user_email.cloned(),
        conference_id: serde_dynamo::from_item::<_, Key>(item)?.conference_id,
    }))
}

/// What [`ListConferences::of`] finds. Only one page at a time is in memory.
#[derive(Debug)]
pub struct ConferencePages {
    rest: Option<ScanFluentBuilder>,
    read: u64,
}

impl ConferencePages {
    /// The next page, which can be empty, or `None` after the last.
    ///
    /// # Errors
    /// [`StoreError`]; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Found>>, StoreError> {
        let Some(scan) = &self.rest else {
            return Ok(None);
        };
        let page = scan.clone().send().await?;
        let items = page.items.unwrap_or_default();
        let conferences = items.into_iter().map(found).collect::<Result<_, _>>()?;
        self.read += u64::try_from(page.scanned_count).unwrap_or_default();
        self.rest = page
            .last_evaluated_key
            .map(|key| scan.clone().set_exclusive_start_key(Some(key)));
        Ok(Some(conferences))
    }

    /// How many items of the table were read so far, other portals' included.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }
}

permission! {
    /// The permission to remove conferences without a trace: `dynamodb:BatchWriteItem`. For operators, not for
    /// webhooks.
    PurgeConferences
}

/// The table's key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    conference_id: ConferenceId,
}

impl PurgeConferences {
    /// How many items DynamoDB takes in one request (DynamoDB, "Quotas").
    pub const BATCH: usize = 25;

    /// Removes up to [`Self::BATCH`] conferences, no two with the same id. One that isn't there
    /// counts as removed. Answers the ids that DynamoDB left for later.
    ///
    /// There is no condition, which a batch can't have: no webhook changes whose a conference
    /// is after somebody has read it.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Transient`] each may be removed or not.
    pub async fn remove_batch(
        &self,
        ids: &[ConferenceId],
    ) -> Result<Vec<ConferenceId>, StoreError> {
        let requests: Result<Vec<_>, _> = ids.iter().map(delete_request).collect();
        let left = self.0.write_batch(requests?).await?;
        left.filter_map(|request| request.delete_request)
            .map(|request| {
                let key: Key = serde_dynamo::from_item(request.key)?;
                Ok(key.conference_id)
            })
            .collect()
    }
}

fn delete_request(id: &ConferenceId) -> Result<WriteRequest, StoreError> {
    let key = Key {
        conference_id: id.clone(),
    };
    let delete = DeleteRequest::builder()
        .set_key(Some(serde_dynamo::to_item(key)?))
        .build()?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
