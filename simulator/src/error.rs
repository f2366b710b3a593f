//! Why the simulator does not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use shared::config::ConfigError;
use shared::repository::StoreError;
use shared::user_email::UserEmailError;

use crate::registry::RegistrationError;

/// Why the simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// Another process uses the address, or this machine doesn't have it.
    #[error(
        "can't listen on {0}: if another program uses that port (perhaps another dev), stop it, or choose a port with \
         --port or --dynamodb-port (0: any free port)"
    )]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The data file can't be used.
    #[error("can't use {} for the data: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// The store's reason.
        reason: String,
    },
    /// Another system uses the data file.
    #[error(
        "{} is in use by another system on this machine: stop that one, or choose another file with --data",
        .0.display()
    )]
    DataInUse(PathBuf),
    /// The tables can't be created in the embedded store.
    #[error("the embedded store failed")]
    Store(#[from] StoreError),
    /// The HTTP client can't be built.
    #[error("webhooks can't be sent")]
    Http(#[from] reqwest::Error),
    /// A built-in setting is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The simulated HubSpot rejects the URLs.
    #[error("the webhooks can't be registered")]
    Registration(#[from] RegistrationError),
    /// The first user's address is malformed.
    #[error(transparent)]
    FirstUser(#[from] UserEmailError),
}
