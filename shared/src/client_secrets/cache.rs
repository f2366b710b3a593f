//! The cached client secrets, and when they are read again.
//!
//! A signature that doesn't match is certain to be wrong only if both versions of the secret were read
//! after its request came in, or at most a few seconds before. Otherwise they are read again, at most once
//! every five seconds however many requests fail. Each read runs in its own task, so it continues even if
//! its request is abandoned. Every time in this module is the time at which a request came in.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::hubspot_secret::{HubSpotSecret, SECRET_ID};
use crate::aws_error::AwsError;
use crate::error_chain;
use crate::renewal::{Renewal, may_begin};
use crate::secret::Secret;
use crate::stored_secret::SecretError;
use crate::timestamp::Timestamp;

/// The minimum time between two reads that failed signatures cause. For this long, a read is recent enough
/// to decide that a signature is wrong.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How long a request waits for a read.
const WAIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The timeout of a read. Shorter than [`READ_AGAIN_AFTER`], so that a read ends before the next one
/// starts.
const READ_TIMEOUT: Duration = Duration::from_secs(4);

/// The client secrets that are currently valid.
#[derive(Debug)]
pub struct ClientSecrets {
    state: Arc<watch::Sender<State>>,
    stored: Option<Arc<HubSpotSecret>>,
}

#[derive(Debug)]
struct State {
    /// The current secret, then the previous one if it is known. Empty until a client secret has been
    /// stored.
    valid: Arc<[Secret]>,
    /// Whether the previous version is among them.
    has_previous: bool,
    /// When the current version was read, so that a revoked secret stops being accepted.
    renewal: Renewal,
    /// When the last successful read of both versions started.
    both_read_at: Option<Timestamp>,
    /// When the last read that a failed signature caused started, successful or not.
    attempted_at: Option<Timestamp>,
    /// When the read of both versions that is in progress started.
    under_way_since: Option<Timestamp>,
}

/// Which versions a read needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Versions {
    Both,
    /// The current version. The previous one is read only if it matters: if it is in use, or the current
    /// one has changed.
    Current,
}

impl ClientSecrets {
    /// A fixed list of secrets, which is never refreshed.
    #[must_use]
    pub fn fixed(secrets: Vec<Secret>) -> Self {
        Self::new(secrets, None, Timestamp::default())
    }

    /// The stored secret, whose current version was read at `now`.
    pub(super) fn stored(stored: HubSpotSecret, current: Option<Secret>, now: Timestamp) -> Self {
        Self::new(Vec::from_iter(current), Some(Arc::new(stored)), now)
    }

    fn new(secrets: Vec<Secret>, stored: Option<Arc<HubSpotSecret>>, read_at: Timestamp) -> Self {
        let state = State {
            valid: secrets.into(),
            has_previous: false,
            renewal: Renewal::new(read_at),
            both_read_at: None,
            attempted_at: None,
            under_way_since: None,
        };
        Self {
            state: Arc::new(watch::Sender::new(state)),
            stored,
        }
    }

    /// The cached secrets, for a request that came in at `now`. Empty if the stored secret has no client
    /// secret yet. If the cache is stale, a read starts in the background, and this call doesn't wait for
    /// it.
    #[must_use]
    pub fn valid(&self, now: Timestamp) -> Arc<[Secret]> {
        if let Some(renewal) = self.renewal(now) {
            tokio::spawn(renewal);
        }
        Arc::clone(&self.state.borrow().valid)
    }

    /// Renews a stale cache and waits for the result. For calls that don't keep a user waiting.
    pub async fn renew(&self, now: Timestamp) {
        if let Some(renewal) = self.renewal(now) {
            renewal.await;
        }
    }

    fn renewal(&self, now: Timestamp) -> Option<impl Future<Output = ()> + Send + use<>> {
        let stored = self.stored.as_ref()?;
        let due = self
            .state
            .send_if_modified(|state| state.renewal.begin(now));
        let reading = read(
            Arc::clone(&self.state),
            Arc::clone(stored),
            Versions::Current,
            now,
        );
        due.then_some(reading)
    }

    /// Refreshes the secrets because the signature of a request that came in at `received_at` doesn't
    /// match. Waits at most one second. Returns `false` if not all of them could be read: the cached ones
    /// stay valid, but there may be others.
    pub async fn refresh(&self, received_at: Timestamp) -> bool {
        let Some(stored) = &self.stored else {
            return true;
        };
        let begins = self.state.send_if_modified(|state| {
            let begins = !state.is_certain(received_at)
                && may_begin(state.attempted_at, received_at, READ_AGAIN_AFTER);
            if begins {
                state.attempted_at = Some(received_at);
                state.under_way_since = Some(received_at);
            }
            begins
        });
        if begins {
            let (state, stored) = (Arc::clone(&self.state), Arc::clone(stored));
            tokio::spawn(read(state, stored, Versions::Both, received_at));
        }
        let mut state = self.state.subscribe();
        let certain_or_over =
            |state: &State| state.is_certain(received_at) || state.under_way_since.is_none();
        let waiting = tokio::time::timeout(WAIT_TIMEOUT, state.wait_for(certain_or_over));
        drop(waiting.await);
        self.state.borrow().is_certain(received_at)
    }
}

impl State {
    /// Whether both versions were read after the request came in, or at most a few seconds before.
    fn is_certain(&self, received_at: Timestamp) -> bool {
        self.both_read_at
            .is_some_and(|read_at| received_at.distance(read_at) < READ_AGAIN_AFTER)
    }

    /// Accepts a new current secret immediately, whether or not the previous one can be read. The secret
    /// that was current until now most likely becomes the previous one.
    fn accept_current(&mut self, current: &Secret) {
        if !self.valid.contains(current) {
            let last = self.valid.first().cloned();
            self.has_previous = last.is_some();
            self.valid = std::iter::once(current.clone()).chain(last).collect();
        }
    }
}

async fn read(
    state: Arc<watch::Sender<State>>,
    stored: Arc<HubSpotSecret>,
    versions: Versions,
    began: Timestamp,
) {
    let reading = read_versions(&state, &stored, versions, began);
    let read = tokio::time::timeout(READ_TIMEOUT, reading).await;
    let read = read.unwrap_or_else(|_| {
        Err(SecretError::Unavailable {
            setting: SECRET_ID,
            error: AwsError::timeout(),
        })
    });
    if let Err(error) = read {
        let cause = error_chain::describe(&error);
        tracing::warn!(target: "webhook", cause, "failed to reread the client secrets");
    }
    state.send_modify(|state| {
        if state.under_way_since == Some(began) {
            state.under_way_since = None;
        }
    });
}

async fn read_versions(
    state: &watch::Sender<State>,
    stored: &HubSpotSecret,
    versions: Versions,
    began: Timestamp,
) -> Result<(), SecretError> {
    let Some(current) = stored.current().await?.client_secret else {
        // Without a current secret there are no valid secrets.
        state.send_modify(|state| {
            if state.renewal.accept(began) {
                state.valid = Arc::default();
                state.has_previous = false;
                state.both_read_at = Some(began);
            }
        });
        return Ok(());
    };
    let mut both = versions == Versions::Both;
    state.send_if_modified(|state| {
        state.accept_current(&current);
        both |= state.has_previous || state.valid.first() != Some(&current);
        false
    });
    let previous = if both { stored.previous().await? } else { None };
    state.send_modify(|state| {
        if !state.renewal.accept(began) {
            return;
        }
        state.has_previous = previous.is_some();
        state.valid = std::iter::once(current).chain(previous).collect();
        if both {
            state.both_read_at = Some(began);
        }
    });
    Ok(())
}
