//! The names of the tables in the simulator's store: the functions' defaults.

/// The table of conferences.
pub const CONFERENCES_TABLE: &str = "conferences";
/// The table of users.
pub const USERS_TABLE: &str = "users";
