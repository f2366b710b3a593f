//! An error and its causes as one line of text.

use std::error::Error;

/// The error's message, then each source's, separated by colons. Uses `Display`, never `Debug`, because
/// `Debug` may quote the store's response.
///
/// ```
/// use std::num::ParseIntError;
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("the port is wrong")]
/// struct WrongPort(#[source] ParseIntError);
///
/// let error = WrongPort("x".parse::<u16>().unwrap_err());
/// assert_eq!(
///     shared::error_chain::describe(&error),
///     "the port is wrong: invalid digit found in string"
/// );
/// ```
pub fn describe(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        words = format!("{words}: {inner}");
        source = inner.source();
    }
    words
}
