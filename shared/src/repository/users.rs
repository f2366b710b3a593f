//! The table of users: who may host conferences, and under which id our video system knows them.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::identifiers::PortalId;

/// DynamoDB takes sort keys of up to 1024 bytes (DynamoDB, "Quotas").
const LONGEST_EMAIL: usize = 1024;

/// One entry: a user, or with the email `*@domain` everybody at that domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Whose user.
    pub portal_id: PortalId,
    /// The address in lower case, or `*@domain`.
    pub email: String,
    /// The user's id in the video system; without one, the address serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native_id: Option<String>,
}

/// The right to look users up: `dynamodb:BatchGetItem`.
#[derive(Clone, Debug)]
pub struct FindUsers {
    client: Client,
    table: String,
}

impl FindUsers {
    /// Works on `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The entry for this address, or else the one for its domain, in one request.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Busy`] also where DynamoDB left a key unread.
    pub async fn find(&self, portal: PortalId, email: &str) -> Result<Option<User>, StoreError> {
        let email = email.to_lowercase();
        if email.is_empty() || email.len() > LONGEST_EMAIL {
            return Ok(None);
        }
        let domain = email
            .rsplit_once('@')
            .map(|(_, domain)| format!("*@{domain}"));
        // An "address" that is spelt like a domain's entry is nobody's.
        if domain.as_ref() == Some(&email) {
            return Ok(None);
        }
        let emails = std::iter::once(email.clone()).chain(domain);
        let keys = emails.map(|email| key(portal, email)).collect();
        let mut found: Vec<User> = self.read(keys).await?;
        let exact = found.iter().position(|user| user.email == email);
        Ok(exact
            .map(|position| found.swap_remove(position))
            .or_else(|| found.pop()))
    }

    /// Opens the connection with a look at an entry that doesn't exist.
    pub async fn connect(&self) {
        // Whatever comes back, the first webhook finds out by itself.
        drop(self.read(vec![key(PortalId::new(0), "-".to_owned())]).await);
    }

    async fn read(
        &self,
        keys: Vec<HashMap<String, AttributeValue>>,
    ) -> Result<Vec<User>, StoreError> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .build()
            .map_err(|error| StoreError::Broken(Box::new(error)))?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.table, keys)
            .send()
            .await?;
        // A key that was not read might be the very user: not to know is not the same as "nobody".
        if answer.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            return Err(StoreError::Busy("DynamoDB left keys unread".into()));
        }
        let items = answer
            .responses
            .and_then(|mut tables| tables.remove(&self.table))
            .unwrap_or_default();
        Ok(serde_dynamo::from_items(items)?)
    }
}

/// The right to keep the directory: `dynamodb:PutItem`. For operators, not for webhooks.
#[derive(Clone, Debug)]
pub struct KeepUsers {
    client: Client,
    table: String,
}

impl KeepUsers {
    /// Works on `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores an entry, in place of one for the same address.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn put(&self, user: &User) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(serde_dynamo::to_item(user)?))
            .send()
            .await?;
        Ok(())
    }
}

fn key(portal: PortalId, email: String) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("portalId".to_owned(), AttributeValue::N(portal.to_string())),
        ("email".to_owned(), AttributeValue::S(email)),
    ])
}
