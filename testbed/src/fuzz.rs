//! What must hold whatever strangers send, for everything that reads it: each target takes one input and
//! panics if it doesn't hold. `tests/fuzz` runs them on random changes of their corpus, and `fuzz/` in
//! the root under libFuzzer.

pub mod payload;
pub mod request;
pub mod signature;
pub mod user_rows;
