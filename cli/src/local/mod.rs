//! The whole system on this machine, without any AWS account: the store, the four functions and the
//! gateway in front of them, and HubSpot's part with a page for it.

pub mod address;
pub mod functions;
pub mod gateway;
pub mod host_check;
pub mod hubspot;
pub mod page;
pub mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use shared::repository::StoreError;
use shared::repository::users::{KeepUsers, User};
use shared::telemetry::Record;
use tokio::net::TcpListener;

use self::address::ListenAddress;
use self::functions::{Functions, Settings};
use self::hubspot::HubSpot;
use self::hubspot::registry::RegistrationError;
use self::store::Store;
use crate::sample;

/// The table of conferences. Both names are the functions' defaults.
pub const CONFERENCES_TABLE: &str = "conferences";
/// The table of users.
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
    /// HubSpot's part takes no such URLs.
    #[error("the webhooks can't be registered")]
    Registration(#[from] RegistrationError),
    /// The first user's address is none.
    #[error(transparent)]
    FirstUser(#[from] shared::user_email::UserEmailError),
}

/// Where the local system listens, and where it keeps its data.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address for both servers.
    pub host: ListenAddress,
    /// The gateway's port; 0 for any that is free.
    pub port: u16,
    /// The store's port; 0 for any that is free.
    pub dynamodb_port: u16,
    /// The file for the data; `None` keeps them in memory.
    pub data: Option<PathBuf>,
    /// Is told about every request.
    pub report: fn(&Record),
}

impl Options {
    /// A silent system on free ports of this machine, which forgets everything in the end.
    #[must_use]
    pub fn for_itself() -> Self {
        Self {
            host: ListenAddress::LOOPBACK,
            port: 0,
            dynamodb_port: 0,
            data: None,
            report: |_| {},
        }
    }
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
        let store_address = options.host.with_port(options.dynamodb_port);
        let store = Store::start(store_address, options.data.as_deref()).await?;
        let new = store.create_tables(CONFERENCES_TABLE, USERS_TABLE).await?;
        // In a table that was kept, the first user may have got an id or been removed.
        if new.users {
            let users = KeepUsers::new(store.client(), USERS_TABLE.to_owned());
            users.put(&first_user()?).await?;
        }
        let (listener, address) = listen(options.host.with_port(options.port)).await?;
        let base_url = address::url(address);
        let settings = Settings::for_development(&base_url)?;
        let functions = Functions::new(&store.client(), settings, options.report);
        let hubspot = Arc::new(HubSpot::new(&base_url, store.clone())?);
        let mut for_people = hubspot::router(&hubspot).merge(page::router());
        if !options.host.is_open() {
            for_people = host_check::for_this_machine_alone(for_people);
        }
        let router = gateway::router(functions).merge(for_people);
        tokio::spawn(gateway::serve(listener, router));
        Ok(Self { base_url, store })
    }
}

/// The user who is in the directory from the start, so that a meeting can be made at once.
fn first_user() -> Result<User, LocalError> {
    let meeting = sample::Meeting::default();
    Ok(User {
        portal_id: meeting.portal_id,
        email: meeting.user_email.parse()?,
        native_id: None,
    })
}

/// Listens, and says on which address: the port is another one where any was asked for.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), LocalError> {
    let failed = |error| LocalError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
