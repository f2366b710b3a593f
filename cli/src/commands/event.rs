//! `event`: prints an API Gateway event with a fresh signature, for `sam local invoke -e -`.

use clap::Args;
use http::Method;
use shared::config::Environment;
use shared::timestamp::Timestamp;

use super::CommandError;
use super::meeting::MeetingOptions;
use super::signing::Signing;
use super::webhook;
use crate::output::print_json;
use shared::contract::WebhookName;
use simulator::event::{GatewayRequest, event};

const EXAMPLES: &str = "\
The client secret comes from the environment:
  HUBSPOT_CLIENT_SECRET   if it is not set, the example secret of HubSpot's documentation is used

Examples:
  cargo run -- event create | sam local invoke CreateFunction -e -
  cargo run -- event update --topic 'Another title' --signature v2
  cargo run -- event verify --user-email ada@example.com";

/// Print a signed API Gateway event
///
/// For `sam local invoke`, which runs a function in a container. A function without `PUBLIC_BASE_URL`
/// accepts an event for any https URL; with it, only for that URL.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Event {
    /// The webhook
    #[arg(value_parser = webhook::parser())]
    webhook: WebhookName,
    /// Base of the URL that HubSpot would call; plain http needs `PUBLIC_BASE_URL`
    #[arg(long, default_value = "https://api.example.com", value_name = "URL")]
    base_url: String,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    meeting: MeetingOptions,
}

impl Event {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let now = Timestamp::now();
        let path = self.webhook.path();
        let url = format!("{}{path}", self.base_url.trim_end_matches('/'));
        let uri: http::Uri = url.parse()?;
        // Includes the port, because the port is part of the signed URL.
        let authority = uri.authority().ok_or("--base-url needs a host name")?;
        let body = self.meeting.sample().body(self.webhook).to_string();
        let signer = self
            .signing
            .signer_of_samples(&Environment::from_process())?;
        let event = event(&GatewayRequest {
            method: &Method::POST,
            path: uri.path(),
            query: None,
            headers: &signer.headers(&url, body.as_bytes(), now),
            body: body.as_bytes(),
            domain_name: authority.as_str(),
            source_ip: "127.0.0.1",
            request_id: "sample",
            now,
        });
        Ok(print_json(&event)?)
    }
}
