//! The meeting that `send` and `event` are about, as options of the command line. Without any it is the
//! sample.

use std::num::ParseIntError;

use clap::Args;
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;

/// The options.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The meeting")]
pub(super) struct MeetingOptions {
    /// HubSpot account
    #[arg(long, default_value_t = Meeting::default().portal_id, value_name = "NUMBER")]
    portal: PortalId,
    /// Host
    #[arg(long, default_value_t = Meeting::default().user_id, value_name = "NUMBER")]
    user_id: UserId,
    /// Host's address, or the id that verify answered
    #[arg(long, default_value_t = Meeting::default().user_email, value_name = "TEXT")]
    user_email: String,
    /// Title
    #[arg(long, default_value_t = Meeting::default().topic, value_name = "TEXT")]
    topic: String,
    /// MEETINGS (booked on a scheduling page) or MANUAL (made on a CRM record)
    #[arg(long, default_value_t = Meeting::default().source, value_name = "TEXT")]
    source: String,
    /// Start, in milliseconds since 1970
    #[arg(long, default_value = "1534197600000", value_parser = millis, value_name = "MILLIS")]
    start_time: Timestamp,
    /// End, in milliseconds since 1970
    #[arg(long, default_value = "1534201200000", value_parser = millis, value_name = "MILLIS")]
    end_time: Timestamp,
    /// Conference to update or delete [default: the one that creating this meeting makes first,
    /// under the development key]
    #[arg(long, value_name = "ID")]
    conference_id: Option<String>,
}

fn millis(text: &str) -> Result<Timestamp, ParseIntError> {
    text.parse().map(Timestamp::from_millis)
}

impl From<MeetingOptions> for Meeting {
    fn from(options: MeetingOptions) -> Self {
        Self {
            portal_id: options.portal,
            user_id: options.user_id,
            user_email: options.user_email,
            topic: options.topic,
            source: options.source,
            start_time: options.start_time,
            end_time: options.end_time,
            conference_id: options.conference_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use shared::contract::WebhookName;

    use super::*;

    fn given(options: &[&str]) -> Meeting {
        let command = MeetingOptions::augment_args(clap::Command::new("sample"));
        let words = std::iter::once(&"sample").chain(options);
        MeetingOptions::from_arg_matches(&command.get_matches_from(words))
            .unwrap()
            .into()
    }

    #[test]
    fn without_an_option_the_meeting_is_the_sample() {
        let expected = format!("{:?}", Meeting::default());
        assert_eq!(format!("{:?}", given(&[])), expected);
    }

    #[test]
    fn an_option_changes_its_own_detail() {
        let meeting = given(&["--portal", "7", "--user-id", "8", "--start-time", "9"]);
        let body = meeting.body(WebhookName::Create);
        assert_eq!(body["portalId"], 7);
        assert_eq!(body["userId"], 8);
        assert_eq!(body["startTime"], 9);
        assert_eq!(body["endTime"], 1_534_201_200_000_i64);
    }
}
