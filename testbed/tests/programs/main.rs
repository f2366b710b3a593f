//! The functions' own programs under a Runtime API: how they start, where their secrets come from, and what
//! they answer to the sample events.
//!
//! The testbed builds each function's `main.rs` as a program of its own, because Cargo tells a test only
//! about the programs of its own package.

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
