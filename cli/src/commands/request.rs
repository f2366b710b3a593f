//! The options of a request that `send` sends and `event` prints: how it is signed, and what is in it.

use clap::Args;

use super::join_link::JoinOptions;
use super::meeting::MeetingOptions;
use super::signing::Signing;

/// Options for the request.
#[derive(Args, Debug)]
pub(super) struct RequestOptions {
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) join: JoinOptions,
    #[command(flatten)]
    pub(super) meeting: MeetingOptions,
}
