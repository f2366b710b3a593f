//! The client secrets that HubSpot may sign with right now.
//!
//! Three parts: where the secrets come from ([`SecretSource`]), how they are cached and refreshed
//! ([`ClientSecrets`]), and their form in Secrets Manager (`hubspot_secret`). A rotation needs no
//! deployment, and no signed request is refused because of one. Forged requests can't trigger a flood of
//! reads.

mod cache;
mod client_secret;
mod hubspot_secret;
mod source;

pub use self::cache::ClientSecrets;
pub use self::client_secret::{InvalidClientSecret, parse as parse_client_secret};
pub use self::source::{SecretSource, Secrets};
