//! The command line. Each command is a file in `commands/`.

use std::process::ExitCode;

use clap::Parser;
use hubspot_conference::commands::CommandLine;
use hubspot_conference::interrupt::{EXIT_CODE, Interrupted};
use hubspot_conference::output::{OutputError, print_note};

#[tokio::main]
async fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(message) => return show(&message),
    };
    match line.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The reader has closed the pipe, as in `users list | head`.
            if let Some(OutputError::Closed) = error.downcast_ref() {
                return ExitCode::SUCCESS;
            }
            let message = shared::error_chain::describe(error.as_ref());
            print_note(format_args!("error: {message}"));
            match error.downcast_ref() {
                Some(Interrupted) => ExitCode::from(EXIT_CODE),
                None => ExitCode::FAILURE,
            }
        }
    }
}

/// Prints clap's message: the help, the version, or what is wrong with the arguments.
fn show(message: &clap::Error) -> ExitCode {
    match message.print().map_err(OutputError::from) {
        Err(error @ OutputError::Failed(_)) => {
            let problem = shared::error_chain::describe(&error);
            print_note(format_args!("error: {problem}"));
            ExitCode::FAILURE
        }
        _ => u8::try_from(message.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}
