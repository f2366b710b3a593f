//! A row, and what its columns are called.

use shared::repository::users::User;

use crate::error::RowError;

/// The columns, as HubSpot and `users list` spell them.
pub const COLUMNS: [&str; 3] = ["email", "nativeId", "portalId"];

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
