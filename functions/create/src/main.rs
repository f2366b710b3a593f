//! Runs the create webhook on Lambda.

use std::process::ExitCode;

use create::{Create, Settings};
use shared::edge::Edge;
use shared::repository::conferences::InsertConferences;
use shared::startup;

fn main() -> ExitCode {
    startup::run(|start| {
        let settings = Settings::read(&start.environment)?;
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", InsertConferences::new)?;
        Edge::prepare_with_conference_key(start, |key| Create::new(conferences, key, settings))
    })
}
