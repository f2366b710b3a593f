//! Runs the verify webhook on Lambda.

use std::process::ExitCode;

use shared::repository::users::FindUsers;
use shared::startup;
use verify::{UserVerification, Verify};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    startup::run(async |start| {
        let verification = start.environment.parsed("USER_VERIFICATION")?;
        let table = start.environment.table("USERS_TABLE", "users")?;
        let (verify, secrets) = match verification.unwrap_or_default() {
            UserVerification::Open => (Verify::Open, start.secrets(async {}).await?),
            UserVerification::Directory => {
                let (client, opening) = start.store();
                let users = FindUsers::new(client, table);
                let secrets = start.secrets(opening.finish(users.rehearse())).await?;
                (Verify::Directory(users), secrets)
            }
        };
        Ok(start.edge(verify, secrets))
    })
    .await
}
