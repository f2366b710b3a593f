//! The interface of every video system: it lets one person into one room, or returns why not.

use futures_util::future::BoxFuture;
use http::StatusCode;
use shared::config::ConfigError;
use tokio::time::timeout;

use super::room_url::RoomUrl;
use super::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use crate::http_client::{HttpError, MAX_CLICK_TIME};
use crate::visit::Visit;

/// A video system that hosts our conferences.
pub trait VideoSystem: Send + Sync {
    /// Whether the visitor is shown a page and asked for a name before entering. Without a page, the link
    /// redirects to the room directly, so entering must have no side effects and need no name.
    fn needs_page(&self) -> bool {
        true
    }

    /// Lets one person into the conference's room, which is created if necessary, and returns the URL to
    /// redirect them to. A click waits for it as [`enter_in_time`] does.
    ///
    /// # Errors
    /// [`VideoSystemError`] if the system doesn't let them in.
    fn enter<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>>;
}

/// How a video system is selected and built. A function reads the settings first, so that a wrong one is
/// reported even if the secret can't be read. The system is built again whenever the secret is renewed.
pub trait FromSettings: VideoSystem + Sized {
    /// Its name in `VIDEO_SYSTEM`.
    const NAME: &'static str;
    /// The fields of the secret that it reads. `video set` asks for these.
    const CREDENTIALS: &'static [Credential];
    /// Everything that it needs besides the secret.
    type Settings: Send + Sync + 'static;

    /// Reads its settings.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them is missing or wrong.
    fn read(settings: &VideoSystemSettings<'_>) -> Result<Self::Settings, ConfigError>;

    /// Builds it. Doesn't connect to anything.
    ///
    /// # Errors
    /// [`ConfigError`] if a field of the secret is missing or wrong, or if the settings don't go together
    /// with the secret.
    fn build(settings: &Self::Settings, secret: &VideoSystemSecret) -> Result<Self, ConfigError>;
}

/// Lets a visitor in, or gives up after [`MAX_CLICK_TIME`], however many calls the system makes.
///
/// # Errors
/// [`VideoSystemError`] if the system doesn't let them in, or not in time.
pub async fn enter_in_time(
    system: &dyn VideoSystem,
    visit: &Visit,
) -> Result<RoomUrl, VideoSystemError> {
    timeout(MAX_CLICK_TIME, system.enter(visit))
        .await
        .unwrap_or_else(|_| Err(HttpError::TimedOut.into()))
}

/// Why a visitor was not let in. The messages are for the log only, and contain no personal data and no
/// secrets.
#[derive(Debug, thiserror::Error)]
pub enum VideoSystemError {
    /// No connection, or no complete response in time.
    #[error("the video system is not available: {0}")]
    NoAnswer(HttpError),
    /// A response that says that the system can't handle the request now.
    #[error("the video system is not available: {0}")]
    Unavailable(String),
    /// The system refuses the request. An operator has to correct a setting, on either side.
    #[error("the video system refused the request: {0}")]
    Refused(String),
    /// The system redirects the request, so its URL in the settings is not the final one.
    #[error("the video system refused the request: status {}, a redirect, which is not followed", .0.as_u16())]
    Redirected(StatusCode),
    /// The response doesn't conform to the protocol.
    #[error("the video system's answer can't be used: {0}")]
    Malformed(&'static str),
    /// The system says that the conference doesn't exist, so a retry is pointless.
    #[error("the video system has no such conference")]
    NoSuchConference,
}

impl From<HttpError> for VideoSystemError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TooLarge => Self::Malformed("it is larger than 64 KiB"),
            other => Self::NoAnswer(other),
        }
    }
}

impl VideoSystemError {
    /// The error for a status other than 200.
    pub(super) fn from_status(status: StatusCode) -> Self {
        let number = status.as_u16();
        if number == 429 || status.is_server_error() {
            Self::Unavailable(format!("status {number}"))
        } else if status.is_redirection() {
            Self::Redirected(status)
        } else {
            Self::Refused(format!("status {number}"))
        }
    }

    /// Whether the page offers to try again.
    pub(crate) fn may_be_retried(&self) -> bool {
        !matches!(self, Self::NoSuchConference)
    }
}
