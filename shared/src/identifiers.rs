//! HubSpot's identifiers: numbers that are never used for arithmetic.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Wraps HubSpot's number.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// HubSpot's number as an integer.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            /// Parses the number as people write it. HubSpot's IDs start at 1.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text.trim().parse() {
                    Ok(0) | Err(_) => Err("must be a positive whole number"),
                    Ok(number) => Ok(Self(number)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identifier! {
    /// A HubSpot account. Everything that we store belongs to exactly one portal.
    PortalId
}
identifier! {
    /// The HubSpot user who hosts a meeting.
    UserId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_a_positive_whole_number() {
        assert_eq!(" 123123 ".parse(), Ok(PortalId::new(123_123)));
        for text in ["", "0", "-1", "1.5", "1e3", "ten"] {
            assert!(text.parse::<PortalId>().is_err(), "{text}");
        }
    }
}
