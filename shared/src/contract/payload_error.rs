//! Errors in a request's body.

/// Why a body could not be parsed. The message names fields and positions, never their content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The body is not JSON.
    #[error("the body is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The body is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A required field is absent or null.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field has the wrong type or an invalid value.
    #[error("{field} must be {expected}")]
    Invalid {
        /// The field's name, as HubSpot spells it.
        field: &'static str,
        /// What the field must be.
        expected: &'static str,
    },
}
