//! `send`: one signed webhook to a running system, and what it answers.

use clap::Args;
use shared::public_url::is_loopback;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

use super::CommandError;
use crate::hubspot::{Caller, Signer};
use crate::sample::{self, Meeting, Webhook};

/// How a request is signed.
#[derive(Args, Debug)]
pub struct Signing {
    /// Version of the signature: v1, v2 or v3
    #[arg(long, default_value_t = SignatureVersion::V3, value_name = "VERSION")]
    signature: SignatureVersion,
    /// The app's client secret; the example one of HubSpot's documentation for local work
    #[arg(
        long,
        env = "HUBSPOT_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    client_secret: Option<Secret>,
}

impl Signing {
    /// Signs with the secret that was given, or else with the example one.
    #[must_use]
    pub fn signer_for_development(self) -> Signer {
        Signer {
            secret: self
                .client_secret
                .unwrap_or_else(|| Secret::new(sample::CLIENT_SECRET)),
            version: self.signature,
        }
    }
}

/// Send one signed webhook and show the answer
///
/// For example: cargo run -- send create
#[derive(Args, Debug)]
pub struct Send {
    /// Which webhook
    webhook: Webhook,
    /// Base of the system's URLs
    #[arg(long, default_value = "http://127.0.0.1:8787", value_name = "URL")]
    base_url: String,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    meeting: Meeting,
}

impl Send {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let uri: http::Uri = self.base_url.parse()?;
        let local = uri.host().is_some_and(is_loopback);
        if self.signing.client_secret.is_none() && !local {
            return Err("set HUBSPOT_CLIENT_SECRET to the app's client secret".into());
        }
        let signer = self.signing.signer_for_development();
        let caller = Caller::new(&self.base_url, signer);
        let body = self.meeting.body(self.webhook);
        let answer = caller.send(self.webhook, &body, Timestamp::now()).await?;
        let millis = answer.time.as_secs_f64() * 1000.0;
        eprintln!("{} in {millis:.1} ms", answer.status);
        if !answer.body.is_null() {
            println!("{}", serde_json::to_string_pretty(&answer.body)?);
        }
        if answer.status < 300 {
            Ok(())
        } else {
            Err(format!("the webhook answered {}", answer.status).into())
        }
    }
}
