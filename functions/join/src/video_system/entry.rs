//! What every video system does: it lets one person into one room, or says why not.

use futures_util::future::BoxFuture;
use http::StatusCode;

use super::room_url::RoomUrl;
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
    pub(super) fn from_status(status: StatusCode) -> Self {
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
