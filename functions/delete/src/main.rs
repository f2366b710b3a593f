//! Runs the delete webhook on Lambda.

use std::process::ExitCode;

use delete::Delete;
use shared::edge::Edge;
use shared::repository::conferences::DeleteConferences;
use shared::startup;

fn main() -> ExitCode {
    startup::run(|start| {
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", DeleteConferences::new)?;
        Edge::prepare(start, Delete::new(conferences))
    })
}
