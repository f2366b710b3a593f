//! Runs the verify webhook on Lambda.

use std::process::ExitCode;

use shared::edge::Edge;
use shared::repository::users::FindUsers;
use shared::startup;
use verify::{UserVerification, Verify};

fn main() -> ExitCode {
    startup::run(|start| {
        let verification = start.environment.parsed("USER_VERIFICATION")?;
        let verify = match verification.unwrap_or_default() {
            UserVerification::Open => Verify::Open,
            UserVerification::Directory => {
                let users = start.repository("USERS_TABLE", "users", FindUsers::new)?;
                Verify::Directory(users)
            }
        };
        Edge::prepare(start, verify)
    })
}
