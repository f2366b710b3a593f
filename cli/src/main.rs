//! The command line. Each command is a file in `commands/`.

use std::process::ExitCode;

use clap::Parser;
use hubspot_conference::commands::CommandLine;

#[tokio::main]
async fn main() -> ExitCode {
    match CommandLine::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", shared::error_chain::describe(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
