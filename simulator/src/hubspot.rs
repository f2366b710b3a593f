//! The simulated HubSpot: the settings API, OAuth, the meetings, and the webhooks that they trigger. All
//! state is in memory and is lost on a restart, except what the table of conferences holds.
//!
//! Webhooks are sent over real HTTP to the registered URLs, with real signatures.

pub mod caller;
mod comparison;
mod curl;
mod effect;
mod grants;
mod meetings;
mod oauth;
mod ongoing;
mod page_api;
pub(crate) mod received;
mod record;
mod scheduling;
mod settings_api;
pub(crate) mod state;
mod stored_meetings;
mod users;
mod webhooks;

use std::sync::Arc;

use axum::Router;

use self::state::HubSpot;

/// The settings API, OAuth, and the API behind the page.
pub fn router(hubspot: &Arc<HubSpot>) -> Router {
    settings_api::router(hubspot)
        .merge(oauth::router(hubspot))
        .merge(page_api::router(hubspot))
}

#[cfg(test)]
mod tests;
