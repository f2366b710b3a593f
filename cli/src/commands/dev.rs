//! `dev`: the whole system on this machine, until Ctrl-C.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use shared::telemetry::Record;

use super::CommandError;
use shared::contract::WebhookName;
use simulator::listen::{DYNAMODB_PORT, ListenAddress, PORT};
use simulator::system::{Options, Simulator};

const EXAMPLES: &str = "\
Examples:
  cargo run
  cargo run -- dev --port 9000 --dynamodb-port 9001
  cargo run -- dev --data conferences.sqlite";

/// Run the whole system on this machine
///
/// An embedded DynamoDB, the four functions behind a gateway that makes API Gateway's events, and
/// HubSpot's part with a page for it. Requests are signed with the example secret of HubSpot's
/// documentation.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Dev {
    /// Port for the webhooks, the page and HubSpot's settings API; 0 for any that is free
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Loopback address to listen on; 0.0.0.0 or :: lets containers in, and with them whoever reaches
    /// this machine: all is open then, the page and the store as well
    #[arg(long, default_value_t = ListenAddress::LOOPBACK, value_name = "ADDRESS")]
    host: ListenAddress,
    /// Port for DynamoDB; 0 for any that is free
    #[arg(long, default_value_t = DYNAMODB_PORT)]
    dynamodb_port: u16,
    /// Keep the data in this file instead of in memory
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Default for Dev {
    fn default() -> Self {
        Self {
            port: PORT,
            host: ListenAddress::LOOPBACK,
            dynamodb_port: DYNAMODB_PORT,
            data: None,
        }
    }
}

impl Dev {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let local = Simulator::start(Options {
            host: self.host,
            port: self.port,
            dynamodb_port: self.dynamodb_port,
            data: self.data,
            report: print,
        })
        .await?;
        welcome(&local, io::stdout().lock()).ok();
        tokio::signal::ctrl_c().await?;
        Ok(())
    }
}

// The system goes on where nobody reads what it prints, as in `cargo run | head`: so no `println!`,
// which would panic, and a line that can't be printed is no failure.

fn welcome(local: &Simulator, mut output: impl Write) -> io::Result<()> {
    writeln!(output, "The system runs. Ctrl-C ends it.\n")?;
    writeln!(output, "  page      {}", local.base_url)?;
    for webhook in WebhookName::ALL {
        writeln!(output, "  webhook   {}{}", local.base_url, webhook.path())?;
    }
    writeln!(output, "  DynamoDB  {}\n", local.dynamodb_url)
}

/// One line a request, for the person who watches.
fn print(record: &Record) {
    let signature = record.signature.map_or("-", |version| version.as_str());
    let line = writeln!(
        io::stdout(),
        "{:6} {} {:18} signature {signature:2} {:6.1} ms {}",
        record.webhook,
        record.status,
        record.outcome,
        record.duration.as_secs_f64() * 1000.0,
        record.cause.as_deref().unwrap_or_default(),
    );
    line.ok();
}
