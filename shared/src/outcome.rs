//! The result of a request, in one word. The log, the metrics' dimension `Outcome`, the alarms in
//! `template.yaml` and `docs/operations.md` all use the same word.

use std::fmt;

use serde::{Serialize, Serializer};

/// How a request ended. A refusal's word is its error category in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Create stored a new conference.
    Created,
    /// Create returned the link of an earlier create.
    Repeated,
    /// Update stored the new title or times.
    Updated,
    /// Update found a newer update, or this same one, already stored.
    Stale,
    /// Delete marked the conference as deleted.
    Deleted,
    /// Update or delete found the conference deleted.
    AlreadyDeleted,
    /// The conference of a delete or a join link doesn't exist.
    Unknown,
    /// Verify found the user.
    Verified,
    /// A join link redirected to the room.
    Room,
    /// A join link showed the page with which a visitor can join.
    Open,
    /// A join link showed that the meeting hasn't started yet.
    Early,
    /// A join link showed that the meeting was cancelled.
    Cancelled,
    /// A join link showed that the meeting is over.
    Over,
    /// A join link refused the visitor's name and asked again.
    NameRefused,
    /// A host link identified a browser as that host's.
    Host,
    /// A join link could not reach DynamoDB, Secrets Manager or the video system.
    Unavailable,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// The request has no valid HubSpot signature.
    InvalidSignature,
    /// The body can't be parsed.
    ValidationError,
    /// The portal has no such conference or user.
    NotFound,
    /// DynamoDB or Secrets Manager didn't answer in time; a retry may succeed.
    StoreUnavailable,
    /// Any other failure on our side.
    InternalError,
}

impl Outcome {
    /// All outcomes.
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

    /// The word in snake case.
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
