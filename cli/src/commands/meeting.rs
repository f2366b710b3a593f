//! The options that describe the meeting for `send` and `event`. The defaults are the sample meeting.

use clap::Args;
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;

use super::time::parse_time;

/// Options for the meeting.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The meeting")]
pub(super) struct MeetingOptions {
    /// HubSpot account
    #[arg(long, default_value_t = Meeting::default().portal_id, value_name = "NUMBER")]
    portal: PortalId,
    /// Host's HubSpot user ID
    #[arg(long, default_value_t = Meeting::default().user_id, value_name = "NUMBER")]
    user_id: UserId,
    /// Host's email address, or the ID that verify returned
    #[arg(long, default_value_t = Meeting::default().user_email, value_name = "TEXT")]
    user_email: String,
    /// Title
    #[arg(long, default_value_t = Meeting::default().topic, value_name = "TEXT")]
    topic: String,
    /// MEETINGS (booked on a scheduling page) or MANUAL (made on a CRM record)
    #[arg(long, default_value_t = Meeting::default().source, value_name = "TEXT")]
    source: String,
    /// Start: 2026-11-25T09:00:00+01:00, or milliseconds since 1970 [default: tomorrow at 10:00 UTC; for
    /// event, the sample's time]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    start_time: Option<Timestamp>,
    /// End [default: an hour after the start]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    end_time: Option<Timestamp>,
    /// Conference to update, delete or join [default: the ID that the first create of this meeting returns
    /// on a system with the development key]
    #[arg(long, value_name = "ID")]
    conference_id: Option<String>,
}

const HOUR: i64 = 60 * 60 * 1_000;

impl MeetingOptions {
    /// The sample meeting with these options applied, at its own time by default.
    pub(super) fn sample(self) -> Meeting {
        self.starting(Meeting::default().start_time)
    }

    /// The meeting with these options applied; it starts at `default` unless the options give a time.
    pub(super) fn starting(self, default: Timestamp) -> Meeting {
        let start_time = self.start_time.unwrap_or(default);
        let in_an_hour = || Timestamp::from_millis(start_time.as_millis().saturating_add(HOUR));
        Meeting {
            portal_id: self.portal,
            user_id: self.user_id,
            user_email: self.user_email,
            topic: self.topic,
            source: self.source,
            start_time,
            end_time: self.end_time.unwrap_or_else(in_an_hour),
            conference_id: self.conference_id,
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
            .sample()
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
        assert_eq!(body["endTime"], 3_600_009);
    }
}
