//! The key of a user in the directory: one address, or `*@domain` for everyone at a domain.
//!
//! The import, `users add` and verify all parse addresses with this type. So an entry that verify could
//! never find can't be stored, and an entry matches a lookup however either of them is spelled. Text that
//! certainly isn't part of the address (`mailto:`, `<…>`, quotes, invisible characters) is stripped;
//! anything else is refused.

mod domain;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// An address in lower case with its domain in Unicode, or `*@domain`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserEmail(String);

/// Why a text isn't a [`UserEmail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserEmailError {
    /// The text isn't one local part, one `@` and one domain.
    #[error("must be one address, such as ada@example.com, or *@example.com for a whole domain")]
    NotAnAddress,
    /// A space, a control character, or a character that changes the text direction.
    #[error("must not contain spaces or control characters")]
    Blank,
    /// More than one address.
    #[error("must be a single address: found a comma, a semicolon or a second @")]
    Several,
    /// A `*` anywhere but alone before the `@`.
    #[error("may have a * only as *@example.com, for everyone at a domain")]
    Wildcard,
    /// Quotes, brackets or colons in the local part.
    #[error("must not contain quotes, brackets, colons or backslashes")]
    Punctuation,
    /// The part after the `@` isn't a domain.
    #[error("must end with a domain name, such as example.com")]
    Domain,
    /// The address is too long for a key.
    #[error("must not be longer than {} bytes", UserEmail::MAX_BYTES)]
    TooLong,
}

impl UserEmail {
    /// DynamoDB allows sort keys of up to [1024
    /// bytes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
    pub const MAX_BYTES: usize = 1024;

    /// The entry for everyone at this address's domain. `None` if this is such an entry itself, or the key
    /// would be too long to store.
    pub(crate) fn domain_entry(&self) -> Option<Self> {
        let (name, domain) = self.0.split_once('@')?;
        let entry = format!("*@{domain}");
        (name != "*" && entry.len() <= Self::MAX_BYTES).then_some(Self(entry))
    }

    /// The domain, if this is an entry for everyone there.
    #[must_use]
    pub fn whole_domain(&self) -> Option<&str> {
        self.0.strip_prefix("*@")
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserEmail {
    type Err = UserEmailError;

    /// Parses an address as people and other systems write it. Differences in case, invisible characters,
    /// the encoding of accents, Punycode and surrounding text don't matter.
    ///
    /// # Errors
    /// [`UserEmailError`] if the text isn't unambiguously one address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Bounds the work of cleaning. No real text is four times as long as the address in it.
        if text.len() > 4 * Self::MAX_BYTES {
            return Err(UserEmailError::TooLong);
        }
        let text = visible(text);
        let text = bare(&text);
        if text.chars().any(|c| c.is_whitespace() || is_forbidden(c)) {
            return Err(UserEmailError::Blank);
        }
        let (name, domain) = text.split_once('@').ok_or(UserEmailError::NotAnAddress)?;
        if name.is_empty() || domain.is_empty() {
            return Err(UserEmailError::NotAnAddress);
        }
        if text.contains([',', ';']) || domain.contains('@') {
            return Err(UserEmailError::Several);
        }
        if text.contains('*') && (name != "*" || domain.contains('*')) {
            return Err(UserEmailError::Wildcard);
        }
        if name.contains(['"', '<', '>', '(', ')', '[', ']', ':', '\\']) || name.starts_with('\'') {
            return Err(UserEmailError::Punctuation);
        }
        let domain = domain::canonical(domain).ok_or(UserEmailError::Domain)?;
        let email = format!("{}@{domain}", lower_case(name));
        if email.len() > Self::MAX_BYTES {
            return Err(UserEmailError::TooLong);
        }
        Ok(Self(email))
    }
}

/// The local part in lower case, with one encoding for each accented letter.
fn lower_case(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let lower = name.nfc().collect::<String>().to_lowercase();
    lower.nfc().collect()
}

/// The text without invisible characters, and with a plain `@` for the one that Chinese and Japanese input
/// methods produce.
fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut visible = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{ff20}' => visible.push('@'),
            // Persian and Indic scripts need these within words.
            '\u{200c}' | '\u{200d}' => {
                let after = rest.peek().copied();
                let within = visible.chars().next_back().zip(after);
                if within.is_some_and(|(before, after)| {
                    before.is_alphabetic()
                        && !before.is_ascii()
                        && after.is_alphabetic()
                        && !after.is_ascii()
                }) {
                    visible.push(c);
                }
            }
            _ if is_invisible(c) => {}
            _ => visible.push(c),
        }
    }
    visible.into()
}

/// Invisible characters that don't affect the text around them (Unicode's `Default_Ignorable_Code_Point`,
/// without the joiners).
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202c}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Control characters, the two that override the direction of the following text, which makes it look like a
/// different address, and the replacement for text that could not be decoded.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202d}' | '\u{202e}' | '\u{fffd}')
}

/// The address without the text around it, however that is nested.
fn bare(text: &str) -> &str {
    let mut text = text;
    loop {
        let before = text.len();
        text = text.trim();
        for scheme in ["mailto:", "smtp:"] {
            let head = text.get(..scheme.len());
            if head.is_some_and(|head| head.eq_ignore_ascii_case(scheme)) {
                text = text.get(scheme.len()..).unwrap_or_default();
            }
        }
        for (open, close) in [
            ('<', '>'),
            ('"', '"'),
            ('\'', '\''),
            ('`', '`'),
            ('\u{201c}', '\u{201d}'),
            ('\u{201e}', '\u{201c}'),
            ('\u{2018}', '\u{2019}'),
            ('\u{ab}', '\u{bb}'),
        ] {
            let inside = text
                .strip_prefix(open)
                .and_then(|text| text.strip_suffix(close));
            text = inside.unwrap_or(text);
        }
        text = after_the_name(text);
        // The end of a sentence, or the separator of a list with a single address.
        text = text.trim_end_matches(['.', ',', ';']);
        if !text.contains('<') {
            text = text.strip_suffix('>').unwrap_or(text);
        }
        if text.len() == before {
            return text;
        }
    }
}

/// The text in the brackets of `Ada Lovelace <ada@example.com>` ([RFC 5322, section
/// 3.4](https://www.rfc-editor.org/rfc/rfc5322#section-3.4)).
fn after_the_name(text: &str) -> &str {
    let inside = text
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'))
        .filter(|(name, address)| !name.contains('@') && !address.contains('<'));
    inside.map_or(text, |(_, address)| address)
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
    fn an_address_is_lower_cased_and_trimmed() {
        let email: UserEmail = " Ada.Lovelace@Example.COM\r".parse().unwrap();
        assert_eq!(email.as_str(), "ada.lovelace@example.com");
        let domain: UserEmail = "*@Example.com".parse().unwrap();
        assert_eq!(domain.as_str(), "*@example.com");
        assert_eq!(domain.whole_domain(), Some("example.com"));
    }

    #[test]
    fn text_that_is_certainly_not_part_of_the_address_is_stripped() {
        for text in [
            "mailto:ada@example.com",
            "SMTP:ada@example.com",
            "<ada@example.com>",
            "ada@example.com>",
            "<mailto:Ada@example.com>",
            "\"ada@example.com\"",
            "'ada@example.com'",
            "\u{201c}ada@example.com\u{201d}",
            "ada@example.com.",
            "ada@example.com;",
            " ada@example.com, ",
            "Ada Lovelace <ada@example.com>",
            "\"Lovelace, Ada\" <ada@example.com>",
            "\u{a0}ada@example.com\u{a0}",
            "ada\u{ff20}example.com",
            "ada@example\u{3002}com",
        ] {
            let email: Result<UserEmail, _> = text.parse();
            assert_eq!(email.unwrap().as_str(), "ada@example.com", "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_are_ignored() {
        for invisible in [
            '\u{ad}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202c}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{e0041}',
            '\u{180e}',
        ] {
            for text in [
                format!("{invisible}ada@example.com"),
                format!("ada{invisible}@example.com"),
                format!("ada@exa{invisible}mple.com"),
                format!("ada@example.com{invisible}"),
            ] {
                let email: Result<UserEmail, _> = text.parse();
                assert_eq!(email.unwrap().as_str(), "ada@example.com", "{text:?}");
            }
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_the_same_address() {
        for (left, right) in [
            ("ada@müller.example", "ada@xn--mller-kva.example"),
            ("ada@MU\u{308}LLER.example", "ada@xn--mller-kva.example"),
            ("\u{212a}im@\u{212a}elvin.example", "kim@kelvin.example"),
            ("Jose\u{301}@example.com", "JOSÉ@example.com"),
            ("*@müller.example", "*@xn--mller-kva.example"),
        ] {
            let (left, right): (UserEmail, UserEmail) =
                (left.parse().unwrap(), right.parse().unwrap());
            assert_eq!(left, right);
            assert_eq!(left.as_str().parse(), Ok(left.clone()));
        }
    }

    #[test]
    fn letters_that_only_look_alike_are_different_letters() {
        // The first is Cyrillic; the last is a name that needs its joiner.
        for (left, right) in [
            ("\u{430}da@example.com", "ada@example.com"),
            ("ada@ex\u{430}mple.com", "ada@example.com"),
            (
                "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}@example.com",
                "\u{646}\u{627}\u{645}\u{647}\u{627}\u{6cc}@example.com",
            ),
        ] {
            let (left, right): (UserEmail, UserEmail) =
                (left.parse().unwrap(), right.parse().unwrap());
            assert_ne!(left, right);
        }
    }

    #[test]
    fn text_that_is_not_an_address_is_refused_with_the_reason() {
        use UserEmailError::{
            Blank, Domain, NotAnAddress, Punctuation, Several, TooLong, Wildcard,
        };
        let long = format!("{}@example.com", "a".repeat(1024));
        let longer = "a".repeat(10_000);
        for (text, reason) in [
            ("", NotAnAddress),
            ("ada", NotAnAddress),
            ("@example.com", NotAnAddress),
            ("ada@", NotAnAddress),
            ("\u{200b}@\u{200b}", NotAnAddress),
            ("ada@@example.com", Several),
            ("ada@example.com,bob@example.com", Several),
            ("ada@example.com;bob@example.com", Several),
            ("ada;bob@example.com", Several),
            ("*@*", Wildcard),
            ("**@example.com", Wildcard),
            ("a*@example.com", Wildcard),
            ("*@*.example.com", Wildcard),
            ("sip:ada@example.com", Punctuation),
            ("\"ada\"@example.com", Punctuation),
            ("'ada@example.com", Punctuation),
            ("<ada@example.com", Punctuation),
            ("ada@example.com <bob@example.com>", Blank),
            ("ada@example..com", Domain),
            ("ada@[127.0.0.1]", Domain),
            ("ada@example.com?subject=hello", Domain),
            ("ada@xn--example-.com", Domain),
            ("ada lovelace@example.com", Blank),
            ("ada\u{7}@example.com", Blank),
            ("\u{202e}moc.elpmaxe@ada", Blank),
            (&long, TooLong),
            (&longer, TooLong),
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
