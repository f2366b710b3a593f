//! Retries requests to the store on transient errors, with exponential backoff and a limit.

use std::time::Duration;

use shared::repository::StoreError;
use tokio::time::sleep;

/// How often to retry, and how long to wait between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// How many transient errors in a row to accept before giving up.
    pub attempts: u32,
    /// The wait before the second attempt. It doubles after every attempt.
    pub first_wait: Duration,
    /// The maximum wait.
    pub max_wait: Duration,
}

impl Default for Backoff {
    /// Ten attempts with about 16 s of waits between them, so that a throttled on-demand table has time to
    /// scale up ([DynamoDB, "On-demand capacity
    /// mode"](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html)).
    fn default() -> Self {
        Self {
            attempts: 10,
            first_wait: Duration::from_millis(50),
            max_wait: Duration::from_secs(5),
        }
    }
}

/// What the caller knows about the store before the first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// It may not exist, so fail on the first error instead of making the user wait.
    Unknown,
    /// It has answered before, so a transient error is worth a retry.
    Reachable,
}

/// The result of writing a batch.
#[derive(Debug)]
pub struct Written {
    /// Entries that the store has confirmed.
    pub confirmed: usize,
    /// Entries that may have been written as well: a request that timed out may have succeeded.
    pub uncertain: usize,
    /// Whether the store has confirmed the whole batch.
    pub result: Result<(), StoreError>,
}

/// Writes `batch` with `write`, which returns the unprocessed entries. Retries those until none are left
/// or the limits of `backoff` are reached.
pub async fn write_all<T: Clone, F>(
    batch: Vec<T>,
    backoff: Backoff,
    mut store: StoreState,
    write: impl Fn(Vec<T>) -> F,
) -> Written
where
    F: Future<Output = Result<Vec<T>, StoreError>>,
{
    let all = batch.len();
    let mut left = batch;
    let mut all_answered = true;
    let mut attempts = Attempts::new(backoff);
    let result = loop {
        let transient_error = match write(left.clone()).await {
            Ok(rest) if rest.is_empty() => {
                left = rest;
                break Ok(());
            }
            Ok(rest) => {
                store = StoreState::Reachable;
                if rest.len() < left.len() {
                    attempts.made_progress();
                }
                left = rest;
                StoreError::Transient("DynamoDB repeatedly left entries unprocessed".into())
            }
            Err(StoreError::Transient(cause)) => {
                all_answered = false;
                StoreError::Transient(cause)
            }
            Err(error) => break Err(error),
        };
        if store == StoreState::Unknown {
            break Err(transient_error);
        }
        if let Err(error) = attempts.wait(transient_error).await {
            break Err(error);
        }
    };
    Written {
        confirmed: all - left.len(),
        uncertain: if all_answered { 0 } else { left.len() },
        result,
    }
}

/// Calls `request` until it succeeds or fails permanently.
///
/// # Errors
/// [`StoreError::Transient`] after the last attempt that `backoff` allows; any other [`StoreError`]
/// immediately.
pub(crate) async fn with_retries<T>(
    backoff: Backoff,
    mut request: impl AsyncFnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut attempts = Attempts::new(backoff);
    loop {
        match request().await {
            Err(error @ StoreError::Transient(_)) => attempts.wait(error).await?,
            answered => return answered,
        }
    }
}

/// Like [`with_retries`], for a future that may move between threads.
///
/// # Errors
/// As [`with_retries`].
pub(crate) async fn with_retries_send<T, F>(
    backoff: Backoff,
    request: impl Fn() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempts = Attempts::new(backoff);
    loop {
        match request().await {
            Err(error @ StoreError::Transient(_)) => attempts.wait(error).await?,
            answered => return answered,
        }
    }
}

/// The attempts of one request, with the waits between them.
struct Attempts {
    backoff: Backoff,
    in_a_row: u32,
    next: Duration,
}

impl Attempts {
    const fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            in_a_row: 0,
            next: backoff.first_wait,
        }
    }

    const fn made_progress(&mut self) {
        self.in_a_row = 0;
    }

    /// Waits for the next attempt, or returns `transient_error` after too many transient errors in a row.
    async fn wait(&mut self, transient_error: StoreError) -> Result<(), StoreError> {
        self.in_a_row += 1;
        if self.in_a_row >= self.backoff.attempts {
            return Err(transient_error);
        }
        sleep(self.next).await;
        self.next = self.backoff.max_wait.min(self.next * 2);
        Ok(())
    }
}
