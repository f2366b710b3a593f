//! The page that a visitor sees after following a link. It shows the meeting's time, but never its topic or
//! its people, because the link may have been forwarded to anyone.
//!
//! It is plain HTML that works without JavaScript. The only script converts UTC to the visitor's time zone.
//! The content security policy allows this script and this stylesheet by their hashes, and nothing else.

mod form;
mod text;

use std::sync::LazyLock;
use std::time::Duration;

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};
use shared::timestamp::Timestamp;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

pub(crate) use self::form::Form;
use self::text::Text;
use crate::language::Language;
use crate::visit::VisitorNameError;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/time_zone.js");

/// The time format in all languages, for visitors without JavaScript.
const UTC_FOR_PEOPLE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
/// The format that JavaScript parses ([HTML, "Global dates and
/// times"](https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#global-dates-and-times)).
const UTC_FOR_PROGRAMS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// The maximum time before the page reloads. Browsers' timers overflow at 24.8 days ([MDN,
/// "setTimeout"](https://developer.mozilla.org/en-US/docs/Web/API/Window/setTimeout#maximum_delay_value)).
const MAX_RELOAD: Duration = Duration::from_hours(24);

/// There is no [`form-action`](https://www.w3.org/TR/CSP3/#directive-form-action), because Chromium also
/// applies it to the redirect to the room.
pub(crate) static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let [style, script] =
        [STYLE, SCRIPT].map(|text| BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

/// The state that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The meeting can be joined.
    Open {
        /// When the meeting starts.
        start: Timestamp,
        /// The form to join.
        form: Form,
    },
    /// A meeting with this link was cancelled, but another meeting may have the same link.
    Repeated {
        /// The form to join.
        form: Form,
    },
    /// The meeting starts later, but can be joined already.
    Early {
        /// When the meeting starts.
        start: Timestamp,
        /// The form to join.
        form: Form,
    },
    /// The meeting starts later, and can't be joined yet.
    Shut {
        /// When the meeting starts.
        start: Timestamp,
        /// When joining becomes possible.
        opens: Timestamp,
        /// The time until then.
        wait: Duration,
    },
    /// The meeting was cancelled.
    Cancelled,
    /// The meeting is over.
    Over,
    /// There is no such meeting or page.
    Unknown,
    /// The store or the video system doesn't respond.
    Unavailable {
        /// The form to try again; `None` if a retry is pointless.
        form: Option<Form>,
    },
    /// This browser is now identified as a host's.
    Host,
}

impl Page {
    /// The page's state in one word, for its `data-state` attribute and the log.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self {
            Self::Open { .. } | Self::Repeated { .. } => "open",
            Self::Early { .. } | Self::Shut { .. } => "early",
            Self::Cancelled => "cancelled",
            Self::Over => "over",
            Self::Unknown => "unknown",
            Self::Unavailable { .. } => "unavailable",
            Self::Host => "host",
        }
    }

    /// The page's form, if it has one.
    #[must_use]
    pub fn form(&self) -> Option<&Form> {
        match self {
            Self::Open { form, .. } | Self::Repeated { form } | Self::Early { form, .. } => {
                Some(form)
            }
            Self::Unavailable { form } => form.as_ref(),
            _ => None,
        }
    }

    /// The same page with an error message about the name.
    pub(crate) fn with_problem(mut self, problem: VisitorNameError) -> Self {
        if let Self::Open { form, .. }
        | Self::Repeated { form }
        | Self::Early { form, .. }
        | Self::Unavailable { form: Some(form) } = &mut self
        {
            form.problem = Some(problem);
        }
        self
    }

    /// The page as HTML.
    pub(crate) fn to_html(&self, language: Language) -> String {
        let text = Text::in_language(language);
        let (heading, why, button) = self.words(text);
        let page = html! {
            (DOCTYPE)
            html lang=(language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if let Self::Shut { wait, .. } = self {
                        meta http-equiv="refresh" content=(reload_seconds(*wait));
                    }
                    title { (heading) " – " (text.title) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main data-state=(self.state()) {
                        h1 { (heading) }
                        @if let Some(why) = why { p { (why) } }
                        @if let Self::Open { start, .. } | Self::Early { start, .. } | Self::Shut { start, .. } = self {
                            (moment(text.start, *start))
                        }
                        @if let Self::Shut { opens, .. } = self {
                            (moment(text.opens, *opens))
                        }
                        @if let Some(form) = self.form() { (form.to_html(text, button)) }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }

    /// The heading, the explanation below it, and the button's label.
    fn words(&self, text: &'static Text) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::Open { .. } => (text.open, None, text.join),
            Self::Repeated { .. } => (text.repeated, Some(text.repeated_why), text.join_anyway),
            Self::Early { .. } => (text.early, Some(text.early_why), text.join_anyway),
            Self::Shut { .. } => (text.early, Some(text.shut_why), ""),
            Self::Cancelled => (text.cancelled, Some(text.cancelled_why), ""),
            Self::Over => (text.over, Some(text.over_why), ""),
            Self::Unknown => (text.unknown, Some(text.unknown_why), ""),
            Self::Unavailable { form: Some(_) } => {
                (text.unavailable, Some(text.unavailable_why), text.try_again)
            }
            Self::Unavailable { form: None } => {
                (text.unavailable, Some(text.unavailable_for_good_why), "")
            }
            Self::Host => (text.host, Some(text.host_why), ""),
        }
    }
}

fn moment(label: &str, when: Timestamp) -> Markup {
    let when = OffsetDateTime::from_unix_timestamp(when.as_seconds()).ok();
    let shown = when.and_then(|when| {
        let for_people = when.format(UTC_FOR_PEOPLE).ok()?;
        Some((for_people, when.format(UTC_FOR_PROGRAMS).ok()?))
    });
    html! {
        // A payload may contain any number. A date that can't be represented isn't shown.
        @if let Some((for_people, for_programs)) = shown {
            p .when { span { (label) } " " time datetime=(for_programs) { (for_people) } }
        }
    }
}

/// One second more than the wait, so that joining is possible by then.
fn reload_seconds(wait: Duration) -> u64 {
    wait.min(MAX_RELOAD).as_secs() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn asks_name() -> Form {
        Form {
            name: Some(String::new()),
            ..Form::default()
        }
    }

    fn all() -> Vec<Page> {
        let form = asks_name();
        vec![
            Page::Open {
                start: START,
                form: form.clone(),
            },
            Page::Repeated { form: form.clone() },
            Page::Early {
                start: START,
                form: Form::default(),
            },
            Page::Shut {
                start: START,
                opens: START,
                wait: Duration::from_millis(1500),
            },
            Page::Cancelled,
            Page::Over,
            Page::Unknown,
            Page::Unavailable { form: Some(form) },
            Page::Unavailable { form: None },
            Page::Host,
        ]
    }

    #[test]
    fn every_page_has_its_state_and_a_heading_in_every_language() {
        for page in all() {
            let mut seen = Vec::new();
            for language in Language::ALL {
                let html = page.to_html(language);
                let tag = language.tag();
                assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{tag}\">")));
                let state = page.state();
                assert!(html.contains(&format!("<main data-state=\"{state}\">")));
                let (heading, ..) = page.words(Text::in_language(language));
                assert!(!seen.contains(&heading), "{tag}: {heading}");
                seen.push(heading);
            }
        }
    }

    #[test]
    fn only_a_shut_door_reloads_itself_and_never_before_it_is_open() {
        for page in all() {
            let html = page.to_html(Language::English);
            let reloads = html.contains("http-equiv=\"refresh\" content=\"2\"");
            assert_eq!(reloads, matches!(page, Page::Shut { .. }), "{page:?}");
        }
        assert_eq!(reload_seconds(Duration::from_hours(1_000)), 86_401);
    }

    #[test]
    fn the_start_is_shown_in_utc_and_in_a_machine_readable_form() {
        let html = all()[0].to_html(Language::German);
        let time = "<time datetime=\"2023-11-14T22:13:20Z\">2023-11-14 22:13 UTC</time>";
        assert!(html.contains(time), "{html}");
    }

    #[test]
    fn a_time_that_no_calendar_can_show_is_left_out() {
        for millis in [i64::MIN, i64::MAX] {
            let start = Timestamp::from_millis(millis);
            let html = Page::Open {
                start,
                form: asks_name(),
            }
            .to_html(Language::English);
            assert!(!html.contains("<time"));
        }
    }

    #[test]
    fn a_name_with_markup_stays_text() {
        let form = Form {
            name: Some("\"><script>alert(1)</script>".into()),
            problem: Some(VisitorNameError::TooLong),
            ..Form::default()
        };
        let html = Page::Unavailable { form: Some(form) }.to_html(Language::English);
        assert!(html.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""));
        assert_eq!(html.matches("<script>").count(), 1, "our own");
    }

    #[test]
    fn a_refused_name_is_explained_at_its_field() {
        let form = Form {
            problem: Some(VisitorNameError::Empty),
            ..asks_name()
        };
        let html = Page::Open { start: START, form }.to_html(Language::English);
        assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"problem\""));
        assert!(html.contains(
            "<p class=\"wrong\" id=\"problem\" role=\"alert\">Please enter your name.</p>"
        ));
    }

    #[test]
    fn the_policy_allows_only_this_script_and_this_style() {
        let html = all()[0].to_html(Language::English);
        let hash = |tag: &str| {
            let (_, after) = html.split_once(&format!("<{tag}>")).unwrap();
            let (text, _) = after.split_once(&format!("</{tag}>")).unwrap();
            BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref())
        };
        let (style, script) = (hash("style"), hash("script"));
        let expected = format!(
            "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
        );
        assert!(CONTENT_SECURITY_POLICY.starts_with(&expected));
        assert!(!CONTENT_SECURITY_POLICY.contains("form-action"));
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    }
}
