//! The webhook trait: a payload goes in, a reply or an error comes out. Neither this module nor HubSpot's
//! webhooks in `functions/` know about HTTP; [`crate::edge`] translates.

use serde::Serialize;

use crate::contract::WebhookName;
use crate::contract::payload::Payload;
use crate::outcome::Outcome;
use crate::public_url::PublicBaseUrl;
use crate::repository::StoreError;
use crate::timestamp::Timestamp;

/// One of HubSpot's four webhooks.
pub trait Webhook: Send + Sync {
    /// Which of the four it is.
    const NAME: WebhookName;
    /// The request body that HubSpot sends.
    type Payload: Payload + Send;
    /// The reply that HubSpot gets.
    type Reply: Reply;

    /// Handles one webhook.
    ///
    /// # Errors
    /// [`WebhookError`] if the payload names something that doesn't exist, or the store fails. Every
    /// webhook can safely be called again after any of them.
    fn call(
        &self,
        payload: Self::Payload,
        received: Received,
    ) -> impl Future<Output = Result<Self::Reply, WebhookError>> + Send;
}

/// When a request was made, and which address it was sent to.
#[derive(Clone, Debug)]
pub struct Received {
    /// When the request came in.
    pub now: Timestamp,
    /// When HubSpot signed the request, or [`Self::now`] if the signature has no timestamp.
    pub signed_at: Timestamp,
    /// Whether the signature has a timestamp. Only version 3 does.
    pub has_timestamp: bool,
    /// Our own address: `PUBLIC_BASE_URL` or, if it isn't set, API Gateway's domain name.
    pub base_url: PublicBaseUrl,
}

/// A successful reply.
pub trait Reply {
    /// The type of the reply's JSON; `()` if it has none.
    type Body: Serialize;

    /// The reply's JSON. `None` is a response without content.
    fn body(&self) -> Option<&Self::Body>;

    /// The result, for logs and metrics.
    fn outcome(&self) -> Outcome;
}

/// A success without any further information for HubSpot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoContent(pub Outcome);

impl Reply for NoContent {
    type Body = ();

    fn body(&self) -> Option<&()> {
        None
    }

    fn outcome(&self) -> Outcome {
        self.0
    }
}

/// Why a webhook failed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The payload names something that doesn't exist, or that belongs to another portal. The text is for
    /// HubSpot.
    #[error("{0}")]
    NotFound(&'static str),
    /// The store gave no usable response.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A condition that should be impossible. The text is for the log.
    #[error("{0}")]
    Internal(&'static str),
}
