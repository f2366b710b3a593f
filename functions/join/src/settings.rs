//! The settings that decide who may join when. Each video system reads its own settings.

use std::time::Duration;

use shared::config::{ConfigError, Environment, WholeNumber};

use crate::visit::Moderators;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The settings that decide who may join when.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `MODERATORS`: who joins as a moderator.
    pub moderators: Moderators,
    /// `JOIN_OPENS_MINUTES`: how long before the start joining becomes possible. `None` means always.
    pub opens_before: Option<Duration>,
    /// `JOIN_CLOSES_HOURS`: how long after the end the link still leads to the room.
    pub closes_after: Duration,
}

impl Settings {
    /// `JOIN_OPENS_MINUTES` in minutes, if it is set. The maximum is what the template's parameter allows: up
    /// to five digits of text, because it may also be empty.
    pub const OPENS: WholeNumber = WholeNumber {
        name: "JOIN_OPENS_MINUTES",
        min: 0,
        max: 99_999,
        default: 0,
    };

    /// `JOIN_CLOSES_HOURS`, in hours.
    pub const CLOSES: WholeNumber = WholeNumber {
        name: "JOIN_CLOSES_HOURS",
        min: 0,
        max: 8_760,
        default: 24,
    };

    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let opens_before = match environment.optional(Self::OPENS.name) {
            None => None,
            Some(_) => Some(MINUTE * environment.whole_number(&Self::OPENS)?),
        };
        Ok(Self {
            moderators: environment.parsed("MODERATORS")?.unwrap_or_default(),
            opens_before,
            closes_after: HOUR * environment.whole_number(&Self::CLOSES)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_everybody_moderates_and_the_door_closes_a_day_after_the_end() {
        let settings = Settings::read(&Environment::from_variables([])).unwrap();
        assert_eq!(settings.moderators, Moderators::Everyone);
        assert_eq!(settings.opens_before, None);
        assert_eq!(settings.closes_after, 24 * HOUR);
    }

    #[test]
    fn zero_is_a_valid_limit() {
        let zero = [("JOIN_OPENS_MINUTES", "0"), ("JOIN_CLOSES_HOURS", "0")];
        let settings = Settings::read(&Environment::from_variables(zero)).unwrap();
        assert_eq!(settings.opens_before, Some(Duration::ZERO));
        assert_eq!(settings.closes_after, Duration::ZERO);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (name, value) in [
            ("MODERATORS", "guests"),
            ("JOIN_OPENS_MINUTES", "soon"),
            ("JOIN_CLOSES_HOURS", "-1"),
        ] {
            let error = Settings::read(&Environment::from_variables([(name, value)])).unwrap_err();
            assert_eq!(error.name, name);
        }
    }
}
