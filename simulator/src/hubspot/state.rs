//! The state of the simulated HubSpot: the registered URLs, the installations, the users, the meetings and
//! the recorded requests.

use shared::public_url::PublicBaseUrl;
use shared::repository::conferences::ReadConferences;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use tokio::sync::Mutex;

use super::caller::Signer;
use super::grants::Grants;
use super::meetings::Meetings;
use super::ongoing::Ongoing;
use super::record::RecordedRequests;
use super::users::Users;
use crate::error::SimulatorError;
use crate::http_client::HttpClient;
use crate::registry::{RegisteredUrls, Registry};
use crate::settings::AppId;
use crate::store::Store;
use crate::tables::CONFERENCES_TABLE;

/// The simulated HubSpot, as far as it concerns the video conference extension.
#[derive(Debug)]
pub struct HubSpot {
    pub(super) state: Mutex<HubSpotState>,
    pub(super) client: HttpClient,
    pub(super) signer: Signer,
    pub(super) forger: Signer,
    pub(super) conferences: ReadConferences,
    pub(super) store: Store,
    pub(super) ongoing: Ongoing,
}

/// The mutable state.
#[derive(Debug, Default)]
pub(super) struct HubSpotState {
    pub(super) apps: Registry,
    pub(super) grants: Grants,
    pub(super) meetings: Meetings,
    pub(super) users: Users,
    pub(super) requests: RecordedRequests,
    /// Incremented by every change, so that the page fetches the state only after a change.
    pub(super) version: u64,
}

impl HubSpotState {
    pub(super) fn touch(&mut self) {
        self.version += 1;
    }
}

impl HubSpot {
    /// HubSpot with the webhooks of the system at `base_url` registered for [`AppId::FIRST`]. Requests
    /// are signed with `client_secret`. `store` is the system's store of conferences, for showing each
    /// webhook's effect.
    ///
    /// # Errors
    /// [`SimulatorError`] if `base_url` can't be registered, or the HTTP client can't be built.
    pub fn new(
        base_url: &PublicBaseUrl,
        store: Store,
        client_secret: Secret,
    ) -> Result<Self, SimulatorError> {
        let mut state = HubSpotState::default();
        let urls = RegisteredUrls::for_system(base_url)?;
        state.apps.put(AppId::FIRST, urls);
        let signer = Signer {
            secret: client_secret,
            version: SignatureVersion::V3,
        };
        Ok(Self {
            state: Mutex::new(state),
            client: HttpClient::new()?,
            forger: signer.forger(),
            signer,
            conferences: ReadConferences::new(store.client(), CONFERENCES_TABLE.to_owned()),
            store,
            ongoing: Ongoing::default(),
        })
    }
}
