//! Runs the update webhook on Lambda.

use std::process::ExitCode;

use shared::edge::Edge;
use shared::repository::conferences::UpdateConferences;
use shared::startup;
use update::{Settings, Update};

fn main() -> ExitCode {
    startup::run(|start| {
        let settings = Settings::read(&start.environment)?;
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", UpdateConferences::new)?;
        Edge::prepare(start, Update::new(conferences, settings))
    })
}
