//! When a function reads a cached secret again.
//!
//! A running instance lives for hours. It has to notice that a secret was changed or revoked, but no
//! request should wait for Secrets Manager.

use std::time::Duration;

use crate::timestamp::Timestamp;

/// A secret is read again once its last successful read is older than this.
const RENEW_AFTER: Duration = Duration::from_mins(15);

/// The minimum time between two renewals. A second one is needed only if the first one failed.
const RENEW_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// When a secret was read, and when that was last tried. All times are those of requests.
#[derive(Debug)]
pub struct Renewal {
    read_at: Timestamp,
    attempted_at: Option<Timestamp>,
}

impl Renewal {
    /// A secret whose last successful read started at `read_at`.
    #[must_use]
    pub fn new(read_at: Timestamp) -> Self {
        Self {
            read_at,
            attempted_at: None,
        }
    }

    /// Whether the secret has to be read again at `now`. If so, that attempt counts as started.
    pub fn begin(&mut self, now: Timestamp) -> bool {
        let due = now.distance(self.read_at) >= RENEW_AFTER
            && may_begin(self.attempted_at, now, RENEW_AGAIN_AFTER);
        if due {
            self.attempted_at = Some(now);
        }
        due
    }

    /// Records a successful read that started at `began`. Returns `false` if one that started later has
    /// already succeeded: the result of a delayed read is outdated.
    pub fn accept(&mut self, began: Timestamp) -> bool {
        let is_newest = began >= self.read_at;
        if is_newest {
            self.read_at = began;
        }
        is_newest
    }
}

/// Whether `interval` has passed since the last attempt. Also true if the clock was set back in the
/// meantime.
pub(crate) fn may_begin(last: Option<Timestamp>, now: Timestamp, interval: Duration) -> bool {
    last.is_none_or(|last| now.distance(last) >= interval)
}
