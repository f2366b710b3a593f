//! One spelling for each domain: the Unicode form in lower case. `MÜLLER.example`, `mu\u{308}ller.example`
//! and `xn--mller-kva.example` are the same domain ([RFC 5891](https://www.rfc-editor.org/rfc/rfc5891)), so
//! they must have the same key.
//!
//! Full IDNA support takes twenty crates of Unicode tables, which verify would load in every cold start.
//! This is the part that unifies spellings: compatibility normalization and lower-casing, as in [UTS
//! #46](https://www.unicode.org/reports/tr46/)'s mapping, and Punycode ([RFC
//! 3492](https://www.rfc-editor.org/rfc/rfc3492)). A test compares it with the `idna` crate.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The prefix of a Punycode label ([RFC 5890, section
/// 2.3.2.1](https://www.rfc-editor.org/rfc/rfc5890#section-2.3.2.1)).
const ACE_PREFIX: &str = "xn--";

/// The canonical spelling of `domain`, or `None` if it isn't a domain name.
pub(super) fn canonical(domain: &str) -> Option<String> {
    let domain = mapped(domain);
    let labels: Option<Vec<_>> = domain.split('.').map(canonical_label).collect();
    Some(labels?.join("."))
}

/// Lower case, with one form for each character that Unicode can encode in several ways.
fn mapped(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.to_ascii_lowercase().into();
    }
    let folded = text.nfkc().collect::<String>().to_lowercase();
    // Lower-casing can denormalize a text. The ideographic full stop is also a label separator.
    let normal = folded.nfkc().collect::<String>().replace('\u{3002}', ".");
    normal.into()
}

fn canonical_label(label: &str) -> Option<Cow<'_, str>> {
    let label = match label.strip_prefix(ACE_PREFIX) {
        None => Cow::Borrowed(label),
        // Refuses Punycode that doesn't decode to a canonical non-ASCII label: it could pose as another
        // domain's name.
        Some(encoded) => {
            let decoded = decode(encoded)?;
            (!decoded.is_ascii() && mapped(&decoded) == decoded).then_some(decoded.into())?
        }
    };
    let is_name = !label.is_empty() && label.chars().all(is_allowed_in_label);
    is_name.then_some(label)
}

/// Letters, digits, hyphens, the underscore that some intranets use, and all other Unicode characters
/// except punctuation, drawing symbols and private-use characters.
fn is_allowed_in_label(c: char) -> bool {
    match c {
        _ if c.is_ascii() => c.is_ascii_alphanumeric() || c == '-' || c == '_',
        '\u{200c}' | '\u{200d}' => true,
        '\u{2000}'..='\u{2bff}'
        | '\u{3001}'..='\u{3003}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe1f}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'.. => false,
        _ => !c.is_whitespace() && !c.is_control(),
    }
}

/// Decodes Punycode ([RFC 3492, section 6.2](https://www.rfc-editor.org/rfc/rfc3492#section-6.2), whose
/// variable names it uses).
fn decode(input: &str) -> Option<String> {
    let (basic, extended) = input.rsplit_once('-').unwrap_or(("", input));
    let mut output: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias): (u32, u32, u32) = (128, 0, 72);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let before = i;
        let (mut weight, mut k): (u32, u32) = (1, 36);
        loop {
            let digit = match digits.next()? {
                letter @ b'a'..=b'z' => letter - b'a',
                number @ b'0'..=b'9' => number - b'0' + 26,
                _ => return None,
            };
            let digit = u32::from(digit);
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
            k += 36;
        }
        let length = u32::try_from(output.len() + 1).ok()?;
        bias = adapt(i - before, length, before == 0);
        n = n.checked_add(i / length)?;
        i %= length;
        output.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    Some(output.into_iter().collect())
}

/// The bias for the next character ([RFC 3492, section
/// 6.1](https://www.rfc-editor.org/rfc/rfc3492#section-6.1)).
fn adapt(delta: u32, length: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_domain_is_the_same_domain() {
        for (spellings, canonical_form) in [
            (
                &[
                    "müller.example",
                    "MÜLLER.Example",
                    "mu\u{308}ller.example",
                    "xn--mller-kva.example",
                    "XN--MLLER-KVA.EXAMPLE",
                    "müller\u{3002}example",
                ][..],
                "müller.example",
            ),
            (
                &["kelvin.example", "\u{212a}elvin.example", "ｋelvin.example"],
                "kelvin.example",
            ),
            (&["faß.example", "xn--fa-hia.example"], "faß.example"),
            (&["日本語.jp", "xn--wgv71a119e.jp"], "日本語.jp"),
        ] {
            for spelling in spellings {
                let found = canonical(spelling);
                assert_eq!(found.as_deref(), Some(canonical_form), "{spelling}");
            }
        }
    }

    #[test]
    fn text_that_is_not_a_name_is_not_a_domain() {
        for text in [
            "",
            ".",
            "a..b",
            ".example.com",
            "a b",
            "a,b",
            "[127.0.0.1]",
            "example.com>",
            "a\u{fffd}b.example",
            "a\u{2026}b",
            // Punycode of plain letters, of a capital letter, and of nothing at all.
            "xn--example-.com",
            "xn--mller-2pa.example",
            "xn--zzz---.example",
            "xn--.example",
            "xn--99999999999.example",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn spellings_are_unified_as_by_the_idna_crate() {
        for domain in [
            "müller.example",
            "BÜCHER.example",
            "grüße.example",
            "ΣΊΓΜΑ.gr",
            "россия.рф",
            "中国.cn",
            "한국.kr",
            "ไทย.th",
            "नेपाल.np",
            "العربية.sa",
            "e\u{301}cole.fr",
            "ﬁn.example",
            "Ⅷ.example",
            "x\u{e9}-y.example",
            "straße.de",
            "İstanbul.example",
            "😀.example",
        ] {
            let ascii = url::Host::parse(domain).unwrap().to_string();
            assert_ne!(ascii, domain);
            assert_eq!(canonical(&ascii), canonical(domain), "{domain} {ascii}");
        }
    }
}
