//! Writes many users in batches, several at a time, and retries until the store has confirmed all of them.
//!
//! If two rows have the same address, the later one wins. Within a batch the later row replaces the
//! earlier one, because DynamoDB rejects a batch with duplicate keys ([`BatchWriteItem`][batch]); across
//! batches it waits until the earlier one is written.
//!
//! Each batch is compared with the table before it is written. Unchanged users are skipped, and native
//! IDs are kept if the file has no such column. So a second run writes nothing.
//!
//! [batch]: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html

use std::collections::{HashMap, HashSet};

use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{EditUsers, FindUsers, User};
use shared::user_email::UserEmail;
use tokio::task::{JoinError, JoinSet};

use crate::store_retries::{self, Backoff, StoreState, Written, write_all};

/// The maximum number of batches in flight.
const MAX_IN_FLIGHT: usize = 8;

type Key = (PortalId, UserEmail);

/// How an import uses the table.
#[derive(Clone, Debug)]
pub struct Writing {
    /// Reads the stored users.
    pub find: FindUsers,
    /// Writes users; `None` for a dry run.
    pub edit: Option<EditUsers>,
    /// Whether a user without a native ID keeps the stored one, because the file has no such column.
    pub keeps_native_ids: bool,
    /// Retries and backoff.
    pub backoff: Backoff,
}

/// Takes users one at a time and keeps only a few batches in memory, however long the input.
#[derive(Debug)]
pub struct UserImport {
    writing: Writing,
    batch: HashMap<Key, User>,
    in_flight: JoinSet<Outcome>,
    keys_in_flight: HashSet<Key>,
    tally: Tally,
}

/// The progress of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that the store has confirmed.
    pub written: u64,
    /// Rows that may have been written as well: their requests got no answer, or only transient errors.
    pub uncertain: u64,
    /// The differences from what was stored before.
    pub changes: Changes,
    /// Rows that were dropped, because a later one in the same batch has the same address.
    pub superseded: u64,
}

/// How the users in the file differ from those in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Users without an entry so far.
    pub new: u64,
    /// Users with another native ID.
    pub changed: u64,
    /// Users that are stored already.
    pub unchanged: u64,
    /// Changed users that lose their native ID.
    pub wiped: u64,
}

/// The result of one batch.
#[derive(Debug)]
struct Outcome {
    keys: Vec<Key>,
    written: Written,
    changes: Changes,
}

impl UserImport {
    /// Starts an import.
    #[must_use]
    pub fn new(writing: Writing) -> Self {
        Self {
            writing,
            batch: HashMap::new(),
            in_flight: JoinSet::new(),
            keys_in_flight: HashSet::new(),
            tally: Tally::default(),
        }
    }

    /// Adds a user. Waits while the maximum number of batches is in flight.
    ///
    /// # Errors
    /// [`StoreError`] of any batch. Batches in flight continue; see [`Self::settle`].
    pub async fn put(&mut self, user: User) -> Result<(), StoreError> {
        let key = (user.portal_id, user.email.clone());
        if self.batch.insert(key, user).is_some() {
            self.tally.superseded += 1;
        }
        if self.batch.len() >= EditUsers::BATCH {
            self.send().await?;
        }
        Ok(())
    }

    /// Writes the rest and waits for all batches.
    ///
    /// # Errors
    /// [`StoreError`] of any batch.
    pub async fn finish(&mut self) -> Result<(), StoreError> {
        self.send().await?;
        while self.wait_for_one().await? {}
        Ok(())
    }

    /// Waits for the batches in flight without starting new ones, and returns the progress.
    pub async fn settle(mut self) -> Tally {
        // The first error has been reported already; later ones have the same cause.
        while self.wait_for_one().await.unwrap_or(true) {}
        self.tally
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        while self.in_flight.len() >= MAX_IN_FLIGHT || self.overlaps() {
            self.wait_for_one().await?;
        }
        if self.batch.is_empty() {
            return Ok(());
        }
        let (keys, batch): (Vec<_>, Vec<_>) = self.batch.drain().unzip();
        self.keys_in_flight.extend(keys.iter().cloned());
        let writing = self.writing.clone();
        let store = if self.tally.changes == Changes::default() {
            StoreState::Unknown
        } else {
            StoreState::Reachable
        };
        self.in_flight.spawn(write(writing, keys, batch, store));
        if store == StoreState::Unknown {
            self.wait_for_one().await?;
        }
        Ok(())
    }

    fn overlaps(&self) -> bool {
        let mut keys = self.batch.keys();
        keys.any(|key| self.keys_in_flight.contains(key))
    }

    /// Returns whether there was a batch to wait for.
    async fn wait_for_one(&mut self) -> Result<bool, StoreError> {
        let Some(ended) = self.in_flight.join_next().await else {
            return Ok(false);
        };
        let outcome = ended.map_err(|error: JoinError| StoreError::Permanent(Box::new(error)))?;
        for key in &outcome.keys {
            self.keys_in_flight.remove(key);
        }
        self.tally.written += outcome.written.confirmed as u64;
        self.tally.uncertain += outcome.written.uncertain as u64;
        let (sum, more) = (&mut self.tally.changes, outcome.changes);
        sum.new += more.new;
        sum.changed += more.changed;
        sum.unchanged += more.unchanged;
        sum.wiped += more.wiped;
        outcome.written.result.map(|()| true)
    }
}

async fn write(writing: Writing, keys: Vec<Key>, batch: Vec<User>, store: StoreState) -> Outcome {
    let (batch, changes) = match compare(&writing, &keys, batch, store).await {
        Ok(compared) => compared,
        Err(error) => {
            let written = Written {
                confirmed: 0,
                uncertain: 0,
                result: Err(error),
            };
            let changes = Changes::default();
            return Outcome {
                keys,
                written,
                changes,
            };
        }
    };
    let written = match &writing.edit {
        Some(users) if !batch.is_empty() => {
            let put = |left: Vec<User>| {
                let users = users.clone();
                async move { users.put_batch(&left).await }
            };
            write_all(batch, writing.backoff, store, put).await
        }
        _ => Written {
            confirmed: 0,
            uncertain: 0,
            result: Ok(()),
        },
    };
    Outcome {
        keys,
        written: Written {
            confirmed: written.confirmed + usize::try_from(changes.unchanged).unwrap_or_default(),
            ..written
        },
        changes,
    }
}

/// The users of `batch` that have to be written, and how all of them differ from the table.
async fn compare(
    writing: &Writing,
    keys: &[Key],
    mut batch: Vec<User>,
    store: StoreState,
) -> Result<(Vec<User>, Changes), StoreError> {
    let ask = || {
        let (find, keys) = (writing.find.clone(), keys.to_vec());
        async move { find.entries(&keys).await }
    };
    let stored = match store {
        StoreState::Unknown => ask().await?,
        StoreState::Reachable => store_retries::with_retries_send(writing.backoff, ask).await?,
    };
    let stored: HashMap<Key, Option<String>> = stored
        .into_iter()
        .map(|user| ((user.portal_id, user.email), user.native_id))
        .collect();
    let mut changes = Changes::default();
    batch.retain_mut(|user| {
        let Some(before) = stored.get(&(user.portal_id, user.email.clone())) else {
            changes.new += 1;
            return true;
        };
        if writing.keeps_native_ids && user.native_id.is_none() {
            user.native_id.clone_from(before);
        }
        if user.native_id == *before {
            changes.unchanged += 1;
            return false;
        }
        changes.changed += 1;
        changes.wiped += u64::from(user.native_id.is_none());
        true
    });
    Ok((batch, changes))
}
