//! Why a file or a row is rejected.

use std::io;

use shared::user_email::UserEmailError;

use crate::native_id::NativeIdError;

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is empty.
    #[error("the file is empty: its first line must name the columns, such as email,nativeId")]
    Empty,
    /// The first line isn't CSV.
    #[error("the first line {0}")]
    Unreadable(RowError),
    /// No column has a known name for addresses.
    #[error(
        "the first line must name the columns, and none has a known name for the email address: \
         rename it to email, or add --email-column; found: {0}"
    )]
    NoEmail(String),
    /// The column that the operator named doesn't exist.
    #[error("the first line has no column {name}; found: {found}")]
    NoColumn {
        /// The name that was given.
        name: String,
        /// The names in the file.
        found: String,
    },
    /// A column name appears twice.
    #[error("the first line names the column {0} twice")]
    Twice(String),
    /// Reading the file failed.
    #[error("the file can't be read")]
    Read(#[from] io::Error),
}

/// Why a row is rejected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The row exceeds the maximum length.
    #[error("is longer than a megabyte")]
    TooLong,
    /// The row is not UTF-8.
    #[error("is not UTF-8: save the file as CSV UTF-8")]
    NotUtf8,
    /// An unclosed quote: the rest of the file is inside it.
    #[error("opens a quote that is never closed: nothing after it was read")]
    OpenQuote,
    /// A quote in a cell that doesn't start with one, or text after the closing quote.
    #[error(
        "has a quote in the middle of a cell: put the cell in quotes and double the ones in it"
    )]
    StrayQuote,
    /// The line endings are those of classic Mac OS, so this one line is several rows.
    #[error("has a carriage return in it: save the file with Unix or Windows line endings")]
    CarriageReturn,
    /// The number of columns differs from the first line's.
    #[error("has a different number of columns ({found}) than the first line ({expected})")]
    Columns {
        /// The number in the row.
        found: usize,
        /// The number in the first line.
        expected: usize,
    },
    /// The address is invalid.
    #[error("email {0}")]
    Email(#[from] UserEmailError),
    /// The ID is invalid.
    #[error("nativeId {0}")]
    NativeId(#[from] NativeIdError),
    /// The portal is invalid.
    #[error("portalId {0}")]
    Portal(&'static str),
    /// Neither the row nor the command line names a portal.
    #[error("has no portalId: fill in that column, or add --portal")]
    NoPortal,
}
