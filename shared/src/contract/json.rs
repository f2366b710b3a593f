//! The JSON object in a request's body, parsed as leniently as is safe.
//!
//! The meeting already exists in HubSpot, so a request is refused only if a field that it needs can't be
//! read. Text that JSON parsers reject, such as an unpaired surrogate ([RFC 8259, section 8.2][rfc]), is
//! repaired with U+FFFD. Fields that no webhook needs are skipped without parsing, however deep or large
//! they are. A number may arrive as a string, or as a float without a fraction.
//!
//! [rfc]: https://www.rfc-editor.org/rfc/rfc8259#section-8.2

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::payload_error::PayloadError;

/// Up to 2^53, a float represents every whole number exactly.
const MAX_EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// HubSpot's names of all fields that any webhook needs.
const KNOWN: [&str; 8] = [
    "portalId",
    "userId",
    "userEmail",
    "topic",
    "source",
    "startTime",
    "endTime",
    "conferenceId",
];

/// Calls `read` with the object's fields.
pub(super) fn read_object<T>(
    body: &[u8],
    read: impl FnOnce(&Fields<'_>) -> Result<T, PayloadError>,
) -> Result<T, PayloadError> {
    let text = repair(body);
    let mut json = serde_json::Deserializer::from_str(&text);
    let fields = json.deserialize_map(ObjectVisitor);
    match fields.and_then(|fields| json.end().map(|()| fields)) {
        Ok(fields) => read(&fields),
        Err(error) if error.classify() == Category::Data => Err(PayloadError::NotAnObject),
        Err(error) => Err(PayloadError::NotJson {
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// The fields of a JSON object that any webhook needs.
pub struct Fields<'a>(BTreeMap<&'static str, &'a RawValue>);

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").finish_non_exhaustive()
    }
}

impl Fields<'_> {
    /// The field as raw JSON, or `None` if it is absent or null.
    fn raw(&self, field: &str) -> Option<&str> {
        let raw = self.0.get(field).map(|value| value.get());
        raw.filter(|raw| *raw != "null")
    }

    /// The field's text, or `None` if it is absent or null.
    pub(super) fn text(&self, field: &'static str) -> Result<Option<String>, PayloadError> {
        let text = self.raw(field).map(serde_json::from_str);
        text.transpose().map_err(|_| PayloadError::Invalid {
            field,
            expected: "a string",
        })
    }

    /// The field's whole number, or `None` if it is absent or null.
    pub(super) fn number<T: TryFrom<i128>>(
        &self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, PayloadError> {
        let Some(raw) = self.raw(field) else {
            return Ok(None);
        };
        let number = if raw.starts_with('"') {
            let text: Option<String> = serde_json::from_str(raw).ok();
            text.and_then(|text| whole_number(text.trim()))
        } else {
            whole_number(raw)
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number
            .map(Some)
            .ok_or(PayloadError::Invalid { field, expected })
    }
}

/// Parses `62515`, `62515.0` and `6.2515e4`, but no number with a fraction.
fn whole_number(text: &str) -> Option<i128> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let in_numbers = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let float: f64 = text.chars().all(in_numbers).then(|| text.parse().ok())??;
    let exact = float.fract() == 0.0 && float.abs() <= MAX_EXACT_FLOAT;
    // A whole number of at most 2^53 fits into an `i128`.
    #[allow(clippy::cast_possible_truncation)]
    exact.then_some(float as i128)
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match KNOWN.into_iter().find(|known| *known == key) {
                Some(known) => {
                    fields.insert(known, map.next_value()?);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Fields(fields))
    }
}

/// The body as text in which every JSON string can be parsed. Borrowed if nothing needs to be repaired.
fn repair(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    // The common case. JSON has no backslashes outside strings, and it allows line breaks there.
    if !text.contains('\\') && !text.contains(is_forbidden_in_strings) {
        return text;
    }
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((outside, after)) = rest.split_once('"') {
        repaired.push_str(outside);
        repaired.push('"');
        rest = repair_string(after, &mut repaired);
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// Control characters, which JSON requires to be escaped in strings.
fn is_forbidden_in_strings(c: char) -> bool {
    c < ' '
}

/// Copies the string whose opening quote precedes `rest`, closing quote included, and returns what follows
/// it.
fn repair_string<'a>(mut rest: &'a str, repaired: &mut String) -> &'a str {
    loop {
        let special = |c: char| c == '"' || c == '\\' || is_forbidden_in_strings(c);
        let (plain, from_special) = rest.split_at(rest.find(special).unwrap_or(rest.len()));
        repaired.push_str(plain);
        let mut characters = from_special.chars();
        match characters.next() {
            Some('"') => {
                repaired.push('"');
                return characters.as_str();
            }
            Some('\\') => rest = repair_escape(characters.as_str(), repaired),
            Some(control) => {
                push_escape(repaired, u32::from(control));
                rest = characters.as_str();
            }
            None => return "",
        }
    }
}

/// Copies one escape, whose backslash precedes `rest`, and returns what follows it.
fn repair_escape<'a>(rest: &'a str, repaired: &mut String) -> &'a str {
    let Some(digits) = rest.strip_prefix('u') else {
        let known = rest.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);
        let (escape, after) = rest.split_at(usize::from(known));
        repaired.push_str(if known { "\\" } else { "\\ufffd" });
        repaired.push_str(escape);
        return after;
    };
    let (unit, after) = code_unit(digits);
    match unit {
        Some(high @ 0xd800..0xdc00) => {
            let low = after.strip_prefix("\\u").map(code_unit);
            if let Some((Some(low @ 0xdc00..0xe000), after)) = low {
                push_escape(repaired, u32::from(high));
                push_escape(repaired, u32::from(low));
                return after;
            }
            repaired.push_str("\\ufffd");
        }
        Some(0xdc00..0xe000) | None => repaired.push_str("\\ufffd"),
        Some(unit) => push_escape(repaired, u32::from(unit)),
    }
    after
}

/// Appends `\u` and the four hex digits of `unit`.
fn push_escape(repaired: &mut String, unit: u32) {
    repaired.push_str("\\u");
    let digits = [12, 8, 4, 0].map(|shift| char::from_digit((unit >> shift) & 0xf, 16));
    repaired.extend(digits.into_iter().flatten());
}

/// Parses the four hex digits at the start of the text, and returns what follows them.
fn code_unit(text: &str) -> (Option<u16>, &str) {
    let Some((digits, after)) = text.split_at_checked(4) else {
        return (None, text);
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return (None, text);
    }
    (u16::from_str_radix(digits, 16).ok(), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(body: &str) -> Cow<'_, str> {
        repair(body.as_bytes())
    }

    #[test]
    fn valid_json_stays_unchanged() {
        for body in [
            "{}",
            r#"{"topic":"Démo 🎥"}"#,
            r#"{"topic":"a\"b\\c\/\b\f\n\r\t\u00e9\ud83c\udfa5"}"#,
            "{\n\t\"topic\": \"a\"\r\n}",
        ] {
            assert_eq!(repaired(body), body);
        }
    }

    #[test]
    fn unpaired_surrogates_and_other_broken_text_become_the_replacement_character() {
        for (body, expected) in [
            (r#"["\ud83c"]"#, r#"["\ufffd"]"#),
            (r#"["\udfa5"]"#, r#"["\ufffd"]"#),
            (r#"["\udfa5\ud83c"]"#, r#"["\ufffd\ufffd"]"#),
            (r#"["\ud83c\ud83c\udfa5"]"#, r#"["\ufffd\ud83c\udfa5"]"#),
            (r#"["\ud83cA"]"#, r#"["\ufffdA"]"#),
            (r#"["\uZZZZ"]"#, r#"["\ufffdZZZZ"]"#),
            (r#"["\u12"]"#, r#"["\ufffd12"]"#),
            (r#"["\x"]"#, r#"["\ufffdx"]"#),
            ("[\"a\nb\"]", r#"["a\u000ab"]"#),
            ("[\"a\0b\"]", r#"["a\u0000b"]"#),
            ("\u{feff}[]", "[]"),
        ] {
            assert_eq!(repaired(body), expected, "{body}");
        }
        assert_eq!(repair(b"[\"a\xffb\"]"), "[\"a\u{fffd}b\"]");
    }

    #[test]
    fn a_number_is_whole_however_it_is_written() {
        for (text, number) in [
            ("62515", 62_515),
            ("62515.0", 62_515),
            ("6.2515e4", 62_515),
            ("1.9000036E12", 1_900_003_600_000),
            ("-1", -1),
            ("18446744073709551615", u64::MAX.into()),
        ] {
            assert_eq!(whole_number(text), Some(number), "{text}");
        }
        for text in [
            "", "0.5", "1e999", "inf", "NaN", "1e17", "0x10", "1 2", "ten",
        ] {
            assert_eq!(whole_number(text), None, "{text}");
        }
    }
}
