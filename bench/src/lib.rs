//! Measures the functions: their release binaries, started cold under a Runtime API, with the store behind
//! TLS as DynamoDB is.
//!
//! Everything here may panic, because a measurement that can't be made has failed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod arguments;
pub mod events;
pub mod functions;
pub mod instructions;
pub mod network;
pub mod process;
pub mod programs;
pub mod put_item;
mod runtime_api;
pub mod services;
pub mod statistics;
pub mod timeline;
mod tls;
