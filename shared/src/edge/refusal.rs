//! All the ways in which a request can fail, and the message that its sender gets.

use http::StatusCode;

use crate::contract::payload::PayloadError;
use crate::error_chain;
use crate::outcome::Outcome;
use crate::repository::StoreError;
use crate::signature::SignatureError;
use crate::startup::StartError;
use crate::webhook::WebhookError;

/// Why a request fails. `Display` gives the cause, for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the body is too large")]
    TooLarge,
    #[error("the function has not started yet")]
    NotStartedYet(#[source] StartError),
    #[error("the function can't start")]
    CannotStart(#[source] StartError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the signature does not match, but the client secrets could not be read again")]
    SecretsUnknown,
    #[error("HUBSPOT_SECRET_ID holds no client secret yet: store it with `secret set`")]
    SecretNotSet,
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("the webhook timed out")]
    TimedOut,
    #[error("the webhook panicked")]
    Panicked,
    #[error("the reply can't be written as JSON")]
    Reply(#[from] serde_json::Error),
}

impl From<StartError> for Refusal {
    fn from(error: StartError) -> Self {
        if error.is_transient() {
            Self::NotStartedYet(error)
        } else {
            Self::CannotStart(error)
        }
    }
}

impl Refusal {
    /// The status of the response, and the outcome. The outcome's name in capitals is the error category in
    /// the response.
    fn class(&self) -> (StatusCode, Outcome) {
        match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Outcome::PayloadTooLarge),
            Self::Signature(_) => (StatusCode::UNAUTHORIZED, Outcome::InvalidSignature),
            Self::Payload(_) => (StatusCode::BAD_REQUEST, Outcome::ValidationError),
            Self::Webhook(WebhookError::NotFound(_)) => (StatusCode::NOT_FOUND, Outcome::NotFound),
            // A retry may succeed, or find the signature valid. A permanent refusal would lose the webhook.
            Self::Webhook(WebhookError::Store(StoreError::Transient(_)))
            | Self::NotStartedYet(_)
            | Self::SecretsUnknown
            | Self::SecretNotSet
            | Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, Outcome::StoreUnavailable),
            Self::Webhook(
                WebhookError::Store(StoreError::Permanent(_)) | WebhookError::Internal(_),
            )
            | Self::CannotStart(_)
            | Self::Panicked
            | Self::Reply(_) => (StatusCode::INTERNAL_SERVER_ERROR, Outcome::InternalError),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.class().0
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.class().1
    }

    /// The message for the sender. It is the same for every kind of wrong signature, so that it doesn't
    /// help an attacker.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Payload(error) => error.to_string(),
            Self::Webhook(WebhookError::NotFound(what)) => (*what).to_owned(),
            other => match other.status() {
                StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 64 KiB",
                StatusCode::UNAUTHORIZED => "the request has no valid HubSpot signature",
                StatusCode::SERVICE_UNAVAILABLE => {
                    "the service is temporarily unavailable, please try again"
                }
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
