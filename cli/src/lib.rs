//! What a person runs: the whole system on one machine, a demonstration of it, signed webhooks and
//! events as HubSpot makes them, and what an operator needs: HubSpot's settings, the users and the
//! conferences.

pub mod busy_store;
pub mod commands;
pub mod event;
pub mod http_client;
pub mod hubspot;
pub mod hubspot_settings;
pub mod life;
pub mod local;
pub mod sample;
pub mod stack;
pub mod terminal;
pub mod user_import;
pub mod user_rows;
