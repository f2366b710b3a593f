//! Runs the delete webhook on Lambda.

use std::process::ExitCode;

use delete::Delete;
use shared::repository::conferences::DeleteConferences;
use shared::startup::{self, Prepared};

fn main() -> ExitCode {
    startup::run(|start| {
        let conferences =
            start.repository("CONFERENCES_TABLE", "conferences", DeleteConferences::new)?;
        Ok(Prepared::new(Delete::new(conferences)))
    })
}
