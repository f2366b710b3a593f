//! Writes many users: in batches, several of them at a time, until the store has taken every one.
//!
//! Of two rows for the same address the later one wins. Within a batch it takes the earlier one's
//! place, because DynamoDB refuses a batch that names a key twice; across batches it waits until the
//! earlier one is written.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{KeepUsers, User};
use shared::user_email::UserEmail;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

/// How much at once, and how often again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Batches that are under way at the same time.
    pub at_once: usize,
    /// How often in a row the store may say "later" to a whole batch.
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
            at_once: 8,
            attempts: 10,
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(5),
        }
    }
}

type Key = (PortalId, UserEmail);

/// Takes users one at a time and keeps a few batches of them in memory, however many come.
#[derive(Debug)]
pub struct UserImport {
    users: KeepUsers,
    pace: Pace,
    batch: HashMap<Key, User>,
    under_way: JoinSet<Outcome>,
    keys_under_way: HashSet<Key>,
    tally: Tally,
}

/// How far an import got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that the store has taken for sure.
    pub written: u64,
    /// Rows that it may have taken besides: it never answered for them, or only with "later".
    pub perhaps: u64,
    /// Rows that were left out, because a later one in the same batch has the same address.
    pub superseded: u64,
}

/// What became of one batch.
#[derive(Debug)]
struct Outcome {
    keys: Vec<Key>,
    written: usize,
    perhaps: usize,
    result: Result<(), StoreError>,
}

/// What is known of the store before a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Nothing: it may not be there at all, and nobody should wait to hear that.
    Nothing,
    /// That it answers, so "later" is worth waiting for.
    Answers,
}

impl UserImport {
    /// An import into `users`.
    #[must_use]
    pub fn new(users: KeepUsers, pace: Pace) -> Self {
        Self {
            users,
            pace,
            batch: HashMap::new(),
            under_way: JoinSet::new(),
            keys_under_way: HashSet::new(),
            tally: Tally::default(),
        }
    }

    /// Takes one more user, and waits where enough is under way.
    ///
    /// # Errors
    /// [`StoreError`] of any batch. What is under way then goes on; see [`Self::settle`].
    pub async fn put(&mut self, user: User) -> Result<(), StoreError> {
        let key = (user.portal_id, user.email.clone());
        if self.batch.insert(key, user).is_some() {
            self.tally.superseded += 1;
        }
        if self.batch.len() >= KeepUsers::BATCH {
            self.send().await?;
        }
        Ok(())
    }

    /// Writes what is left and waits for everything.
    ///
    /// # Errors
    /// [`StoreError`] of any batch.
    pub async fn finish(&mut self) -> Result<(), StoreError> {
        self.send().await?;
        while self.wait_for_one().await? {}
        Ok(())
    }

    /// Lets what is under way come to its end, begins nothing more, and says how far it got.
    pub async fn settle(mut self) -> Tally {
        // The first error was told already; those that follow it have the same cause.
        while self.wait_for_one().await.unwrap_or(true) {}
        self.tally
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        while self.under_way.len() >= self.pace.at_once || self.overlaps() {
            self.wait_for_one().await?;
        }
        if self.batch.is_empty() {
            return Ok(());
        }
        let (keys, batch): (Vec<_>, Vec<_>) = self.batch.drain().unzip();
        self.keys_under_way.extend(keys.iter().cloned());
        let (users, pace) = (self.users.clone(), self.pace);
        let known = match self.tally.written {
            0 => Known::Nothing,
            _ => Known::Answers,
        };
        self.under_way.spawn(write(users, keys, batch, pace, known));
        if known == Known::Nothing {
            self.wait_for_one().await?;
        }
        Ok(())
    }

    fn overlaps(&self) -> bool {
        let mut keys = self.batch.keys();
        keys.any(|key| self.keys_under_way.contains(key))
    }

    /// Whether there was one to wait for.
    async fn wait_for_one(&mut self) -> Result<bool, StoreError> {
        let Some(ended) = self.under_way.join_next().await else {
            return Ok(false);
        };
        let outcome = ended.map_err(|error: JoinError| StoreError::Broken(Box::new(error)))?;
        for key in &outcome.keys {
            self.keys_under_way.remove(key);
        }
        self.tally.written += outcome.written as u64;
        self.tally.perhaps += outcome.perhaps as u64;
        outcome.result.map(|()| true)
    }
}

/// Writes one batch, again and again as long as the store says "later".
async fn write(
    users: KeepUsers,
    keys: Vec<Key>,
    batch: Vec<User>,
    pace: Pace,
    mut known: Known,
) -> Outcome {
    let all = batch.len();
    let mut left = batch;
    let mut all_answered = true;
    let mut in_a_row = 0;
    let mut wait = pace.first_wait;
    let result = loop {
        match users.put_batch(&left).await {
            Ok(rest) if rest.is_empty() => {
                left = rest;
                break Ok(());
            }
            Ok(rest) => {
                known = Known::Answers;
                let some_written = rest.len() < left.len();
                in_a_row = if some_written { 0 } else { in_a_row + 1 };
                left = rest;
                if in_a_row >= pace.attempts {
                    let cause = "DynamoDB leaves entries unwritten again and again";
                    break Err(StoreError::Busy(cause.into()));
                }
            }
            Err(StoreError::Busy(cause)) => {
                all_answered = false;
                in_a_row += 1;
                if known == Known::Nothing || in_a_row >= pace.attempts {
                    break Err(StoreError::Busy(cause));
                }
            }
            Err(error) => break Err(error),
        }
        sleep(wait).await;
        wait = pace.longest_wait.min(wait * 2);
    };
    Outcome {
        keys,
        written: all - left.len(),
        // An attempt that timed out may have written any of what is left.
        perhaps: if all_answered { 0 } else { left.len() },
        result,
    }
}
