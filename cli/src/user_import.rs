//! Writes many users: in batches, several of them at a time, until the store has taken every one.
//!
//! Of two rows for the same address the later one wins. Within a batch it takes the earlier one's
//! place, because DynamoDB refuses a batch that names a key twice; across batches it waits until the
//! earlier one is written.

use std::collections::{HashMap, HashSet};

use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{KeepUsers, User};
use shared::user_email::UserEmail;
use tokio::task::{JoinError, JoinSet};

use crate::busy_store::{Given, Known, Pace, give_all};

/// Batches that are under way at the same time.
const AT_ONCE: usize = 8;

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
    given: Given,
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
        while self.under_way.len() >= AT_ONCE || self.overlaps() {
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
        let outcome = ended.map_err(|error: JoinError| StoreError::Permanent(Box::new(error)))?;
        for key in &outcome.keys {
            self.keys_under_way.remove(key);
        }
        self.tally.written += outcome.given.taken as u64;
        self.tally.perhaps += outcome.given.perhaps as u64;
        outcome.given.result.map(|()| true)
    }
}

async fn write(
    users: KeepUsers,
    keys: Vec<Key>,
    batch: Vec<User>,
    pace: Pace,
    known: Known,
) -> Outcome {
    let users = &users;
    let put = |left: Vec<User>| async move { users.put_batch(&left).await };
    let given = give_all(batch, pace, known, put).await;
    Outcome { keys, given }
}
