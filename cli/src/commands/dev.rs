//! `dev`: the whole system on this machine, until Ctrl-C.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;
use shared::telemetry::Record;

use super::CommandError;
use crate::local::{Local, Options};
use crate::sample::Webhook;

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
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Address to listen on; 0.0.0.0 lets containers in
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port for DynamoDB; 0 for any that is free
    #[arg(long, default_value_t = 8000)]
    dynamodb_port: u16,
    /// Keep the data in this file instead of in memory
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Default for Dev {
    fn default() -> Self {
        Self {
            port: 8787,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            dynamodb_port: 8000,
            data: None,
        }
    }
}

impl Dev {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let local = Local::start(Options {
            host: self.host,
            port: self.port,
            dynamodb_port: self.dynamodb_port,
            data: self.data,
            report: print,
        })
        .await?;
        println!("The system runs. Ctrl-C ends it.\n");
        println!("  page      {}", local.base_url);
        for webhook in Webhook::ALL {
            println!("  webhook   {}{}", local.base_url, webhook.path());
        }
        println!("  DynamoDB  {}\n", local.store.endpoint());
        tokio::signal::ctrl_c().await?;
        Ok(())
    }
}

/// One line a request, for the person who watches.
fn print(record: &Record) {
    let signature = record.signature.map_or("-", |version| version.as_str());
    println!(
        "{:6} {} {:18} signature {signature:2} {:6.1} ms {}",
        record.webhook,
        record.status,
        record.outcome,
        record.duration.as_secs_f64() * 1000.0,
        record.cause.as_deref().unwrap_or_default(),
    );
}
