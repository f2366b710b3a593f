//! Stories about operators: each runs the real binary against a fake HubSpot or CloudFormation on this
//! machine, and against the embedded store.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a story that can't go on has failed, in its helpers as well"
)]

mod app;
mod certificate_authority;
mod completions;
mod conferences;
mod dev;
mod doctor;
mod event;
mod fake_aws;
mod fake_hubspot;
mod fake_secrets;
mod find;
mod hosts;
mod import;
#[cfg(target_os = "linux")]
mod interrupt;
mod output;
mod program;
#[cfg(target_os = "linux")]
mod pty;
mod purge;
mod secret;
mod send;
mod send_all;
mod send_join;
mod settings;
mod settings_failures;
mod sign_in;
#[cfg(target_os = "linux")]
mod terminal;
mod tunnel;
mod users;
mod video;
