//! The command line. Each command is a file in `commands/`.

use std::process::ExitCode;

use clap::Parser;
use hubspot_conference::commands::CommandLine;
use hubspot_conference::output::{OutputError, print_note};

#[tokio::main]
async fn main() -> ExitCode {
    match CommandLine::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The reader has closed the pipe, as in `users list | head`.
            if let Some(OutputError::Closed) = error.downcast_ref() {
                return ExitCode::SUCCESS;
            }
            let error = shared::error_chain::describe(error.as_ref());
            print_note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
