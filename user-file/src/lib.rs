//! Reads users from a CSV file, one row at a time. The columns are `email`, `nativeId` and `portalId`;
//! only the first is required.

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
    /// Reads `input` up to the line with the column names. Rows without a portal belong to `portal`.
    ///
    /// # Errors
    /// [`FileError`] if the file can't be read, is empty, or its first line doesn't name the columns.
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

    /// Unrecognized columns, which are ignored.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.columns.ignored
    }

    /// Whether the file has a column for the users' IDs in the video system.
    #[must_use]
    pub const fn has_native_ids(&self) -> bool {
        self.columns.has_native_id()
    }

    /// The number of bytes read so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.records.bytes()
    }

    /// The number of lines read so far.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.records.lines()
    }

    /// The next non-empty row; `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Read`] if reading the file fails.
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
