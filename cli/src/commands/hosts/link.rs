//! `hosts link`: prints a host's own link. Nothing is stored: the link's token is verified with the room
//! key.

use clap::Args;
use join::room_key::RoomKey;
use join::video_system::VideoSystemSecret;
use shared::config::{ConfigError, Environment};
use shared::identifiers::{PortalId, UserId};
use shared::public_url::PublicBaseUrl;

use crate::aws::Aws;
use crate::commands::error::CommandError;
use crate::commands::video::{SECRET, StoredSecret};
use crate::output::{note, say};
use crate::stack::Stack;
use crate::terminal::waiting;

const EXAMPLES: &str = "\
With --base-url the room key comes from the environment:
  VIDEO_SYSTEM_SECRET   the join link's secret, JSON with roomKey

Examples:
  cargo run -- hosts link --portal 123123 --user-id 123 --stack hubspot-conference
  cargo run -- hosts link --portal 123123 --user-id 123 --base-url https://vc.example.com";

/// Print a host's own link
///
/// A browser that opens the link joins this host's meetings as their host for the next 400 days. Give it
/// only to this person: every browser that opens it joins as this host.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Link {
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: PortalId,
    /// The host's user ID in HubSpot (`conferences show` prints it as userId)
    #[arg(long, value_name = "NUMBER")]
    user_id: UserId,
    /// A deployed stack; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME", required_unless_present = "base_url")]
    stack: Option<String>,
    /// Base URL of the join links, without /join
    #[arg(long, value_name = "URL", conflicts_with = "stack")]
    base_url: Option<PublicBaseUrl>,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("the stack's secret is not the join link's")]
    Stored(#[source] ConfigError),
    #[error(transparent)]
    Given(ConfigError),
    #[error("give --stack or --base-url")]
    Nowhere,
}

impl Link {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let (base_url, key) = match (self.stack, self.base_url) {
            (Some(name), _) => waiting("Reading the stack's secret", deployed(&name)).await?,
            (None, Some(base_url)) => (base_url, given(&Environment::from_process())?),
            (None, None) => return Err(LinkError::Nowhere.into()),
        };
        let token = key.host_token(self.portal, self.user_id);
        note!(
            "note: every browser that opens this link joins as this host: give it only to this person"
        );
        say!("{}", base_url.with_path(&format!("/host/{token}")))?;
        Ok(())
    }
}

/// The base URL of a stack's join links, and its room key.
async fn deployed(name: &str) -> Result<(PublicBaseUrl, RoomKey), CommandError> {
    let aws = Aws::load().await?;
    let stack = Stack::find(&aws, name).await?;
    let base_url = stack.join_base_url()?;
    let secret = StoredSecret::find(&aws, &stack)?.read().await?;
    let secret = VideoSystemSecret::from_json(SECRET, &secret).map_err(LinkError::Stored)?;
    Ok((base_url, secret.room_key))
}

/// The room key from the environment.
fn given(environment: &Environment) -> Result<RoomKey, LinkError> {
    let secret: String = environment.required(SECRET).map_err(LinkError::Given)?;
    let secret = VideoSystemSecret::from_json(SECRET, &secret).map_err(LinkError::Given)?;
    Ok(secret.room_key)
}
