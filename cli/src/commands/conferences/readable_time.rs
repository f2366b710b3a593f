//! Human-readable times.

use shared::timestamp::Timestamp;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");

/// A human-readable time. A number outside the range of dates is printed as a number.
pub(super) fn readable(time: Timestamp) -> String {
    let seconds = OffsetDateTime::from_unix_timestamp(time.as_seconds()).ok();
    let text = seconds.and_then(|time| time.format(TIME).ok());
    text.unwrap_or_else(|| format!("{} ms", time.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_readable_whatever_hubspot_sent() {
        let at = |millis| readable(Timestamp::from_millis(millis));
        assert_eq!(at(1_534_197_600_000), "2018-08-13 22:00:00 UTC");
        assert_eq!(at(-1), "1969-12-31 23:59:59 UTC");
        assert_eq!(at(i64::MAX), "9223372036854775807 ms");
    }
}
