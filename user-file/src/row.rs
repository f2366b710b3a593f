//! A row, and the names of its columns.

use shared::repository::users::User;

use crate::error::RowError;

/// The column names, as in HubSpot and `users list`.
pub const COLUMNS: [&str; 3] = ["email", "nativeId", "portalId"];

/// One row of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which the row starts, counted from 1.
    pub line: u64,
    /// Whether the source directory has closed the account.
    pub is_suspended: bool,
    /// The user, or why the row is rejected.
    pub user: Result<User, RowError>,
}
