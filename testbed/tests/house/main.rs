//! Checks the manifests and the sources against the project's rules: dependencies point in one direction,
//! modules have no circular dependencies, no code is duplicated, Dependabot watches every manifest, and the
//! docs refer to what exists.
//!
//! The sources are read as tokens, not compiled: enough to see every import and every path, in macros
//! too.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod arrows;
mod copies;
mod crates;
mod docs;
mod modules;
mod paths;
mod places;
mod sources;
mod tokens;
mod updates;
