//! The whole system on this machine, without any AWS account: the store, the four functions and the
//! gateway in front of them, and HubSpot's part with a page for it.

pub mod functions;
pub mod gateway;
pub mod hubspot;
pub mod page;
pub mod store;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{KeepUsers, User};
use shared::telemetry::Record;
use tokio::net::TcpListener;

use self::functions::{Functions, Settings};
use self::hubspot::HubSpot;
use self::store::Store;
use crate::sample;

/// The tables' names on this machine, which are also the functions' defaults.
pub const CONFERENCES_TABLE: &str = "conferences";
/// See [`CONFERENCES_TABLE`].
pub const USERS_TABLE: &str = "users";

/// Why the local system does not start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Something else listens there, or the address is none of this machine's.
    #[error("can't listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The file for the data can't be used.
    #[error("can't use {} for the data: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What the store says of it.
        reason: String,
    },
    /// The store refuses its own tables.
    #[error("the embedded store does not work")]
    Store(#[from] StoreError),
    /// There can't be an HTTP client.
    #[error("webhooks can't be sent")]
    Http(#[from] reqwest::Error),
    /// A built-in setting is wrong.
    #[error(transparent)]
    Config(#[from] shared::config::ConfigError),
    /// The first user's address is none.
    #[error(transparent)]
    FirstUser(#[from] shared::user_email::UserEmailError),
}

/// Where the local system listens, and where it keeps its data.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address for both servers.
    pub host: IpAddr,
    /// The gateway's port; 0 for any that is free.
    pub port: u16,
    /// The store's port; 0 for any that is free.
    pub dynamodb_port: u16,
    /// The file for the data; `None` keeps them in memory.
    pub data: Option<PathBuf>,
    /// Is told about every request.
    pub report: fn(&Record),
}

/// The running system. It ends with the process.
#[derive(Debug)]
pub struct Local {
    /// The gateway's address, which is also what HubSpot signs.
    pub base_url: String,
    /// The store, as DynamoDB's endpoint.
    pub store: Store,
}

impl Local {
    /// Starts the system and waits until it answers.
    ///
    /// # Errors
    /// [`LocalError`]
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        let store_address = SocketAddr::new(options.host, options.dynamodb_port);
        let store = Store::start(store_address, options.data.as_deref()).await?;
        store.create_tables(CONFERENCES_TABLE, USERS_TABLE).await?;
        let users = KeepUsers::new(store.client(), USERS_TABLE.to_owned());
        users.put(&first_user()?).await?;
        let address = SocketAddr::new(options.host, options.port);
        let (listener, port) = listen(address).await?;
        let base_url = format!("http://127.0.0.1:{port}");
        let settings = Settings::for_development(&base_url)?;
        let functions = Functions::new(&store.client(), settings, options.report);
        let hubspot = Arc::new(HubSpot::new(&base_url, store.clone())?);
        let router = gateway::router(functions)
            .merge(hubspot::router(&hubspot))
            .merge(page::router());
        tokio::spawn(gateway::serve(listener, router));
        Ok(Self { base_url, store })
    }
}

/// The user who is in the directory from the start, so that a meeting can be made at once.
fn first_user() -> Result<User, LocalError> {
    let meeting = sample::Meeting::default();
    Ok(User {
        portal_id: PortalId::new(meeting.portal_id),
        email: meeting.user_email.parse()?,
        native_id: None,
    })
}

/// Listens, and says on which port.
async fn listen(address: SocketAddr) -> Result<(TcpListener, u16), LocalError> {
    let failed = |error| LocalError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok((listener, port))
}
