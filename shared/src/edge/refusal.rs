//! Every way in which a request ends without success, and what its sender is told of it.

use std::error::Error;

use http::StatusCode;

use crate::error_chain;
use crate::payload::PayloadError;
use crate::repository::StoreError;
use crate::signature::SignatureError;
use crate::webhook::WebhookError;

/// Why there is no edge that could take a request.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// Something was out of reach that may be there in a moment.
    #[error("the function could not start yet")]
    Yet(#[source] Box<dyn Error + Send + Sync>),
    /// It takes somebody's hand.
    #[error("the function can't start")]
    ForGood(#[source] Box<dyn Error + Send + Sync>),
}

/// Why a request gets no success. `Display` is the cause, for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the body is too large")]
    TooLarge,
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the signature does not match, but the client secrets could not be read again")]
    SecretsUnknown,
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("the webhook took too long")]
    TimedOut,
    #[error("the webhook panicked")]
    Panicked,
    #[error("the reply can't be written as JSON")]
    Reply(#[from] serde_json::Error),
}

impl Refusal {
    /// Status and category; the category in lower case is the outcome in logs and metrics.
    fn class(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                "payload_too_large",
            ),
            Self::Signature(_) => (
                StatusCode::UNAUTHORIZED,
                "INVALID_SIGNATURE",
                "invalid_signature",
            ),
            Self::Payload(_) => (
                StatusCode::BAD_REQUEST,
                "VALIDATION_ERROR",
                "validation_error",
            ),
            Self::Webhook(WebhookError::NotFound(_)) => {
                (StatusCode::NOT_FOUND, "NOT_FOUND", "not_found")
            }
            // Later the signature may turn out right: a refusal for good would lose the webhook.
            Self::Webhook(WebhookError::Store(StoreError::Busy(_)))
            | Self::NotStarted(NotStarted::Yet(_))
            | Self::SecretsUnknown
            | Self::TimedOut => (
                StatusCode::SERVICE_UNAVAILABLE,
                "STORE_UNAVAILABLE",
                "store_unavailable",
            ),
            Self::Webhook(
                WebhookError::Store(StoreError::Broken(_)) | WebhookError::Internal(_),
            )
            | Self::NotStarted(NotStarted::ForGood(_))
            | Self::Panicked
            | Self::Reply(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL_ERROR",
                "internal_error",
            ),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.class().0
    }

    pub(super) fn category(&self) -> &'static str {
        self.class().1
    }

    pub(super) fn outcome(&self) -> &'static str {
        self.class().2
    }

    /// What the sender is told. For a wrong signature always the same, so that it teaches nothing.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Payload(error) => error.to_string(),
            Self::Webhook(WebhookError::NotFound(what)) => (*what).to_owned(),
            other => match other.status() {
                StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 64 KiB",
                StatusCode::UNAUTHORIZED => "the request is not signed as HubSpot signs",
                StatusCode::SERVICE_UNAVAILABLE => "the service is busy, please try again",
                _ => "something went wrong on our side",
            }
            .to_owned(),
        }
    }

    /// The whole chain of causes.
    pub(super) fn cause(&self) -> String {
        error_chain::describe(self)
    }
}
