//! What a webhook is: a payload goes in, a reply or an error comes out. Nothing here knows HTTP, and
//! nothing in `functions/` does; [`crate::edge`] translates.

use serde::Serialize;

use crate::contract::payload::Payload;
use crate::outcome::Outcome;
use crate::public_url::PublicBaseUrl;
use crate::repository::StoreError;
use crate::timestamp::Timestamp;

/// One of HubSpot's four webhooks.
pub trait Webhook: Send + Sync {
    /// Its name in logs and metrics.
    const NAME: &'static str;
    /// What HubSpot sends.
    type Payload: Payload + Send;
    /// What it gets.
    type Reply: Reply;

    /// Does what the webhook is for.
    ///
    /// # Errors
    /// [`WebhookError`]. Every webhook may be called again after any of them.
    fn call(
        &self,
        payload: Self::Payload,
        received: Received,
    ) -> impl Future<Output = Result<Self::Reply, WebhookError>> + Send;
}

/// When a request was made, and where it was sent to.
#[derive(Clone, Debug)]
pub struct Received {
    /// When it came in.
    pub now: Timestamp,
    /// When HubSpot signed it; [`Self::now`] where the signature doesn't say.
    pub signed_at: Timestamp,
    /// Whether the signature says when it was made, as version 3 alone does.
    pub is_dated: bool,
    /// Our own address: `PUBLIC_BASE_URL`, or else API Gateway's domain name.
    pub base_url: PublicBaseUrl,
}

/// A webhook's success.
pub trait Reply {
    /// The answer's JSON; `()` where there is none.
    type Body: Serialize;

    /// What is answered. `None` is an answer without content.
    fn body(&self) -> Option<&Self::Body>;

    /// What happened, for logs and metrics.
    fn outcome(&self) -> Outcome;
}

/// A success about which HubSpot needs to know nothing but that it is one.
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

/// Why a webhook could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// What the payload names doesn't exist, or not for this portal. The text is for HubSpot.
    #[error("{0}")]
    NotFound(&'static str),
    /// The store gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What should be impossible. The text is for the log.
    #[error("{0}")]
    Internal(&'static str),
}
