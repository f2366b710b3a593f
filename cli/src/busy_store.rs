//! Retries requests to the store on transient errors, with exponential backoff and a limit.

use std::time::Duration;

use shared::repository::StoreError;
use tokio::time::sleep;

/// How often to retry, and how long to wait between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many transient errors in a row to accept before giving up.
    pub attempts: u32,
    /// The wait before the second attempt. It doubles after every attempt.
    pub first_wait: Duration,
    /// The maximum wait.
    pub longest_wait: Duration,
}

impl Default for Pace {
    /// Enough for an on-demand table to scale up: about half a minute of transient errors in a row.
    fn default() -> Self {
        Self {
            attempts: 10,
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// What the caller knows about the store before the first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing. The store may not exist, so fail on the first error instead of making the user wait.
    Nothing,
    /// The store has answered before, so a transient error is worth a retry.
    Answers,
}

/// The result of writing a batch.
#[derive(Debug)]
pub struct Given {
    /// Entries that the store has confirmed.
    pub taken: usize,
    /// Entries that may have been written as well: a request that timed out may have succeeded.
    pub perhaps: usize,
    /// Whether the store has taken the whole batch.
    pub result: Result<(), StoreError>,
}

/// Writes `batch` with `give`, which returns the unprocessed entries. Retries those until none are left
/// or the limits of `pace` are reached.
pub async fn give_all<T: Clone, F>(
    batch: Vec<T>,
    pace: Pace,
    mut known: Known,
    give: impl Fn(Vec<T>) -> F,
) -> Given
where
    F: Future<Output = Result<Vec<T>, StoreError>>,
{
    let all = batch.len();
    let mut left = batch;
    let mut all_answered = true;
    let mut waits = Waits::new(pace);
    let result = loop {
        let later = match give(left.clone()).await {
            Ok(rest) if rest.is_empty() => {
                left = rest;
                break Ok(());
            }
            Ok(rest) => {
                known = Known::Answers;
                if rest.len() < left.len() {
                    waits.something_was_done();
                }
                left = rest;
                StoreError::Transient("DynamoDB leaves entries for later again and again".into())
            }
            Err(StoreError::Transient(cause)) => {
                all_answered = false;
                StoreError::Transient(cause)
            }
            Err(error) => break Err(error),
        };
        if known == Known::Nothing {
            break Err(later);
        }
        if let Err(error) = waits.wait(later).await {
            break Err(error);
        }
    };
    Given {
        taken: all - left.len(),
        perhaps: if all_answered { 0 } else { left.len() },
        result,
    }
}

/// Calls `ask` until it succeeds or fails permanently.
///
/// # Errors
/// [`StoreError::Transient`] after the last attempt that `pace` allows; any other [`StoreError`]
/// immediately.
pub async fn answer<T>(
    pace: Pace,
    mut ask: impl AsyncFnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut waits = Waits::new(pace);
    loop {
        match ask().await {
            Err(error @ StoreError::Transient(_)) => waits.wait(error).await?,
            answered => return answered,
        }
    }
}

/// Like [`answer`], for a future that may move between threads.
///
/// # Errors
/// As [`answer`].
pub async fn answer_again<T, F>(pace: Pace, ask: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut waits = Waits::new(pace);
    loop {
        match ask().await {
            Err(error @ StoreError::Transient(_)) => waits.wait(error).await?,
            answered => return answered,
        }
    }
}

/// The backoff for one request.
struct Waits {
    pace: Pace,
    in_a_row: u32,
    next: Duration,
}

impl Waits {
    const fn new(pace: Pace) -> Self {
        Self {
            pace,
            in_a_row: 0,
            next: pace.first_wait,
        }
    }

    const fn something_was_done(&mut self) {
        self.in_a_row = 0;
    }

    /// Waits for the next attempt, or returns `later` after too many transient errors in a row.
    async fn wait(&mut self, later: StoreError) -> Result<(), StoreError> {
        self.in_a_row += 1;
        if self.in_a_row >= self.pace.attempts {
            return Err(later);
        }
        sleep(self.next).await;
        self.next = self.pace.longest_wait.min(self.next * 2);
        Ok(())
    }
}
