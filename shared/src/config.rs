//! The functions' settings, which come from the environment. Each function reads what it uses; what
//! is wrong or missing is named before anything else happens.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// A setting that keeps a function from starting.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct ConfigError {
    /// The setting's name.
    pub name: &'static str,
    /// What is wrong with it, never its value.
    pub problem: String,
}

impl ConfigError {
    /// `name` has this `problem`.
    pub fn new(name: &'static str, problem: impl Display) -> Self {
        Self {
            name,
            problem: problem.to_string(),
        }
    }
}

/// Where settings are looked up. An empty setting counts as none, because a template can't leave
/// out a variable whose parameter is empty.
pub struct Environment(Lookup);

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

impl Environment {
    /// This process's own environment.
    #[must_use]
    pub fn of_process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// An environment of exactly these variables.
    #[must_use]
    pub fn of<const N: usize>(variables: [(&'static str, &'static str); N]) -> Self {
        Self(Box::new(move |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }))
    }

    /// The setting's text, if it is set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The setting as a `T`, if it is set.
    ///
    /// # Errors
    /// [`ConfigError`] if it is set to something that is no `T`.
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

    /// The setting as a `T`.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set, or set to something that is no `T`.
    pub fn required<T>(&self, name: &'static str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        self.parsed(name)?
            .ok_or_else(|| ConfigError::new(name, "is not set"))
    }

    /// A table's name (3 to 255 of `a-zA-Z0-9_.-`, DynamoDB, "Naming rules"), or the default.
    ///
    /// # Errors
    /// [`ConfigError`] if no table can have that name.
    pub fn table(&self, name: &'static str, default: &str) -> Result<String, ConfigError> {
        let table = self.optional(name).unwrap_or_else(|| default.to_owned());
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if (3..=255).contains(&table.len()) && table.chars().all(allowed) {
            Ok(table)
        } else {
            Err(ConfigError::new(name, "is not a DynamoDB table's name"))
        }
    }

    /// A whole number of `unit`s, or the default number of them.
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't a whole number from 0 to 100,000.
    pub fn duration(
        &self,
        name: &'static str,
        unit: Duration,
        default: u32,
    ) -> Result<Duration, ConfigError> {
        let number = match self.optional(name) {
            None => Some(default),
            Some(text) => text.parse().ok().filter(|number| *number <= 100_000),
        };
        let number = number
            .ok_or_else(|| ConfigError::new(name, "must be a whole number from 0 to 100000"))?;
        Ok(unit * number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SignatureVersion;

    #[test]
    fn an_empty_setting_is_no_setting() {
        let environment = Environment::of([("A", ""), ("B", "b")]);
        assert_eq!(environment.optional("A"), None);
        assert_eq!(environment.optional("B"), Some("b".into()));
        assert_eq!(environment.table("A", "users"), Ok("users".into()));
        let missing = environment.required::<String>("A").unwrap_err();
        assert_eq!(missing.to_string(), "A is not set");
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_reason_and_without_its_value() {
        let environment =
            Environment::of([("MIN_SIGNATURE_VERSION", "v9"), ("T", "a b"), ("H", "soon")]);
        let version = environment.parsed::<SignatureVersion>("MIN_SIGNATURE_VERSION");
        let message = version.unwrap_err().to_string();
        assert_eq!(message, "MIN_SIGNATURE_VERSION must be v1, v2 or v3");
        let table = environment.table("T", "users").unwrap_err();
        assert_eq!(table.to_string(), "T is not a DynamoDB table's name");
        let hour = Duration::from_hours(1);
        let hours = environment.duration("H", hour, 24).unwrap_err();
        assert_eq!(
            hours.to_string(),
            "H must be a whole number from 0 to 100000"
        );
        assert_eq!(environment.duration("X", hour, 24), Ok(24 * hour));
    }
}
