//! The last step: collects what is known about a request, for the log and the metrics.

use http::StatusCode;
use lambda_http::Request;
use tokio::time::Instant;

use super::answer::Success;
use super::event;
use super::refusal::Refusal;
use crate::identifiers::PortalId;
use crate::signature::SignatureVersion;
use crate::telemetry::Record;
use crate::timestamp::Timestamp;

/// What the steps have found out so far.
pub(super) struct Observations {
    pub(super) correlation_id: String,
    /// The signature's version, once the signature has been verified.
    pub(super) signature: Option<SignatureVersion>,
    /// The portal, once the payload has been parsed.
    pub(super) portal_id: Option<PortalId>,
    received_at: Timestamp,
    started: Instant,
}

impl Observations {
    /// Starts the observations of a request that was received at `now`, which is this instant.
    pub(super) fn begin(request: &Request, now: Timestamp) -> Self {
        Self {
            correlation_id: event::correlation_id(request),
            signature: None,
            portal_id: None,
            received_at: now,
            started: Instant::now(),
        }
    }

    /// The complete record of the request, now that it is answered with `status`.
    pub(super) fn into_record(
        self,
        webhook: &'static str,
        result: &Result<Success, Refusal>,
        status: StatusCode,
    ) -> Record {
        let (outcome, cause) = match result {
            Ok(success) => (success.outcome, None),
            Err(refusal) => (refusal.outcome(), Some(refusal.cause())),
        };
        Record {
            webhook,
            outcome,
            status: status.as_u16(),
            signature: self.signature,
            portal_id: self.portal_id,
            correlation_id: self.correlation_id,
            received_at: self.received_at,
            duration: self.started.elapsed(),
            cause,
        }
    }
}
