//! Runs the join link on Lambda.

use std::process::ExitCode;

use join::settings::Settings;
use join::startup::JoinFunction;
use shared::repository::conferences::ReadConferences;
use shared::startup;

fn main() -> ExitCode {
    startup::run(|start| {
        let settings = Settings::read(&start.environment)?;
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", ReadConferences::new)?;
        JoinFunction::prepare(start, conferences, settings)
    })
}
