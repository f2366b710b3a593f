//! The users in a CSV file, a row at a time: columns `email`, `nativeId` and `portalId`, of which only
//! the first has to be there.

mod columns;
mod native_id;
mod records;

use std::io::{self, BufRead};

use shared::identifiers::PortalId;
use shared::repository::users::User;
use shared::user_email::UserEmailError;

pub use columns::ColumnNames;
use columns::Columns;
pub use native_id::{NativeIdError, native_id};
use records::Records;

/// The columns, as HubSpot and `users list` spell them.
pub const COLUMNS: [&str; 3] = ["email", "nativeId", "portalId"];

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

/// One row of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// Whether the directory that the file comes from has closed the account.
    pub is_suspended: bool,
    /// The user, or why there is none.
    pub user: Result<User, RowError>,
}

/// The rows of a file.
#[derive(Debug)]
pub struct UserRows<R> {
    records: Records<R>,
    columns: Columns,
    portal: Option<PortalId>,
}

impl<R: BufRead> UserRows<R> {
    /// Reads `input` up to the names of its columns. Rows without a portal belong to `portal`.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn new(input: R, portal: Option<PortalId>, names: &ColumnNames) -> Result<Self, FileError> {
        let mut records = Records::new(input)?;
        let header = records.next()?.ok_or(FileError::Empty)?;
        let columns = Columns::new(&header.map_err(FileError::Unreadable)?, names)?;
        Ok(Self {
            records,
            columns,
            portal,
        })
    }

    /// Columns that nobody asked for, and which don't count.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.columns.ignored
    }

    /// Whether the file says under which ids the video system knows its users.
    #[must_use]
    pub const fn has_native_ids(&self) -> bool {
        self.columns.has_native_id()
    }

    /// How many bytes are read.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.records.bytes()
    }

    /// How many lines are read.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.records.lines()
    }

    /// The next row that has something in it; `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Read`]
    pub fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        while let Some(fields) = self.records.next()? {
            let line = self.records.line();
            match fields {
                Ok(fields) if fields.iter().all(str::is_empty) => {}
                Ok(fields) => return Ok(Some(self.columns.row(line, &fields, self.portal))),
                Err(reason) => {
                    return Ok(Some(Row {
                        line,
                        is_suspended: false,
                        user: Err(reason),
                    }));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
