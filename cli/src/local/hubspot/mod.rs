//! HubSpot's part on this machine: the settings API, the meetings, and the webhooks that HubSpot
//! sends because of them. Everything is kept in memory; a restart forgets it, as a new HubSpot would.
//!
//! Webhooks go by real HTTP to whatever URLs were registered, each with a real signature.

pub mod meetings;
pub mod page_api;
pub mod record;
pub mod registry;
pub mod settings_api;
pub mod webhooks;

use std::sync::Arc;

use axum::Router;
use shared::config::ConfigError;
use shared::repository::conferences::ReadConferences;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use tokio::sync::Mutex;

use self::meetings::Meetings;
use self::record::SentWebhooks;
use self::registry::{RegisteredUrls, Registry};
use super::store::Store;
use super::{CONFERENCES_TABLE, LocalError};
use crate::http_client::HttpClient;
use crate::hubspot::Signer;
use crate::hubspot_settings::AppId;
use crate::sample;

/// HubSpot, as far as the video conference extension knows it.
#[derive(Debug)]
pub struct HubSpot {
    state: Mutex<HubSpotState>,
    client: HttpClient,
    signer: Signer,
    forger: Signer,
    conferences: ReadConferences,
    store: Store,
}

/// What changes while HubSpot runs.
#[derive(Debug, Default)]
struct HubSpotState {
    apps: Registry,
    meetings: Meetings,
    webhooks: SentWebhooks,
    /// One more with every change, so that a page can ask for news alone.
    version: u64,
}

impl HubSpotState {
    fn touch(&mut self) {
        self.version += 1;
    }
}

impl HubSpot {
    /// HubSpot with the webhooks of the system at `base_url` registered for [`AppId::FIRST`].
    /// `store` is what the system keeps its conferences in, to show what became of them.
    ///
    /// # Errors
    /// [`LocalError`] if `base_url` can't be registered, or there can't be an HTTP client.
    pub fn new(base_url: &str, store: Store) -> Result<Self, LocalError> {
        let base_url = base_url.parse();
        let base_url = base_url.map_err(|problem| ConfigError::new("PUBLIC_BASE_URL", problem))?;
        let mut state = HubSpotState::default();
        let urls = RegisteredUrls::of_system(&base_url)?;
        state.apps.put(AppId::FIRST, urls);
        let signer = Signer {
            secret: Secret::new(sample::CLIENT_SECRET),
            version: SignatureVersion::V3,
        };
        Ok(Self {
            state: Mutex::new(state),
            client: HttpClient::new()?,
            forger: signer.forger(),
            signer,
            conferences: ReadConferences::new(store.client(), CONFERENCES_TABLE.to_owned()),
            store,
        })
    }
}

/// The settings API, and the API behind the page.
pub fn router(hubspot: &Arc<HubSpot>) -> Router {
    settings_api::router(hubspot).merge(page_api::router(hubspot))
}

#[cfg(test)]
mod tests;
