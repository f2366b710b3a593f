//! The users in a CSV file, a row at a time: columns `email`, `nativeId` and `portalId`, of which only
//! the first has to be there.

mod columns;
mod error;
mod native_id;
mod records;
mod row;

use std::io::BufRead;

use shared::identifiers::PortalId;

pub use columns::ColumnNames;
use columns::Columns;
pub use error::{FileError, RowError};
pub use native_id::{NativeIdError, native_id};
use records::Records;
pub use row::{COLUMNS, Row};

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
