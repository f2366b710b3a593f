//! The functions' binaries under a fake Lambda Runtime API: how they start, where their secrets come from,
//! and what they answer to the sample events.
//!
//! The testbed builds each function's `main.rs` as a binary of its own, because Cargo sets `CARGO_BIN_EXE_*`
//! only for binaries of the test's own package
//! ([Cargo, "Environment variables"](https://doc.rust-lang.org/cargo/reference/environment-variables.html)).

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod create;
mod delete;
mod join;
mod secret;
mod start;
mod update;
mod verify;

const CREATE: &str = env!("CARGO_BIN_EXE_create-function");
const UPDATE: &str = env!("CARGO_BIN_EXE_update-function");
const DELETE: &str = env!("CARGO_BIN_EXE_delete-function");
const VERIFY: &str = env!("CARGO_BIN_EXE_verify-function");
const JOIN: &str = env!("CARGO_BIN_EXE_join-function");
