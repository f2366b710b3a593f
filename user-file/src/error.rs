//! Why a file or a row is refused.

use std::io;

use shared::user_email::UserEmailError;

use crate::native_id::NativeIdError;

/// Why a file can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file has no line.
    #[error("the file is empty: its first line has to name the columns, email,nativeId")]
    Empty,
    /// The first line isn't CSV.
    #[error("the first line {0}")]
    Unreadable(RowError),
    /// No column has a name that is known for addresses.
    #[error(
        "the first line has to name the columns, and none is known to be the address: name it \
         email, or add --email-column; there is: {0}"
    )]
    NoEmail(String),
    /// The column that the operator named isn't there.
    #[error("the first line names no column {name}; there is: {found}")]
    NoColumn {
        /// The name that was given.
        name: String,
        /// The names in the file.
        found: String,
    },
    /// It names a column twice.
    #[error("the first line names the column {0} twice")]
    Twice(String),
    /// The file breaks off.
    #[error("the file can't be read")]
    Read(#[from] io::Error),
}

/// Why a row is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Longer than any row is.
    #[error("is longer than a megabyte")]
    TooLong,
    /// Not text.
    #[error("is not UTF-8: save the file as CSV UTF-8")]
    NotUtf8,
    /// A quote without its counterpart, so that the rest of the file stands inside it.
    #[error("opens a quote that is never closed: nothing after it was read")]
    OpenQuote,
    /// A quote in a cell that doesn't begin with one, or text after the closing one.
    #[error(
        "has a quote in the middle of a cell: put the cell in quotes and double the ones in it"
    )]
    StrayQuote,
    /// A line that ends as on old Macs, so that it isn't one line.
    #[error("has a carriage return in it: save the file with the line ends of Unix or Windows")]
    CarriageReturn,
    /// Another number of columns than the first line has.
    #[error("has {found} columns, and the first line has {expected}")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The address is none.
    #[error("email {0}")]
    Email(#[from] UserEmailError),
    /// The id can't be used.
    #[error("nativeId {0}")]
    NativeId(#[from] NativeIdError),
    /// The portal is none.
    #[error("portalId {0}")]
    Portal(&'static str),
    /// Nothing says whose user it is.
    #[error("has no portalId: fill in that column, or add --portal")]
    NoPortal,
}
