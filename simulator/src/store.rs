//! The embedded DynamoDB: `dynoxide`, a DynamoDB on SQLite, behind an HTTP port for the real SDK.
//!
//! It can be stopped and restarted with its data, to show how webhooks behave without a store.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
#[cfg(unix)]
use std::{
    fs::Permissions,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_smithy_http_client::Builder;
use dynoxide::Database;
use shared::repository::StoreError;
use shared::repository::tables::{self, NewTables};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use crate::error::SimulatorError;
use crate::listen::{listen, url};

/// A DynamoDB endpoint on this machine.
#[derive(Clone, Debug)]
pub struct Store {
    endpoint: String,
    client: Client,
    server: Option<Arc<Server>>,
}

impl Store {
    /// Starts an embedded DynamoDB on `address`, with its data in a file or in memory.
    ///
    /// # Errors
    /// [`SimulatorError`] if the address or the file can't be used.
    pub async fn start(address: SocketAddr, data: Option<&Path>) -> Result<Self, SimulatorError> {
        let file = data.map(DataFile::lock).transpose()?;
        let database = match data {
            Some(path) => Database::new(&path.to_string_lossy()),
            None => Database::memory(),
        };
        let database = database.map_err(|error| SimulatorError::Data {
            path: data.unwrap_or(Path::new("memory")).to_owned(),
            reason: error.to_string(),
        })?;
        let (listener, address) = listen(address).await?;
        let server = Server {
            // Keep this port for restarts, even if any free port was requested.
            address,
            running: Mutex::new(Some(Running::start(listener, database.clone()))),
            database,
            _file: file,
        };
        let store = Self::at(url(address)).await;
        Ok(Self {
            server: Some(Arc::new(server)),
            ..store
        })
    }

    /// An existing DynamoDB at a plain http endpoint.
    pub async fn at(endpoint: String) -> Self {
        let secret = "development-only-aws-secret-key";
        let credentials = Credentials::new("local", secret, None, None, "local");
        let config = shared::aws::loader()
            // Unlike the SDK's own client, this one ignores proxies, which can't reach this machine.
            .http_client(Builder::new().build_http())
            .endpoint_url(&endpoint)
            .region(Region::from_static("local"))
            .credentials_provider(credentials)
            .load()
            .await;
        Self {
            endpoint,
            client: Client::new(&config),
            server: None,
        }
    }

    /// Whether it runs; assumed to be true if this process did not start it.
    pub(crate) async fn is_running(&self) -> bool {
        match &self.server {
            Some(server) => server.running.lock().await.is_some(),
            None => true,
        }
    }

    /// Stops the embedded DynamoDB. Connections are refused, and the data is kept.
    pub async fn stop(&self) {
        if let Some(server) = &self.server
            && let Some(running) = server.running.lock().await.take()
        {
            running.stop().await;
        }
    }

    /// Restarts the embedded DynamoDB on the same port, with its data.
    ///
    /// # Errors
    /// [`SimulatorError::Listen`] if another process has taken the port.
    pub(crate) async fn start_again(&self) -> Result<(), SimulatorError> {
        if let Some(server) = &self.server {
            let mut running = server.running.lock().await;
            if running.is_none() {
                let (listener, _) = listen(server.address).await?;
                *running = Some(Running::start(listener, server.database.clone()));
            }
        }
        Ok(())
    }

    /// The endpoint's URL: `http://127.0.0.1:…`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A client for the endpoint.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Creates the two tables if they don't exist, and returns the names of those that it created.
    ///
    /// # Errors
    /// [`StoreError`] if a table can't be created.
    pub async fn create_tables(
        &self,
        conferences: &str,
        users: &str,
    ) -> Result<NewTables, StoreError> {
        tables::create_tables(&self.client, conferences, users).await
    }
}

/// The server of the embedded DynamoDB, running or stopped.
struct Server {
    address: SocketAddr,
    database: Database,
    running: Mutex<Option<Running>>,
    /// The lock on the data file, held as long as the server exists.
    _file: Option<DataFile>,
}

/// The data file, locked, and readable only by its owner, because it contains names and addresses.
struct DataFile {
    _file: File,
}

impl DataFile {
    fn lock(path: &Path) -> Result<Self, SimulatorError> {
        let failed = |error: io::Error| SimulatorError::Data {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(path).map_err(failed)?;
        #[cfg(unix)]
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(SimulatorError::DataInUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A running server, and how to stop it.
struct Running {
    end: oneshot::Sender<()>,
    task: JoinHandle<Result<(), String>>,
}

impl Running {
    fn start(listener: TcpListener, database: Database) -> Self {
        let (end, ended) = oneshot::channel();
        // A client may outlive the store, so the server needs an explicit message to stop.
        let shutdown = async move {
            if ended.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let server = dynoxide::server::serve_with_shutdown(listener, database, shutdown);
        Self {
            end,
            task: tokio::spawn(server),
        }
    }

    /// Waits until the requests in progress are answered and the port is closed.
    async fn stop(self) {
        // Both calls only fail if the server has already ended.
        self.end.send(()).ok();
        self.task.await.ok();
    }
}
