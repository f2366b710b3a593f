//! Runs the update webhook on Lambda.

use std::process::ExitCode;

use shared::repository::conferences::UpdateConferences;
use shared::startup;
use update::{Settings, Update};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    startup::run(async |start| {
        let settings = Settings::read(&start.environment)?;
        let table = start
            .environment
            .table("CONFERENCES_TABLE", "conferences")?;
        let (client, opening) = start.store();
        let conferences = UpdateConferences::new(client, table);
        let secrets = start
            .secrets(opening.finish(conferences.rehearse()))
            .await?;
        Ok(start.edge(Update::new(conferences, settings), secrets))
    })
    .await
}
