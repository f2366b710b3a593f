//! The app's installations, and the OAuth flow that changes them: HubSpot's consent page, its token and
//! introspection endpoints, and the uninstall call ([HubSpot, "Working with OAuth"][oauth]).
//!
//! There is one app on this machine. Its client ID and secret are the examples of HubSpot's
//! documentation, and it has a redirect URL for every port: `http://localhost:PORT/callback`.
//!
//! [oauth]: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth

mod api;
mod consent;

use std::sync::Arc;

use axum::Router;

use super::state::HubSpot;

/// The consent page and the OAuth API.
pub(super) fn router(hubspot: &Arc<HubSpot>) -> Router {
    consent::router(hubspot).merge(api::router(hubspot))
}
