//! Runs the create webhook on Lambda.

use std::process::ExitCode;

use create::{Create, Settings};
use shared::repository::conferences::InsertConferences;
use shared::startup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    startup::run(async |start| {
        let settings = Settings::read(&start.environment)?;
        let table = start
            .environment
            .table("CONFERENCES_TABLE", "conferences")?;
        let (client, opening) = start.store();
        let conferences = InsertConferences::new(client, table);
        let secrets = start
            .secrets(opening.finish(conferences.rehearse()))
            .await?;
        let create = Create::new(conferences, secrets.conference_key()?, settings);
        Ok(start.edge(create, secrets))
    })
    .await
}
