//! A client for HubSpot's settings API, where an app's webhook URLs are registered (HubSpot, "Video
//! conference extension").
//!
//! A PUT replaces everything, so what is already there is read first. A change takes up to about a
//! minute to show, so [`client::SettingsApi::wait_until_shown`] asks until it does.

pub mod client;
pub mod credential;
pub mod error;
