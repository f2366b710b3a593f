//! `video check`: opens a test room as a join would, and explains what is wrong.

use clap::Args;
use shared::conference_id::ConferenceId;
use shared::config::{ConfigError, Environment};
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;

use join::http_client::{Call, HttpClient, HttpError, Retry};
use join::video_system::bigbluebutton::BigBlueButton;
use join::video_system::{
    FromSettings, RoomUrl, Selected, VideoSystemError, VideoSystemSecret, VideoSystemSettings,
    enter_in_time,
};
use join::visit::{Role, Visit};
use url::Url;

use super::settings::{self, SECRET, StoredSecret};
use crate::aws::Aws;
use crate::commands::error::CommandError;
use crate::output::say;
use crate::stack::Stack;
use crate::terminal::waiting;

const EXAMPLES: &str = "\
Examples:
  cargo run -- video check --stack hubspot-conference
  cargo run -- video check --stack hubspot-conference --link
  cargo run -- video check     (with VIDEO_SYSTEM, VIDEO_SYSTEM_URL and VIDEO_SYSTEM_SECRET set)

The connection is made from this machine. If only your VPC can reach the server, run the check
there.";

/// The conference ID of the test room. No meeting has it.
const CONFERENCE: &str = "videocheckvideocheckvideo2";

const IS_IT_RUNNING: &str =
    "is the server running, and can this machine (and later the function) connect to it?";

/// What the command waits for.
const VIDEO_SYSTEM: &str = "Waiting for the video system";

/// Open a test room in the video system and explain what is wrong
///
/// bigbluebutton: creates a room, signs a link into it, ends the room. webhook: sends the signed request
/// of a join. jitsi: fetches the server's page and creates a link. jaas: creates a link.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// A deployed stack; region and account as for the AWS CLI [default: the settings in the
    /// environment]
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// Print the link into the test room, to open it in a browser. It may contain a token that admits its
    /// holder as a moderator
    #[arg(long)]
    link: bool,
}

/// Why the check failed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("the join function would not start with these settings")]
    Settings(#[from] ConfigError),
    #[error("{0}\n  {1}")]
    VideoSystem(VideoSystemError, &'static str),
    #[error("the server's page can't be fetched: {0}\n  {1}")]
    Page(String, &'static str),
    #[error(
        "a second click leads into another room: a load balancer in front of several servers must send all \
         calls for one meeting to the same server"
    )]
    AnotherRoom,
    #[error("the server's page does not look like Jitsi: is VIDEO_SYSTEM_URL correct?")]
    NotJitsi,
}

impl Check {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let (environment, secret) = if let Some(stack) = self.stack {
            waiting("Reading the stack's secret", deployed(&stack)).await?
        } else {
            let environment = Environment::from_process();
            let secret = environment.required(SECRET);
            let secret = secret.map_err(CheckError::Settings)?;
            (environment, secret)
        };
        let secret = VideoSystemSecret::from_json(SECRET, &secret).map_err(CheckError::Settings)?;
        let settings = settings::video_system(&environment);
        check(&settings.map_err(CheckError::Settings)?, &secret, self.link).await?;
        say!("The video system works.")?;
        Ok(())
    }
}

/// The settings and the secret of a stack's join link.
async fn deployed(name: &str) -> Result<(Environment, String), CommandError> {
    let aws = Aws::load().await?;
    let stack = Stack::find(&aws, name).await?;
    let secret = StoredSecret::find(&aws, &stack)?.read().await?;
    Ok((settings::environment(&stack), secret))
}

async fn check(
    settings: &VideoSystemSettings<'_>,
    secret: &VideoSystemSecret,
    show: bool,
) -> Result<(), CommandError> {
    let selected = Selected::read(settings).map_err(CheckError::Settings)?;
    let system = selected.build(secret).map_err(CheckError::Settings)?;
    let name = settings.environment.required("VIDEO_SYSTEM");
    let name: String = name.map_err(CheckError::Settings)?;
    say!("ok  settings of {name}")?;
    let visit = visit(secret)?;
    match name.as_str() {
        "jitsi" => {
            fetch_page(settings).await?;
            say!("ok  the server's page")?;
        }
        "bigbluebutton" => {
            let server = BigBlueButton::read(settings).map_err(CheckError::Settings)?;
            let server = BigBlueButton::build(&server, secret).map_err(CheckError::Settings)?;
            return check_bigbluebutton(&server, &visit, show).await;
        }
        _ => {}
    }
    match waiting(VIDEO_SYSTEM, enter_in_time(system.as_ref(), &visit)).await {
        Ok(url) => {
            say!("ok  a link into a test room at {}", host(&url))?;
            if show {
                say!("{}", url.as_str())?;
            }
        }
        // The receiver has verified the signature, and correctly reports that there is no such
        // conference.
        Err(VideoSystemError::NoSuchConference) => {
            say!("ok  the signed call; the receiver answers that there is no such conference")?;
        }
        Err(error) => return Err(explain(error, advice(&name)).into()),
    }
    Ok(())
}

async fn check_bigbluebutton(
    server: &BigBlueButton,
    visit: &Visit,
    show: bool,
) -> Result<(), CommandError> {
    let failed = |error| explain(error, advice("bigbluebutton"));
    let created = server.create(&visit.room, &visit.topic);
    let created = waiting(VIDEO_SYSTEM, created).await.map_err(failed)?;
    say!("ok  a test room is created")?;
    let again = server.create(&visit.room, &visit.topic);
    if waiting(VIDEO_SYSTEM, again).await.map_err(failed)? != created {
        return Err(CheckError::AnotherRoom.into());
    }
    say!("ok  a second click leads into the same room")?;
    let url = server.join_url(&visit.room, created, "Test", Role::Host);
    let url = url.map_err(failed)?;
    say!("ok  a signed link to {}", host(&url))?;
    if show {
        say!("{}", url.as_str())?;
        say!("The server removes the test room once it is unused.")?;
        return Ok(());
    }
    let end = server.end(&visit.room);
    waiting(VIDEO_SYSTEM, end).await.map_err(failed)?;
    say!("ok  the test room is ended")?;
    Ok(())
}

async fn fetch_page(settings: &VideoSystemSettings<'_>) -> Result<(), CheckError> {
    let mut url = settings.base_url()?;
    url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
    let client = HttpClient::new(settings.tls.clone());
    let call = Call::get(url);
    let answer = client.send(&call, Retry::Idempotent);
    let answer = waiting(VIDEO_SYSTEM, answer).await.map_err(|error| {
        let advice = advice_on_connection(&error);
        CheckError::Page(error.to_string(), advice)
    })?;
    if !answer.status.is_success() {
        let cause = format!("status {}", answer.status.as_u16());
        return Err(CheckError::Page(cause, "is VIDEO_SYSTEM_URL correct?"));
    }
    let page = String::from_utf8_lossy(&answer.body).to_lowercase();
    if page.contains("jitsi") {
        Ok(())
    } else {
        Err(CheckError::NotJitsi)
    }
}

/// A host who joins the test room.
fn visit(secret: &VideoSystemSecret) -> Result<Visit, CheckError> {
    let wrong = || ConfigError::new(SECRET, "gives no room");
    let conference_id = ConferenceId::parse(CONFERENCE).ok_or_else(wrong)?;
    let now = Timestamp::now();
    Ok(Visit {
        room: secret.room_key.room(&conference_id),
        conference_id,
        portal_id: PortalId::new(1),
        user_id: UserId::new(1),
        user_email: "test.user@example.com".to_owned(),
        topic: "Test of the join link".to_owned(),
        start_time: now,
        end_time: now,
        role: Role::Host,
        name: "Test".parse().ok(),
        now,
    })
}

/// The host name of a link. The full link may contain a token, so it is not printed.
fn host(url: &RoomUrl) -> String {
    let url = Url::parse(url.as_str()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host.to_owned()
}

fn explain(error: VideoSystemError, otherwise: &'static str) -> CheckError {
    let advice = match &error {
        VideoSystemError::Refused(key) if key == "checksumError" => {
            "sharedSecret differs from the server's (bbb-conf --secret), or the server requires \
             another BIGBLUEBUTTON_CHECKSUM"
        }
        VideoSystemError::Redirected(_) => {
            "VIDEO_SYSTEM_URL must be the final address: https, with the right host and path"
        }
        VideoSystemError::NoAnswer(error) => advice_on_connection(error),
        VideoSystemError::Unavailable(_) => IS_IT_RUNNING,
        _ => otherwise,
    };
    CheckError::VideoSystem(error, advice)
}

fn advice(system: &str) -> &'static str {
    match system {
        "bigbluebutton" => {
            "VIDEO_SYSTEM_URL must be the address that bbb-conf --secret shows on the server"
        }
        "webhook" => {
            "400, 401 or 403: do both sides have the same signingSecret, and are both clocks right to the \
             minute? The expected answer is 200 with JSON {\"url\": \"https://...\"}"
        }
        _ => "see docs/video-systems.md",
    }
}

const fn advice_on_connection(error: &HttpError) -> &'static str {
    match error {
        HttpError::UntrustedCertificate(_) => {
            "the server needs a certificate from a public certificate authority for this name, with the \
             full chain; this machine's clock must be right, too"
        }
        HttpError::NameNotFound(_) => "DNS can't resolve the host name in VIDEO_SYSTEM_URL",
        HttpError::NotConnected(_)
        | HttpError::NotSecure(_)
        | HttpError::ConnectTimedOut
        | HttpError::Broken(_)
        | HttpError::TimedOut
        | HttpError::TooLarge => IS_IT_RUNNING,
    }
}
