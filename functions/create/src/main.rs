//! Runs the create webhook on Lambda.

use std::process::ExitCode;

use create::{Create, Settings};
use shared::repository::conferences::InsertConferences;
use shared::startup::{self, Prepared};

fn main() -> ExitCode {
    startup::run(|start| {
        let settings = Settings::read(&start.environment)?;
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", InsertConferences::new)?;
        Ok(Prepared::with_conference_key(|key| {
            Create::new(conferences, key, settings)
        }))
    })
}
