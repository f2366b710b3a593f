//! The command line: the simulator and a demonstration on it, signed webhooks and events as HubSpot
//! makes them, and what an operator needs: HubSpot's settings, the users and the conferences.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod busy_store;
pub mod commands;
pub mod hubspot_no_answer;
pub mod hubspot_oauth;
pub mod hubspot_refusal;
pub mod hubspot_settings;
pub mod interrupt;
pub mod output;
pub mod prompt;
pub mod public_mail;
pub mod stack;
pub mod stack_secret;
pub mod terminal;
pub mod user_import;
