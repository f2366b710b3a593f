//! `dev`: runs the whole system on this machine until Ctrl-C.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use shared::telemetry::Record;

use super::client_secret::CLIENT_SECRET;
use super::error::CommandError;
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::public_url::PublicBaseUrl;
use simulator::listen::{DYNAMODB_PORT, ListenAddress, PORT};
use simulator::system::{Options, Simulator, taken_from};

const EXAMPLES: &str = "\
Examples:
  cargo run
  cargo run -- dev --port 9000 --dynamodb-port 9001
  cargo run -- dev --data conferences.sqlite
  cargo run -- dev --public-base-url https://your-tunnel.example

The functions' settings come from the environment, if they are set there:
CONFERENCE_URL_TEMPLATE, INVITATION_TEMPLATE, HUBSPOT_CLIENT_SECRET, VIDEO_SYSTEM,
VIDEO_SYSTEM_URL, VIDEO_SYSTEM_SECRET, …";

/// Run the whole system on this machine
///
/// Starts an embedded DynamoDB, the functions behind a gateway that creates API Gateway events, and a web
/// page that plays HubSpot. Requests are signed with the example secret from HubSpot's
/// documentation, unless `HUBSPOT_CLIENT_SECRET` is set.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dev {
    /// Port for the webhooks, the page and HubSpot's settings API; 0 for any free port
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Loopback address to listen on; 0.0.0.0 or :: also accepts connections from containers and from every
    /// host that can reach this machine, with no authentication, not even for the page and the store
    #[arg(long, default_value_t = ListenAddress::LOOPBACK, value_name = "ADDRESS")]
    host: ListenAddress,
    /// Port for DynamoDB; 0 for any free port
    #[arg(long, default_value_t = DYNAMODB_PORT)]
    dynamodb_port: u16,
    /// Keep the data in this file instead of in memory
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Public URL of a tunnel to this machine, for tests with a real HubSpot account. Requires the app's
    /// client secret in `HUBSPOT_CLIENT_SECRET`. Only the webhooks are reachable through it [default:
    /// `PUBLIC_BASE_URL`, if set]
    #[arg(long, value_name = "URL")]
    public_base_url: Option<PublicBaseUrl>,
}

impl Default for Dev {
    fn default() -> Self {
        Self {
            port: PORT,
            host: ListenAddress::LOOPBACK,
            dynamodb_port: DYNAMODB_PORT,
            data: None,
            public_base_url: None,
        }
    }
}

/// The example secret is public, so a system that is reachable from outside must not accept it.
#[derive(Debug, thiserror::Error)]
#[error(
    "a public address requires the app's own client secret: set HUBSPOT_CLIENT_SECRET (read -rs \
     HUBSPOT_CLIENT_SECRET && export HUBSPOT_CLIENT_SECRET)"
)]
struct NoClientSecret;

impl Dev {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let environment = Environment::from_process();
        let public_base_url = match self.public_base_url {
            Some(url) => Some(url),
            None => environment.parsed("PUBLIC_BASE_URL")?,
        };
        let is_public = public_base_url
            .as_ref()
            .is_some_and(|url| !url.is_loopback());
        if is_public && environment.optional(CLIENT_SECRET).is_none() {
            return Err(NoClientSecret.into());
        }
        let public = public_base_url.as_ref().map(|url| url.join("", None));
        let local = Simulator::start(Options {
            host: self.host,
            port: self.port,
            dynamodb_port: self.dynamodb_port,
            data: self.data,
            public_base_url,
            environment: Environment::from_process,
            report: print,
        })
        .await?;
        welcome(&local, public.as_deref(), &environment, io::stdout().lock()).ok();
        tokio::signal::ctrl_c().await?;
        Ok(())
    }
}

// The system keeps running when its output is closed, as in `cargo run | head`. So no `println!`, which
// would panic; a failed write is ignored.

fn welcome(
    local: &Simulator,
    public: Option<&str>,
    environment: &Environment,
    mut output: impl Write,
) -> io::Result<()> {
    writeln!(output, "The system is running. Press Ctrl-C to stop it.\n")?;
    writeln!(output, "  page      {}", local.base_url)?;
    for webhook in WebhookName::ALL {
        writeln!(output, "  webhook   {}{}", local.base_url, webhook.path())?;
    }
    writeln!(output, "  DynamoDB  {}", local.dynamodb_url)?;
    if let Some(public) = public {
        writeln!(output, "  HubSpot   {public} (webhooks only)")?;
    }
    let taken = taken_from(environment);
    if !taken.is_empty() {
        writeln!(
            output,
            "  settings  {} from the environment",
            taken.join(", ")
        )?;
    }
    writeln!(output)
}

/// One line per request, for the terminal.
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
