//! What happened to a request, in one word. The same word stands in the log, in the metrics' dimension
//! `Outcome`, in the alarms of `template.yaml` and in `docs/operations.md`.

use std::fmt;

use serde::{Serialize, Serializer};

/// How a request ended. A refusal's word is its error category in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Create stored a new conference.
    Created,
    /// Create answered an earlier create's link again.
    Repeated,
    /// Update stored the new title or times.
    Updated,
    /// Update found something newer, or itself, in the store.
    Stale,
    /// Delete marked the conference as deleted.
    Deleted,
    /// Update or delete found the conference deleted.
    AlreadyDeleted,
    /// Delete or a join link found no such conference.
    Unknown,
    /// Verify found the user.
    Verified,
    /// A join link led to the room.
    Room,
    /// A join link showed the page of an open door.
    Open,
    /// A join link showed that the meeting starts later.
    Early,
    /// A join link showed that the meeting was cancelled.
    Cancelled,
    /// A join link showed that the meeting is over.
    Over,
    /// A join link asked for the name again.
    NameRefused,
    /// A host's link made a browser that host's.
    Host,
    /// A join link could not reach DynamoDB, Secrets Manager or the video system.
    Unavailable,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// The request isn't signed as HubSpot signs.
    InvalidSignature,
    /// The body can't be read.
    ValidationError,
    /// There is no such conference or user for this portal.
    NotFound,
    /// DynamoDB or Secrets Manager gave no answer in time; a retry may succeed.
    StoreUnavailable,
    /// Anything else that went wrong on our side.
    InternalError,
}

impl Outcome {
    /// Every outcome there is.
    pub const ALL: [Self; 22] = [
        Self::Created,
        Self::Repeated,
        Self::Updated,
        Self::Stale,
        Self::Deleted,
        Self::AlreadyDeleted,
        Self::Unknown,
        Self::Verified,
        Self::Room,
        Self::Open,
        Self::Early,
        Self::Cancelled,
        Self::Over,
        Self::NameRefused,
        Self::Host,
        Self::Unavailable,
        Self::PayloadTooLarge,
        Self::InvalidSignature,
        Self::ValidationError,
        Self::NotFound,
        Self::StoreUnavailable,
        Self::InternalError,
    ];

    /// The word, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Repeated => "repeated",
            Self::Updated => "updated",
            Self::Stale => "stale",
            Self::Deleted => "deleted",
            Self::AlreadyDeleted => "already_deleted",
            Self::Unknown => "unknown",
            Self::Verified => "verified",
            Self::Room => "room",
            Self::Open => "open",
            Self::Early => "early",
            Self::Cancelled => "cancelled",
            Self::Over => "over",
            Self::NameRefused => "name_refused",
            Self::Host => "host",
            Self::Unavailable => "unavailable",
            Self::PayloadTooLarge => "payload_too_large",
            Self::InvalidSignature => "invalid_signature",
            Self::ValidationError => "validation_error",
            Self::NotFound => "not_found",
            Self::StoreUnavailable => "store_unavailable",
            Self::InternalError => "internal_error",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
