//! Operators' access to the whole table: search it for one portal's conferences, and erase them. No webhook
//! does either.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use serde::{Deserialize, Serialize};

use super::{Conference, number};
use crate::conference_id::ConferenceId;
use crate::identifiers::{PortalId, UserId};
use crate::repository::StoreError;

permission! {
    /// The permission to scan the whole table: `dynamodb:Scan`. For operators, not for webhooks.
    ListConferences
}

impl ListConferences {
    /// All conferences of `portal`, deleted ones included, unordered, page by page. The key doesn't contain
    /// the portal, so DynamoDB reads every item in the table and charges for it. That is fine for an
    /// operator's occasional request, and cheaper than an index that every webhook would pay for.
    #[must_use]
    pub fn in_portal(&self, portal: PortalId) -> ConferencePages {
        let scan = self
            .scan()
            .filter_expression("portalId = :portalId")
            .expression_attribute_values(":portalId", number(portal));
        ConferencePages::new(scan)
    }

    /// All conferences of all portals, in the same way.
    #[must_use]
    pub fn all(&self) -> ConferencePages {
        ConferencePages::new(self.scan())
    }

    fn scan(&self) -> ScanFluentBuilder {
        let scan = self.0.client.scan().table_name(&self.0.name);
        scan.consistent_read(true)
    }
}

/// An item in the table: a conference, or an item that was written or damaged by hand.
pub type Found = Result<Conference, Unreadable>;

/// What is known about an item that isn't a complete conference: enough to erase it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The table's partition key.
    pub conference_id: ConferenceId,
    /// The host, if the item has one.
    pub user_id: Option<UserId>,
    /// The host's email address, or the ID that verify returned for it, if the item has one.
    pub user_email: Option<String>,
}

/// An item without the table's key must come from another table, and is an error.
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

/// The results of [`ListConferences`]. Only one page at a time is in memory.
#[derive(Debug)]
pub struct ConferencePages {
    rest: Option<ScanFluentBuilder>,
    read: u64,
}

impl ConferencePages {
    const fn new(scan: ScanFluentBuilder) -> Self {
        Self {
            rest: Some(scan),
            read: 0,
        }
    }

    /// The next page, which may be empty, or `None` after the last one.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. The same page can be requested again.
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

    /// The number of items read from the table so far, other portals' included.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }
}

permission! {
    /// The permission to remove conferences without a tombstone: `dynamodb:BatchWriteItem`. For operators,
    /// not for webhooks.
    PurgeConferences
}

/// The table's key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    conference_id: ConferenceId,
}

impl PurgeConferences {
    /// The maximum number of items in one request ([DynamoDB,
    /// `BatchWriteItem`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html)).
    pub const BATCH: usize = 25;

    /// Removes up to [`Self::BATCH`] conferences, all with different IDs. A conference that doesn't exist
    /// counts as removed. Returns the IDs that DynamoDB left unprocessed.
    ///
    /// There is no condition, because batch writes don't support any. None is needed: no webhook changes
    /// which portal or host a conference belongs to after it was read.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] each
    /// conference may or may not be removed.
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
