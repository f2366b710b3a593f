//! The users table: who may host conferences, and their IDs in our video system.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, PutRequest, ReturnValue, WriteRequest,
};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::identifiers::PortalId;
use crate::user_email::UserEmail;

/// One entry: a user or, with the email `*@domain`, everyone at that domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The portal that the user belongs to.
    pub portal_id: PortalId,
    /// The email address in lower case, or `*@domain`.
    pub email: UserEmail,
    /// The user's ID in the video system. Without one, the email address is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native_id: Option<String>,
}

/// The entries that an address matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// The user's own entry.
    pub own: Option<User>,
    /// The entry for the address's domain.
    pub domain: Option<User>,
}

permission! {
    /// The permission to look users up: `dynamodb:BatchGetItem`.
    FindUsers
}

impl FindUsers {
    /// The entry for this address and the one for its domain. Takes one request.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response; [`StoreError::Transient`] also if DynamoDB
    /// left a key unread.
    pub async fn find(&self, portal: PortalId, email: &str) -> Result<Matches, StoreError> {
        // A text that isn't an address, or looks like a domain entry, matches no user.
        let Ok(email) = email.parse::<UserEmail>() else {
            return Ok(Matches::default());
        };
        let Some(domain) = email.domain_entry() else {
            return Ok(Matches::default());
        };
        let keys = [&email, &domain].map(|email| key(portal, email.to_string()));
        let found = self.read(keys.into(), false).await?;
        let (mut own, mut domain): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|user| user.email == email);
        Ok(Matches {
            own: own.pop(),
            domain: domain.pop(),
        })
    }

    /// The current entries for exactly these keys, which must all be different and at most 100 ([DynamoDB,
    /// `BatchGetItem`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html)).
    /// For operators, not for webhooks.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response; [`StoreError::Transient`] also if DynamoDB
    /// left a key unread.
    pub async fn entries(&self, keys: &[(PortalId, UserEmail)]) -> Result<Vec<User>, StoreError> {
        let keys = keys.iter();
        let keys = keys.map(|(portal, email)| key(*portal, email.to_string()));
        self.read(keys.collect(), true).await
    }

    fn request(
        &self,
        keys: Vec<HashMap<String, AttributeValue>>,
        consistent: bool,
    ) -> Result<BatchGetItemFluentBuilder, StoreError> {
        let keys = KeysAndAttributes::builder()
            .set_consistent_read(consistent.then_some(true))
            .set_keys(Some(keys))
            .build()?;
        let request = self.0.client.batch_get_item();
        Ok(request.request_items(&self.0.name, keys))
    }

    async fn read(
        &self,
        keys: Vec<HashMap<String, AttributeValue>>,
        consistent: bool,
    ) -> Result<Vec<User>, StoreError> {
        let answer = self.request(keys, consistent)?.send().await?;
        // An unread key may be the very user in question: "unknown" is not the same as "no such user".
        if answer.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            return Err(StoreError::Transient("DynamoDB left keys unread".into()));
        }
        let items = answer
            .responses
            .and_then(|mut tables| tables.remove(&self.0.name))
            .unwrap_or_default();
        Ok(serde_dynamo::from_items(items)?)
    }
}

/// The result of storing an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// There was no entry for the address.
    New,
    /// It replaced the entry for the address.
    Replaced,
}

/// The result of removing an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The entry is now removed.
    Now,
    /// There was no entry for the address.
    NotFound,
}

permission! {
    /// The permission to edit the directory: `dynamodb:PutItem`, `dynamodb:BatchWriteItem` and
    /// `dynamodb:DeleteItem`. For operators, not for webhooks.
    EditUsers
}

impl EditUsers {
    /// The maximum number of entries in one request ([DynamoDB,
    /// `BatchWriteItem`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html)).
    pub const BATCH: usize = 25;

    /// Stores an entry, in place of one for the same address.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] it may or may
    /// not be stored.
    pub async fn put(&self, user: &User) -> Result<Stored, StoreError> {
        let answer = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(serde_dynamo::to_item(user)?))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        let replaced = answer.attributes.is_some_and(|item| !item.is_empty());
        Ok(if replaced {
            Stored::Replaced
        } else {
            Stored::New
        })
    }

    /// Stores up to [`Self::BATCH`] entries, all for different addresses. Each replaces an existing entry
    /// for the same address. Returns the entries that DynamoDB left unprocessed.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] each entry may
    /// or may not be stored.
    pub async fn put_batch(&self, users: &[User]) -> Result<Vec<User>, StoreError> {
        let requests: Result<Vec<_>, _> = users.iter().map(put_request).collect();
        let left = self.0.write_batch(requests?).await?;
        left.filter_map(|request| request.put_request)
            .map(|request| Ok(serde_dynamo::from_item(request.item)?))
            .collect()
    }

    /// Removes the entry for this address.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. After [`StoreError::Transient`] it may or may
    /// not be removed.
    pub async fn remove(&self, portal: PortalId, email: &UserEmail) -> Result<Removed, StoreError> {
        let answer = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .set_key(Some(key(portal, email.to_string())))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        let removed = answer.attributes.is_some_and(|item| !item.is_empty());
        Ok(if removed {
            Removed::Now
        } else {
            Removed::NotFound
        })
    }
}

fn put_request(user: &User) -> Result<WriteRequest, StoreError> {
    let put = PutRequest::builder()
        .set_item(Some(serde_dynamo::to_item(user)?))
        .build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}

permission! {
    /// The permission to read a portal's whole directory: `dynamodb:Query`. For operators, not for
    /// webhooks.
    ListUsers
}

impl ListUsers {
    /// All entries of `portal`, ordered by address, page by page.
    #[must_use]
    pub fn in_portal(&self, portal: PortalId) -> UserPages {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .consistent_read(true)
            .key_condition_expression("portalId = :portalId")
            .expression_attribute_values(":portalId", AttributeValue::N(portal.to_string()));
        UserPages { rest: Some(query) }
    }
}

/// The results of [`ListUsers::in_portal`]. Only one page at a time is in memory.
#[derive(Debug)]
pub struct UserPages {
    rest: Option<QueryFluentBuilder>,
}

impl UserPages {
    /// The next page, which may be empty, or `None` after the last one.
    ///
    /// # Errors
    /// [`StoreError`] if the store gives no usable response. The same page can be requested again.
    pub async fn next(&mut self) -> Result<Option<Vec<User>>, StoreError> {
        let Some(query) = self.rest.take() else {
            return Ok(None);
        };
        let page = query.clone().send().await?;
        self.rest = page
            .last_evaluated_key
            .map(|key| query.set_exclusive_start_key(Some(key)));
        let items = page.items.unwrap_or_default();
        Ok(Some(serde_dynamo::from_items(items)?))
    }
}

fn key(portal: PortalId, email: String) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("portalId".to_owned(), AttributeValue::N(portal.to_string())),
        ("email".to_owned(), AttributeValue::S(email)),
    ])
}
