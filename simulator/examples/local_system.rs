//! The local system as a program, for the scripts in `contract/`. It prints its base URL alone on the first
//! line, then the functions' log lines, and runs until it is killed. It reads the functions' settings from
//! the environment, as `dev` does.

use std::error::Error;
use std::future::pending;
use std::io::{Write, stdout};

use shared::config::Environment;
use shared::telemetry;
use simulator::system::{Options, Simulator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let system = Simulator::start(Options {
        environment: Environment::from_process,
        report: telemetry::report,
        ..Options::on_free_ports()
    })
    .await?;
    // Not `println!`, which panics if standard output is closed.
    writeln!(stdout(), "{}", system.base_url)?;
    pending().await
}
