//! Installs the HubSpot app in an account, or uninstalls it, by OAuth ([HubSpot, "Working with
//! OAuth"][oauth]).
//!
//! HubSpot counts an app as installed once the authorization code has been exchanged for tokens. The
//! extension needs no tokens afterwards, because HubSpot calls us with signed requests. So this code uses
//! the tokens only to show which app was installed where, and drops them.
//!
//! [oauth]: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth

pub(crate) mod api;
pub(crate) mod authorization;
pub(crate) mod error;
pub(crate) mod installation;
pub(crate) mod listener;
