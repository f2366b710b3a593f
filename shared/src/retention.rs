//! How long a conference is kept: a rule of the functions create and update. It is here because no function
//! depends on another.

use std::time::Duration;

use crate::config::{ConfigError, Environment, WholeNumber};
use crate::timestamp::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// `RETENTION_DAYS`: how long a conference is kept after its meeting has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention(pub Duration);

impl Retention {
    /// The setting, in days.
    pub const SETTING: WholeNumber = WholeNumber {
        name: "RETENTION_DAYS",
        min: 1,
        max: 3650,
        default: 90,
    };

    /// Reads the setting.
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't a whole number within its limits.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let days = environment.whole_number(&Self::SETTING)?;
        Ok(Self(DAY * days))
    }

    /// When a conference that ends at `end` may be removed, in seconds since the epoch. If `end` is in the
    /// past, retention counts from `now`: HubSpot sends the link after this, so it has to work for a while.
    #[must_use]
    pub fn expires_at(self, end: Timestamp, now: Timestamp) -> i64 {
        end.max(now).plus(self.0).as_seconds()
    }
}
