//! What is done while the store says "later": it is asked again, after waits that grow, and not for
//! ever.

use std::time::Duration;

use shared::repository::StoreError;
use tokio::time::sleep;

/// How often, and how long in between.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often in a row the store may say "later" and do nothing.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from there.
    pub first_wait: Duration,
    /// But no longer than this.
    pub longest_wait: Duration,
}

impl Default for Pace {
    /// Room for a table that grows with its load: about half a minute of "later" in a row.
    fn default() -> Self {
        Self {
            attempts: 10,
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// What is known of the store before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it may not be there at all, and nobody should wait to hear that.
    Nothing,
    /// That it answers, so "later" is worth waiting for.
    Answers,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Given {
    /// Entries that the store has taken for sure.
    pub taken: usize,
    /// Entries that it may have taken besides: an attempt that timed out may have done anything.
    pub perhaps: usize,
    /// Whether it has taken all.
    pub result: Result<(), StoreError>,
}

/// Gives `batch` to the store with `give`, which answers what the store left, and that again, until
/// nothing is left or the store's patience is [`Pace`]'s end.
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

/// Asks the store with `ask` until it answers.
///
/// # Errors
/// [`StoreError`]: [`StoreError::Transient`] when it was asked often enough, any other at once.
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

/// As [`answer`], for a question that another thread may ask.
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

/// The waits for one answer.
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

    /// Waits, or gives `later` back if it was said too often in a row.
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
