//! A webhook as an argument of the command line.

use clap::builder::PossibleValue;
use shared::contract::WebhookName;

/// The webhook's name, with the event that triggers it for `--help`.
pub(super) fn possible_value(webhook: WebhookName) -> PossibleValue {
    PossibleValue::new(webhook.as_str()).help(match webhook {
        WebhookName::Create => "A meeting was scheduled",
        WebhookName::Update => "A meeting's title or time has changed",
        WebhookName::Delete => "A meeting was deleted",
        WebhookName::Verify => "HubSpot verifies a user",
    })
}
