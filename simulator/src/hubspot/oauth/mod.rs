//! Who has the app installed, and the OAuth by which that changes: HubSpot's consent page, its token and
//! introspection endpoints, and the call that uninstalls (HubSpot, "Working with OAuth").
//!
//! There is one app on this machine. Its client ID and secret are the examples of HubSpot's
//! documentation, and it has a redirect URL for every port: `http://localhost:PORT/callback`.

mod api;
mod consent;
mod grants;

use std::sync::Arc;

use axum::Router;

pub use self::grants::{Account, Grants};
use super::state::HubSpot;

/// The consent page and the OAuth API.
pub fn router(hubspot: &Arc<HubSpot>) -> Router {
    consent::router(hubspot).merge(api::router(hubspot))
}
