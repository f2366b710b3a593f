//! Puts the HubSpot app into an account, or takes it out, by OAuth (HubSpot, "Working with OAuth").
//!
//! HubSpot counts an app as installed once the code that an account's admin was sent back with has been
//! exchanged for tokens. The extension needs no tokens afterwards, since HubSpot calls us, signed: so
//! they say who and what was installed, and are forgotten.

pub mod api;
pub mod authorisation;
pub mod error;
pub mod installation;
pub mod listener;
