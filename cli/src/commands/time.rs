//! Times on the command line: RFC 3339, a date alone, or HubSpot's milliseconds since 1970.

use shared::timestamp::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// Parses a time. A date without a time means midnight UTC.
///
/// # Errors
/// A description of the accepted formats, if `text` has none of them.
pub(super) fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    if let Ok(millis) = text.parse() {
        return Ok(Timestamp::from_millis(millis));
    }
    let date = || {
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Some(date.midnight().assume_utc())
    };
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .or_else(date)
        .and_then(|time| i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok())
        .map(Timestamp::from_millis)
        .ok_or(
            "must be a time such as 2026-11-25T09:00:00+01:00, a date, or milliseconds since 1970",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_a_moment_or_milliseconds() {
        let millis = |text| parse_time(text).unwrap().as_millis();
        assert_eq!(millis("1534197600000"), 1_534_197_600_000);
        assert_eq!(millis("2018-08-13T22:00:00Z"), 1_534_197_600_000);
        assert_eq!(millis("2018-08-14T00:00:00.5+02:00"), 1_534_197_600_500);
        assert_eq!(millis("2018-08-13"), 1_534_118_400_000);
        for text in ["", "tomorrow", "2018-13-01", "2018-08-13 22:00"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
