//! The webhooks that the simulated HubSpot is sending at the moment. Most of them arrive at this same
//! machine, where they must not be recorded a second time. They are recognized by their signature, so nothing has
//! to be added to the request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue};
use shared::signature::{SIGNATURE, SIGNATURE_V3};

/// The signatures of the webhooks that have no answer yet. An entry is `None` while another program's
/// unsigned webhook is sent again.
#[derive(Clone, Debug, Default)]
pub(super) struct Ongoing(Arc<Mutex<Vec<Option<HeaderValue>>>>);

/// Removes the entry of one webhook when dropped, even if sending is abandoned.
pub(super) struct Sending {
    ongoing: Ongoing,
    signature: Option<HeaderValue>,
}

impl Ongoing {
    /// Remembers the webhook with these headers until the result is dropped.
    #[must_use]
    pub(super) fn begin(&self, headers: &HeaderMap) -> Sending {
        let signature = signature(headers).cloned();
        self.signatures().push(signature.clone());
        Sending {
            ongoing: self.clone(),
            signature,
        }
    }

    /// Whether the webhook with these headers is one of them.
    pub(super) fn contains(&self, headers: &HeaderMap) -> bool {
        self.signatures().contains(&signature(headers).cloned())
    }

    fn signatures(&self) -> MutexGuard<'_, Vec<Option<HeaderValue>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut signatures = self.ongoing.signatures();
        let mut all = signatures.iter();
        if let Some(at) = all.position(|known| *known == self.signature) {
            signatures.swap_remove(at);
        }
    }
}

fn signature(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(SIGNATURE_V3).or_else(|| headers.get(SIGNATURE))
}
