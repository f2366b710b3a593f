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
        let (client, opening) = start.store();
        let conferences = DeleteConferences::new(client, table);
        let secrets = start
            .secrets(opening.finish(conferences.rehearse()))
            .await?;
        Ok(start.edge(Delete::new(conferences), secrets))
    })
    .await
}
