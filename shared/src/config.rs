//! The functions' settings, which come from the environment. Each function reads the ones it uses, and
//! reports a wrong or missing one before it does anything else.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::sync::Arc;

/// A setting that prevents a function from starting.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct ConfigError {
    /// The setting's name.
    pub name: &'static str,
    /// What is wrong with it. Never contains the value.
    pub problem: String,
}

impl ConfigError {
    /// An error that says that `name` has this `problem`.
    pub fn new(name: &'static str, problem: impl Display) -> Self {
        Self {
            name,
            problem: problem.to_string(),
        }
    }
}

/// Where settings are looked up. An empty setting counts as unset, because a SAM template can't leave out a
/// variable whose parameter is empty.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// This process's own environment.
    #[must_use]
    pub fn from_process() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok()))
    }

    /// An environment that gets its variables from `lookup`.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// An environment with exactly these variables.
    #[must_use]
    pub fn from_variables<const N: usize>(variables: [(&'static str, &'static str); N]) -> Self {
        Self(Arc::new(move |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }))
    }

    /// The setting's text, or `None` if it isn't set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The setting parsed as a `T`, or `None` if it isn't set.
    ///
    /// # Errors
    /// [`ConfigError`] if it is set, but isn't a valid `T`.
    pub fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(name)
            .map(|text| {
                text.parse()
                    .map_err(|problem| ConfigError::new(name, problem))
            })
            .transpose()
    }

    /// The setting parsed as a `T`.
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't set, or isn't a valid `T`.
    pub fn required<T>(&self, name: &'static str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        self.parsed(name)?
            .ok_or_else(|| ConfigError::new(name, "is not set"))
    }

    /// A table's name, or the default. DynamoDB allows [3 to 255 characters of
    /// `a-zA-Z0-9_.-`](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't a valid table name.
    pub fn table(&self, name: &'static str, default: &str) -> Result<String, ConfigError> {
        let table = self.optional(name).unwrap_or_else(|| default.to_owned());
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if (3..=255).contains(&table.len()) && table.chars().all(allowed) {
            Ok(table)
        } else {
            Err(ConfigError::new(name, "is not a DynamoDB table's name"))
        }
    }

    /// The setting as a whole number, or its default if it isn't set.
    ///
    /// ```
    /// use shared::config::Environment;
    /// use shared::retention::Retention;
    ///
    /// let unset = Environment::from_variables([]);
    /// assert_eq!(unset.whole_number(&Retention::SETTING)?, 90);
    ///
    /// let wrong = Environment::from_variables([("RETENTION_DAYS", "0")]);
    /// let error = wrong.whole_number(&Retention::SETTING).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "RETENTION_DAYS must be a whole number from 1 to 3650"
    /// );
    /// # Ok::<_, shared::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't a whole number within its limits.
    pub fn whole_number(&self, setting: &WholeNumber) -> Result<u32, ConfigError> {
        let WholeNumber {
            name,
            min,
            max,
            default,
        } = *setting;
        let Some(text) = self.optional(name) else {
            return Ok(default);
        };
        let number = text.parse().ok();
        number
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| {
                ConfigError::new(name, format!("must be a whole number from {min} to {max}"))
            })
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// A setting that is a whole number. `template.yaml` has the same limits; a test compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeNumber {
    /// The setting's name.
    pub name: &'static str,
    /// The smallest number that is accepted, inclusive.
    pub min: u32,
    /// The largest number that is accepted, inclusive.
    pub max: u32,
    /// The value if it isn't set.
    pub default: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SignatureVersion;

    #[test]
    fn an_empty_setting_counts_as_unset() {
        let environment = Environment::from_variables([("A", ""), ("B", "b")]);
        assert_eq!(environment.optional("A"), None);
        assert_eq!(environment.optional("B"), Some("b".into()));
        assert_eq!(environment.table("A", "users"), Ok("users".into()));
        let missing = environment.required::<String>("A").unwrap_err();
        assert_eq!(missing.to_string(), "A is not set");
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_reason_and_without_its_value() {
        let environment =
            Environment::from_variables([("MIN_SIGNATURE_VERSION", "v9"), ("T", "a b")]);
        let version = environment.parsed::<SignatureVersion>("MIN_SIGNATURE_VERSION");
        let message = version.unwrap_err().to_string();
        assert_eq!(message, "MIN_SIGNATURE_VERSION must be v1, v2 or v3");
        let table = environment.table("T", "users").unwrap_err();
        assert_eq!(table.to_string(), "T is not a DynamoDB table's name");
        let hours = WholeNumber {
            name: "H",
            min: 1,
            max: 168,
            default: 24,
        };
        for wrong in ["soon", "0", "169", "-1", "1.5"] {
            let environment = Environment::from_variables([("H", wrong)]);
            let error = environment.whole_number(&hours).unwrap_err();
            assert_eq!(error.to_string(), "H must be a whole number from 1 to 168");
        }
        let unset = Environment::from_variables([]);
        assert_eq!(unset.whole_number(&hours), Ok(24));
    }
}
