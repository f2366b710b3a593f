//! The command line: runs the simulator, plays a demonstration on it, sends signed webhooks and prints
//! events as HubSpot and API Gateway make them, and lets an operator manage HubSpot's settings, the users
//! and the conferences.

#![deny(clippy::print_stdout, clippy::print_stderr)]

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
pub mod store_retries;
pub mod terminal;
pub mod user_import;
