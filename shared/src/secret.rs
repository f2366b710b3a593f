//! Secret text: it can be used, but not printed or serialized.

use std::fmt;

use subtle::ConstantTimeEq;

/// A secret's text. `Debug` shows `[REDACTED]`, and there is no `Display`. Two secrets are compared in
/// constant time, which reveals only their lengths.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps the secret's text unchanged.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The bytes, for a hash or an HMAC.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_equal_if_all_their_bytes_are() {
        assert_eq!(Secret::new("hush"), Secret::new("hush"));
        for other in ["husk", "bush", "hus", "hush ", ""] {
            assert_ne!(Secret::new("hush"), Secret::new(other));
        }
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "[REDACTED]");
        assert_eq!(
            format!("{:#?}", Some(Secret::new("hush"))),
            "Some(\n    [REDACTED],\n)"
        );
    }
}
