//! Text from outside, made safe to display. A terminal executes control characters, and characters that
//! change the text direction can make one line look like another.

use std::fmt::Write;

/// Whether `c` affects how text is displayed instead of being visible itself: control characters (C0, DEL,
/// C1), line and paragraph separators, bidirectional formatting ([Unicode, UAX
/// #9](https://www.unicode.org/reports/tr9/)), and invisible characters such as the soft hyphen, the
/// zero-width space, the byte order mark and tags.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` on one line, with unsafe characters escaped, such as `\u{1b}`.
#[must_use]
pub fn printable(text: &str) -> String {
    escaped(text, is_unsafe)
}

/// `text` with its line breaks, and with all other unsafe characters escaped.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    escaped(text, |c| c != '\n' && is_unsafe(c))
}

fn escaped(text: &str, is_unsafe: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// JSON with all unsafe characters escaped, which JSON allows for any character. A JSON serializer leaves
/// DEL, C1 and bidirectional formatting characters as they are ([RFC 8259, section
/// 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
#[must_use]
pub fn printable_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        // Outside its strings, JSON contains no unsafe characters except line breaks.
        if c != '\n' && is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` can't fail.
                write!(escaped, "\\u{unit:04x}").ok();
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSAFE: &str = "\u{1b}[2J\u{7}\u{9b}\u{7f}\u{202e}\u{2028}\u{2066}\u{e0041}\n";

    #[test]
    fn text_from_outside_cannot_control_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
        assert!(!printable(UNSAFE).chars().any(is_unsafe));
        assert_eq!(printable("Müller 日本 🎥"), "Müller 日本 🎥");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(printable_lines("a\nb\u{202e}"), "a\nb\\u{202e}");
    }

    #[test]
    fn escaped_json_keeps_its_meaning() {
        let json = serde_json::to_string_pretty(&serde_json::json!({ "topic": UNSAFE })).unwrap();
        let escaped = printable_json(&json);
        assert!(
            !escaped.chars().any(|c| c != '\n' && is_unsafe(c)),
            "{escaped}"
        );
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["topic"], UNSAFE);
    }
}
