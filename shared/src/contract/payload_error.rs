//! What is wrong with a body.

/// Why a body could not be read. It names fields and positions, never what was in them.
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
    /// A field without which there is no answer is absent or null.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field holds something else than it should.
    #[error("{field} must be {expected}")]
    Invalid {
        /// The field's name, as HubSpot spells it.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
}
