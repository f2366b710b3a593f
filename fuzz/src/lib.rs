//! Fuzz targets for all code that reads input. Each target takes one input and panics if the property that it
//! checks is violated. `tests/targets` runs them on random mutations of `corpus/`, and
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
