//! What a person runs: the whole system on one machine, a demonstration of it, and signed webhooks
//! and events as HubSpot makes them.

pub mod commands;
pub mod event;
pub mod hubspot;
pub mod local;
pub mod sample;
