//! The form on a page: a button, with a field for the name where the video system needs one.

use std::fmt;

use maud::{Markup, html};

use super::text::Text;
use crate::visit::{VisitorNameError, is_disruptive};

/// The form with which a visitor joins, or opens the page again.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Whether its button only opens the page again: not every page takes a POST.
    pub reloads: bool,
    /// The content of the field; `None` if no name is needed.
    pub name: Option<String>,
    /// Why the name was refused.
    pub problem: Option<VisitorNameError>,
}

impl Form {
    /// The maximum number of characters that are put back into the field: enough to see that the name was
    /// too long.
    const MAX_CHARACTERS: usize = 256;

    /// A form that asks for a name, with the name that was entered before.
    pub(crate) fn with_name(typed: &str) -> Self {
        let kept = typed.chars().filter(|c| !is_disruptive(*c));
        Self {
            name: Some(kept.take(Self::MAX_CHARACTERS).collect()),
            ..Self::default()
        }
    }

    /// A button that opens the page again.
    pub(crate) fn reload() -> Self {
        Self {
            reloads: true,
            ..Self::default()
        }
    }

    /// The form as HTML, with this text on its button.
    pub(super) fn to_html(&self, text: &Text, button: &str) -> Markup {
        let problem = self.problem.map(|problem| match problem {
            VisitorNameError::Empty => text.name_is_empty,
            VisitorNameError::TooLong => text.name_is_too_long,
        });
        html! {
            // A form without an action is submitted to the page's own URL, whichever proxy is in front of
            // us.
            form method=(if self.reloads { "get" } else { "post" }) {
                @if let Some(name) = &self.name {
                    label for="name" { (text.your_name) }
                    input #name type="text" name="name" value=(name) dir="auto" required
                        autofocus autocomplete="name" autocapitalize="words" spellcheck="false" enterkeyhint="go"
                        aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "problem")];
                    @if let Some(problem) = problem {
                        p #problem .wrong role="alert" { (problem) }
                    }
                }
                button { (button) }
            }
        }
    }
}

impl fmt::Debug for Form {
    /// Omits the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks_name = self.name.is_some();
        f.debug_struct("Form")
            .field("reloads", &self.reloads)
            .field("asks_name", &asks_name)
            .field("problem", &self.problem)
            .finish()
    }
}
