//! HubSpot's own identifiers. They are numbers, but never numbers to calculate with.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Takes HubSpot's number as it is.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// HubSpot's number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
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
    /// A HubSpot account. Everything we keep belongs to exactly one portal.
    PortalId
}
identifier! {
    /// The HubSpot user who hosts a meeting.
    UserId
}
