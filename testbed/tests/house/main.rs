//! Checks the manifests and the sources against the project's rules: dependencies point in one direction,
//! modules have no circular dependencies, and no code is duplicated.
//!
//! The sources are read as tokens, not compiled: enough to see every path that begins with `crate`,
//! `super`, `self` or the name of a module's own child.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod arrows;
mod copies;
mod crates;
mod modules;
mod sources;
mod tokens;
