//! The visitor's language, from `Accept-Language` ([RFC 9110, section
//! 12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)).
//!
//! It is parsed here because the available libraries sort by a floating-point number from the header, and
//! Rust's sort may panic if one of them is `NaN`.

/// A language that the page is available in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// English, the default.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
    /// Italian.
    Italian,
    /// Dutch.
    Dutch,
    /// Polish.
    Polish,
    /// Japanese.
    Japanese,
}

impl Language {
    /// All languages.
    pub(crate) const ALL: [Self; 9] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Portuguese,
        Self::Italian,
        Self::Dutch,
        Self::Polish,
        Self::Japanese,
    ];

    /// The language's tag ([RFC 5646](https://www.rfc-editor.org/rfc/rfc5646)).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::Italian => "it",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::Japanese => "ja",
        }
    }

    /// The best supported language for an `Accept-Language` header, or English if none matches.
    pub(crate) fn from_accept_language(header: &str) -> Self {
        let wanted = header.split(',').filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = quality(parameters)?;
            let primary = tag.trim().split('-').next()?;
            let language = Self::ALL
                .into_iter()
                .find(|language| primary.eq_ignore_ascii_case(language.tag()))?;
            Some((quality, language))
        });
        // Among equal qualities, the first one wins. `max_by_key` would return the last.
        let best = wanted.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, language)| language).unwrap_or_default()
    }
}

/// The quality value, from 1 to 1000. `None` if it is 0 or invalid.
fn quality(parameters: &str) -> Option<u16> {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return Some(1000);
    }
    let weight = parameters
        .strip_prefix("q=")
        .or_else(|| parameters.strip_prefix("Q="))?;
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let is_weight = matches!(whole, "0" | "1")
        && fraction.len() <= 3
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_weight {
        return None;
    }
    let thousandths: u16 = format!("{whole}{fraction:0<3}").parse().ok()?;
    (thousandths > 0).then_some(thousandths.min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_that_we_have_is_chosen() {
        for (header, language) in [
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("zh-CN,zh;q=0.9,ja;q=0.2", Language::Japanese),
            ("en;q=0.5, fr;q=0.501", Language::French),
            ("pl, nl", Language::Polish),
            ("PT-br", Language::Portuguese),
            ("fr;q=0, it;q=0.001", Language::Italian),
            ("es ; Q=1.0", Language::Spanish),
            ("nl;q=0.7,nl-BE", Language::Dutch),
        ] {
            assert_eq!(Language::from_accept_language(header), language, "{header}");
        }
    }

    #[test]
    fn anything_else_means_english() {
        let many = "de;q=nan,".repeat(100);
        for header in [
            "",
            "*",
            "zh",
            ",,;;==",
            "q",
            ";q",
            "de;q=",
            "de;q=2",
            "de;q=-1",
            "de;q=0.0000",
            &many,
            "deutsch",
            "日本語",
            "de;q=1e0",
        ] {
            let language = Language::from_accept_language(header);
            assert_eq!(language, Language::English, "{header}");
        }
    }
}
