//! The client secrets as they were last read, and when they are read again.
//!
//! A signature that fails is certainly wrong only if both versions of the secret were read after its
//! request came in, or a few seconds before at most. Otherwise they are read again, once in five
//! seconds at most however many requests fail. A reading runs in a task of its own, so that it goes
//! on when its request is given up. Every time here is the time at which a request came in.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::error::SecretsError;
use super::stored_secret::StoredSecret;
use crate::aws_error::AwsError;
use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// The shortest time between two readings that failed signatures cause, and so the time for which a
/// reading decides which signature is wrong.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// A reading that is older than this is renewed, so that a secret that was ended stops counting.
const RENEW_AFTER: Duration = Duration::from_mins(15);

/// The shortest time between two renewals. There is a second one only if the first one failed.
const RENEW_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// How long a request waits for a reading.
const WAIT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a reading may take. Less than [`READ_AGAIN_AFTER`], so that one ends before the next.
const READING_TIMEOUT: Duration = Duration::from_secs(4);

/// The client secrets that are valid now.
#[derive(Debug)]
pub struct ClientSecrets {
    state: Arc<watch::Sender<State>>,
    stored: Option<Arc<StoredSecret>>,
}

#[derive(Debug)]
struct State {
    /// The current secret, then the previous one as far as it is known. Empty while nobody has stored
    /// one.
    valid: Arc<[Secret]>,
    /// Whether the previous version is among them.
    has_previous: bool,
    /// When the last successful reading of the current version began.
    read_at: Timestamp,
    /// When the last successful reading of both versions began.
    both_read_at: Option<Timestamp>,
    /// When the last reading that a failed signature caused began, however it ended.
    attempted_at: Option<Timestamp>,
    /// When the last renewal began, however it ended.
    renewed_at: Option<Timestamp>,
    /// When the reading of both versions that is under way began.
    under_way_since: Option<Timestamp>,
}

/// Which versions a reading needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Versions {
    Both,
    /// The previous version only if it matters: it is in use, or the current one has changed.
    Current,
}

impl ClientSecrets {
    /// These and no others.
    #[must_use]
    pub fn fixed(secrets: Vec<Secret>) -> Self {
        Self::new(secrets, None, Timestamp::default())
    }

    /// The stored secret, whose current version was read at `now`.
    pub(super) fn stored(stored: StoredSecret, current: Option<Secret>, now: Timestamp) -> Self {
        Self::new(Vec::from_iter(current), Some(Arc::new(stored)), now)
    }

    fn new(secrets: Vec<Secret>, stored: Option<Arc<StoredSecret>>, read_at: Timestamp) -> Self {
        let state = State {
            valid: secrets.into(),
            has_previous: false,
            read_at,
            both_read_at: None,
            attempted_at: None,
            renewed_at: None,
            under_way_since: None,
        };
        Self {
            state: Arc::new(watch::Sender::new(state)),
            stored,
        }
    }

    /// The secrets as they were last read, for a request that came in at `now`. Empty while the stored
    /// secret holds none. If the reading is old, another one begins, and nobody waits for it.
    #[must_use]
    pub fn valid(&self, now: Timestamp) -> Arc<[Secret]> {
        if let Some(renewal) = self.renewal(now) {
            tokio::spawn(renewal);
        }
        Arc::clone(&self.state.borrow().valid)
    }

    /// Renews an old reading and waits until that is done: for a call that nobody waits for.
    pub async fn renew(&self, now: Timestamp) {
        if let Some(renewal) = self.renewal(now) {
            renewal.await;
        }
    }

    fn renewal(&self, now: Timestamp) -> Option<impl Future<Output = ()> + Send + use<>> {
        let stored = self.stored.as_ref()?;
        let due = self.state.send_if_modified(|state| {
            let due = now.distance(state.read_at) >= RENEW_AFTER
                && may_begin(state.renewed_at, now, RENEW_AGAIN_AFTER);
            if due {
                state.renewed_at = Some(now);
            }
            due
        });
        let reading = read(
            Arc::clone(&self.state),
            Arc::clone(stored),
            Versions::Current,
            now,
        );
        due.then_some(reading)
    }

    /// Makes sure that the secrets are known as they are, because a signature of a request that came in
    /// at `received_at` fails. Waits a second at most. `false` if they could not all be read: then what
    /// is known stays valid, and there may be others.
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
    /// Whether both versions were read after a request came in, or a few seconds before at most.
    fn is_certain(&self, received_at: Timestamp) -> bool {
        self.both_read_at
            .is_some_and(|read_at| received_at.distance(read_at) < READ_AGAIN_AFTER)
    }

    /// Accepts a new current secret at once, whatever comes of reading the previous one. The one that
    /// was current until now is most likely the previous one.
    fn accept_current(&mut self, current: &Secret) {
        if !self.valid.contains(current) {
            let last = self.valid.first().cloned();
            self.has_previous = last.is_some();
            self.valid = std::iter::once(current.clone()).chain(last).collect();
        }
    }
}

/// Whether enough time has passed since the last reading. The clock may have been set back meanwhile.
fn may_begin(last: Option<Timestamp>, now: Timestamp, interval: Duration) -> bool {
    last.is_none_or(|last| now.distance(last) >= interval)
}

async fn read(
    state: Arc<watch::Sender<State>>,
    stored: Arc<StoredSecret>,
    versions: Versions,
    began: Timestamp,
) {
    let reading = read_versions(&state, &stored, versions, began);
    let read = tokio::time::timeout(READING_TIMEOUT, reading).await;
    let read = read.unwrap_or_else(|_| Err(SecretsError::Unavailable(AwsError::timeout())));
    if let Err(error) = read {
        let problem = error.to_string();
        tracing::warn!(target: "webhook", problem, "the client secrets can't all be read again");
    }
    state.send_modify(|state| {
        if state.under_way_since == Some(began) {
            state.under_way_since = None;
        }
    });
}

async fn read_versions(
    state: &watch::Sender<State>,
    stored: &StoredSecret,
    versions: Versions,
    began: Timestamp,
) -> Result<(), SecretsError> {
    let Some(current) = stored.current().await?.client_secret else {
        // Without a current secret there is no valid one.
        state.send_modify(|state| {
            state.valid = Arc::default();
            state.has_previous = false;
            state.read_at = began;
            state.both_read_at = Some(began);
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
        // A reading that was held up tells nothing new.
        if began < state.read_at {
            return;
        }
        state.has_previous = previous.is_some();
        state.valid = std::iter::once(current).chain(previous).collect();
        state.read_at = began;
        if both {
            state.both_read_at = Some(began);
        }
    });
    Ok(())
}
