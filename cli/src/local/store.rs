//! The embedded DynamoDB: `dynoxide`, a DynamoDB on SQLite, behind an HTTP port for the real SDK.

use std::net::SocketAddr;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use dynoxide::Database;
use shared::repository::{StoreError, tables};

use super::{LocalError, listen};

/// A DynamoDB somewhere on this machine.
#[derive(Clone, Debug)]
pub struct Store {
    endpoint: String,
    client: Client,
}

impl Store {
    /// Starts an embedded DynamoDB on `address`, with its data in a file or in memory.
    ///
    /// # Errors
    /// [`LocalError`] if the address or the file can't be used.
    pub async fn start(address: SocketAddr, data: Option<&Path>) -> Result<Self, LocalError> {
        let database = match data {
            Some(path) => Database::new(&path.to_string_lossy()),
            None => Database::memory(),
        };
        let database = database.map_err(|error| LocalError::Data {
            path: data.unwrap_or(Path::new("memory")).to_owned(),
            reason: error.to_string(),
        })?;
        let (listener, port) = listen(address).await?;
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        Ok(Self::at(format!("http://127.0.0.1:{port}")).await)
    }

    /// A DynamoDB that runs already.
    pub async fn at(endpoint: String) -> Self {
        let config = shared::aws::loader()
            .endpoint_url(&endpoint)
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .load()
            .await;
        Self {
            endpoint,
            client: Client::new(&config),
        }
    }

    /// Where it is: `http://127.0.0.1:…`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A client for it.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Makes the two tables where they don't exist.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn create_tables(&self, conferences: &str, users: &str) -> Result<(), StoreError> {
        tables::create_tables(&self.client, conferences, users).await
    }
}
