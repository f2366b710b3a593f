//! Runs the delete webhook on Lambda.

use std::process::ExitCode;

use delete::Delete;
use shared::repository::conferences::DeleteConferences;
use shared::startup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    startup::run(async |start| {
        let table = start
            .environment
            .table("CONFERENCES_TABLE", "conferences")?;
        let conferences = DeleteConferences::new(start.store(), table);
        let secrets = start.secrets(conferences.connect()).await?;
        Ok(start.edge(Delete::new(conferences), secrets))
    })
    .await
}
