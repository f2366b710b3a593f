//! A client for HubSpot's settings API, where an app's webhook URLs are registered ([HubSpot, "Video
//! conference extension"][guide]).
//!
//! A PUT replaces all settings, so the client reads the existing ones first. A change takes up to about a
//! minute to become visible, so [`client::SettingsApi::wait_until_shown`] polls until it is.
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

pub mod client;
pub mod credential;
pub mod error;
