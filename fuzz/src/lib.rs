//! What must hold whatever an attacker sends, for everything that reads input: each target takes one
//! input and panics if the rule is broken. `tests/targets` runs them on random changes of `corpus/`, and
//! `libfuzzer/` runs them under libFuzzer.

#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod click;
pub mod payload;
pub mod request;
pub mod signature;
pub mod user_rows;
