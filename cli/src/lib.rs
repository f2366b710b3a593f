//! The command line: runs the simulator, plays a demonstration on it, sends signed webhooks and prints
//! events as HubSpot and API Gateway make them, and lets an operator manage HubSpot's settings, the users
//! and the conferences.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod aws;
pub mod commands;
mod hubspot_no_answer;
mod hubspot_oauth;
mod hubspot_refusal;
pub mod hubspot_settings;
pub mod interrupt;
pub mod output;
mod prompt;
mod public_mail;
mod stack;
mod stack_secret;
pub mod store_retries;
mod terminal;
pub mod user_import;
