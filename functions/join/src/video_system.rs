//! Video systems: what a click on a conference's link does in each of them.
//!
//! Each system is one file that knows its own protocol and nothing of the page or the store. To add
//! one, write the file and name it in [`SYSTEMS`].

pub mod bigbluebutton;
pub mod jaas;
pub mod jitsi;
mod settings;
mod token;
pub mod webhook;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use futures_util::future::BoxFuture;
use http::{HeaderValue, StatusCode};
use url::{Host, Url};

use shared::config::ConfigError;

use self::bigbluebutton::BigBlueButton;
use self::jaas::Jaas;
use self::jitsi::Jitsi;
pub use self::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use self::webhook::Webhook;
use crate::http_client::HttpError;
use crate::visit::Visit;

/// A video system in which our conferences take place.
pub trait VideoSystem: Send + Sync {
    /// Whether somebody is asked for a name before they enter. Without a page the link leads to the
    /// room at once, so entering must have no effect and need no name.
    fn needs_page(&self) -> bool {
        true
    }

    /// Lets one person into the conference's room, which is made if it is not there yet, and returns
    /// where to send them. Takes 8 seconds at most.
    ///
    /// # Errors
    /// [`VideoSystemError`] if the system doesn't let them in.
    fn enter<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>>;
}

/// Makes a video system from its settings.
type Make = fn(&VideoSystemSettings<'_>) -> Result<Box<dyn VideoSystem>, ConfigError>;

/// Every video system by its name in `VIDEO_SYSTEM`.
const SYSTEMS: [(&str, Make); 4] = [
    ("jitsi", |settings| made(Jitsi::from_settings(settings))),
    ("jaas", |settings| made(Jaas::from_settings(settings))),
    ("bigbluebutton", |settings| {
        made(BigBlueButton::from_settings(settings))
    }),
    ("webhook", |settings| made(Webhook::from_settings(settings))),
];

fn made<S: VideoSystem + 'static>(
    system: Result<S, ConfigError>,
) -> Result<Box<dyn VideoSystem>, ConfigError> {
    system.map(|system| Box::new(system) as Box<dyn VideoSystem>)
}

/// The video system that the settings name.
///
/// # Errors
/// [`ConfigError`] if a setting or a part of the secret is missing or wrong.
pub fn from_settings(
    settings: &VideoSystemSettings<'_>,
) -> Result<Box<dyn VideoSystem>, ConfigError> {
    const NAME: &str = "VIDEO_SYSTEM";
    let name: String = settings.environment.required(NAME)?;
    let Some((_, make)) = SYSTEMS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = SYSTEMS.iter().map(|(known, _)| *known).collect();
        let problem = format!("must be one of {}", known.join(", "));
        return Err(ConfigError::new(NAME, problem));
    };
    make(settings)
}

/// Why somebody was not let in. The texts are for the log: they hold nothing personal or secret, and
/// nobody outside sees them.
#[derive(Debug, thiserror::Error)]
pub enum VideoSystemError {
    /// No connection, no answer in time, or an answer that says the system is busy.
    #[error("the video system is not available: {0}")]
    Unavailable(String),
    /// The system refuses. Somebody has to correct a setting, here or there.
    #[error("the video system refuses: {0}")]
    Refused(String),
    /// The answer is not what the protocol says.
    #[error("the video system's answer can't be used: {0}")]
    Malformed(&'static str),
    /// The system says that there is no such conference, so a retry is pointless.
    #[error("the video system has no such conference")]
    NoSuchConference,
}

impl From<HttpError> for VideoSystemError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TooLarge => Self::Malformed("it has more than 64 KiB"),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl VideoSystemError {
    /// What a status other than 200 says.
    fn from_status(status: StatusCode) -> Self {
        let number = status.as_u16();
        if number == 429 || status.is_server_error() {
            Self::Unavailable(format!("status {number}"))
        } else if status.is_redirection() {
            Self::Refused(format!(
                "status {number}, a redirect, which is not followed"
            ))
        } else {
            Self::Refused(format!("status {number}"))
        }
    }

    /// Whether the page invites to try again.
    #[must_use]
    pub fn may_be_retried(&self) -> bool {
        !matches!(self, Self::NoSuchConference)
    }

    /// One word for logs and metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
            Self::Malformed(_) => "malformed",
            Self::NoSuchConference => "no_such_conference",
        }
    }
}

/// Where a person is sent: an https URL (http on loopback alone) in ASCII, without user info. It may
/// hold a token that is that person's alone, so `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomUrl(HeaderValue);

impl RoomUrl {
    /// The longest URL that we send somebody to: browsers and API Gateway take no more in a header.
    pub const MAX_BYTES: usize = 8_000;

    /// Takes a URL, and `None` for what is unsafe to follow.
    #[must_use]
    pub fn new(url: &Url) -> Option<Self> {
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_short = url.as_str().len() <= Self::MAX_BYTES;
        (is_https_or_loopback(url) && is_plain && is_short)
            .then(|| HeaderValue::from_str(url.as_str()).ok())
            .flatten()
            .map(Self)
    }

    /// The URL as the value of a `Location` header.
    #[must_use]
    pub fn location(&self) -> &HeaderValue {
        &self.0
    }

    /// The URL's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Debug for RoomUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Whether nobody on the way can read what goes to `url`: https, or http to this machine itself.
fn is_https_or_loopback(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
