//! Runs the update webhook on Lambda.

use std::process::ExitCode;

use shared::repository::conferences::UpdateConferences;
use shared::startup::{self, Prepared};
use update::{Settings, Update};

fn main() -> ExitCode {
    startup::run(|start| {
        let settings = Settings::read(&start.environment)?;
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", UpdateConferences::new)?;
        Ok(Prepared::new(Update::new(conferences, settings)))
    })
}
