//! The key under which the directory knows a user: one address, or `*@domain` for everybody there.
//! Parsed once where it comes in, so that an entry which verify would never find can't be stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address in lower case, or `*@domain`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserEmail(String);

/// Why a text is no [`UserEmail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserEmailError {
    /// Something else than one name, one `@` and one domain.
    #[error("must be one address, such as ada@example.com, or *@example.com for a whole domain")]
    NotAnAddress,
    /// A space or a control character.
    #[error("must not contain spaces or control characters")]
    Blank,
    /// No key can be that long.
    #[error("must not be longer than {} bytes", UserEmail::LONGEST)]
    TooLong,
}

impl UserEmail {
    /// DynamoDB takes sort keys of up to 1024 bytes (DynamoDB, "Quotas").
    pub const LONGEST: usize = 1024;

    /// The entry for everybody at this address's domain; `None` for such an entry itself, or where
    /// its key would be too long to be stored.
    #[must_use]
    pub fn domain_entry(&self) -> Option<Self> {
        let (name, domain) = self.0.split_once('@')?;
        let entry = format!("*@{domain}");
        (name != "*" && entry.len() <= Self::LONGEST).then_some(Self(entry))
    }

    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserEmail {
    type Err = UserEmailError;

    /// Takes an address as people write it: spaces around it and capital letters don't count.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_lowercase();
        if text.len() > Self::LONGEST {
            return Err(UserEmailError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(UserEmailError::Blank);
        }
        let (name, domain) = text.split_once('@').ok_or(UserEmailError::NotAnAddress)?;
        if name.is_empty() || domain.is_empty() || domain.contains(['@', '*', ',', ';']) {
            return Err(UserEmailError::NotAnAddress);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for UserEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_without_capitals_and_surrounding_spaces() {
        let email: UserEmail = " Ada.Lovelace@Example.COM\r".parse().unwrap();
        assert_eq!(email.as_str(), "ada.lovelace@example.com");
        let domain: UserEmail = "*@Example.com".parse().unwrap();
        assert_eq!(domain.as_str(), "*@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        use UserEmailError::{Blank, NotAnAddress, TooLong};
        let long = format!("{}@example.com", "a".repeat(1024));
        for (text, reason) in [
            ("", NotAnAddress),
            ("ada", NotAnAddress),
            ("@example.com", NotAnAddress),
            ("ada@", NotAnAddress),
            ("ada@@example.com", NotAnAddress),
            ("ada@example.com,bob@example.com", NotAnAddress),
            ("*@*", NotAnAddress),
            ("ada lovelace@example.com", Blank),
            ("ada\u{7}@example.com", Blank),
            (&long, TooLong),
        ] {
            assert_eq!(text.parse::<UserEmail>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn the_limit_counts_the_bytes_that_are_stored() {
        let longest = format!("{}@b", "a".repeat(1022));
        assert!(longest.parse::<UserEmail>().is_ok());
        let one_more = format!("a{longest}");
        assert_eq!(one_more.parse::<UserEmail>(), Err(UserEmailError::TooLong));
    }
}
