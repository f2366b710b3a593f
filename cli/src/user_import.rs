//! Writes many users: in batches, several of them at a time, until the store has taken every one.
//!
//! Of two rows for the same address the later one wins. Within a batch it takes the earlier one's
//! place, because DynamoDB refuses a batch that names a key twice; across batches it waits until the
//! earlier one is written.
//!
//! Each batch is compared with what is stored before it is written: what is the same is left alone, and so
//! are the native ids where the file has none. So a second run writes nothing.

use std::collections::{HashMap, HashSet};

use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{FindUsers, KeepUsers, User};
use shared::user_email::UserEmail;
use tokio::task::{JoinError, JoinSet};

use crate::busy_store::{self, Given, Known, Pace, give_all};

/// Batches that are under way at the same time.
const AT_ONCE: usize = 8;

type Key = (PortalId, UserEmail);

/// What an import does with the table.
#[derive(Clone, Debug)]
pub struct Writing {
    /// Reads what is stored.
    pub find: FindUsers,
    /// Writes; `None` only compares.
    pub keep: Option<KeepUsers>,
    /// Whether a user without a native id keeps the one that is stored, because the file has none.
    pub keeps_native_ids: bool,
    /// How often the store is asked.
    pub pace: Pace,
}

/// Takes users one at a time and keeps a few batches of them in memory, however many come.
#[derive(Debug)]
pub struct UserImport {
    writing: Writing,
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
    /// How they differ from what was stored before.
    pub changes: Changes,
    /// Rows that were left out, because a later one in the same batch has the same address.
    pub superseded: u64,
}

/// How users in a file differ from those in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Without an entry so far.
    pub new: u64,
    /// With another native id.
    pub changed: u64,
    /// As they are stored.
    pub unchanged: u64,
    /// Of the changed ones: without the native id that they had.
    pub wiped: u64,
}

/// The result of one batch.
#[derive(Debug)]
struct Outcome {
    keys: Vec<Key>,
    given: Given,
    changes: Changes,
}

impl UserImport {
    /// An import.
    #[must_use]
    pub fn new(writing: Writing) -> Self {
        Self {
            writing,
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
        let writing = self.writing.clone();
        let known = if self.tally.changes == Changes::default() {
            Known::Nothing
        } else {
            Known::Answers
        };
        self.under_way.spawn(write(writing, keys, batch, known));
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
        let (sum, more) = (&mut self.tally.changes, outcome.changes);
        sum.new += more.new;
        sum.changed += more.changed;
        sum.unchanged += more.unchanged;
        sum.wiped += more.wiped;
        outcome.given.result.map(|()| true)
    }
}

async fn write(writing: Writing, keys: Vec<Key>, batch: Vec<User>, known: Known) -> Outcome {
    let (batch, changes) = match compare(&writing, &keys, batch, known).await {
        Ok(compared) => compared,
        Err(error) => {
            let given = Given {
                taken: 0,
                perhaps: 0,
                result: Err(error),
            };
            let changes = Changes::default();
            return Outcome {
                keys,
                given,
                changes,
            };
        }
    };
    let given = match &writing.keep {
        Some(users) if !batch.is_empty() => {
            let put = |left: Vec<User>| {
                let users = users.clone();
                async move { users.put_batch(&left).await }
            };
            give_all(batch, writing.pace, known, put).await
        }
        _ => Given {
            taken: 0,
            perhaps: 0,
            result: Ok(()),
        },
    };
    Outcome {
        keys,
        given: Given {
            taken: given.taken + usize::try_from(changes.unchanged).unwrap_or_default(),
            ..given
        },
        changes,
    }
}

/// The users of `batch` that are to be written, and how all of them differ from what is stored.
async fn compare(
    writing: &Writing,
    keys: &[Key],
    mut batch: Vec<User>,
    known: Known,
) -> Result<(Vec<User>, Changes), StoreError> {
    let ask = || {
        let (find, keys) = (writing.find.clone(), keys.to_vec());
        async move { find.entries(&keys).await }
    };
    let stored = match known {
        Known::Nothing => ask().await?,
        Known::Answers => busy_store::answer_again(writing.pace, ask).await?,
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
