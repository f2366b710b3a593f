//! The payloads that HubSpot sends and the replies that it expects ([HubSpot, "Video conference
//! extension"][guide]).
//!
//! Parsing is lenient, because the meeting already exists in HubSpot: unknown fields are ignored, a missing
//! topic or source counts as an empty one, and a webhook requires only the fields that it uses.
//! `super::json` parses the JSON.
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use serde::Serialize;

use super::json::{self, Fields};
pub use super::payload_error::PayloadError;
use crate::conference_id::ConferenceId;
use crate::conference_url::ConferenceUrl;
use crate::identifiers::{PortalId, UserId};
use crate::timestamp::Timestamp;

/// The body of a webhook.
pub trait Payload: Sized {
    /// Builds the payload from the fields of a JSON object.
    ///
    /// # Errors
    /// [`PayloadError`] for the first field that is missing or invalid.
    fn from_fields(fields: &Fields<'_>) -> Result<Self, PayloadError>;

    /// The portal ID for the log, if the payload has one.
    fn portal_id(&self) -> Option<PortalId>;
}

/// Parses the body of a request.
///
/// # Errors
/// [`PayloadError`] if the body isn't a JSON object, or a field that this webhook needs is missing or
/// invalid. The error names the field.
///
/// ```
/// use shared::contract::payload::{VerifyUser, parse};
///
/// let body = br#"{"portalId":123123,"userEmail":"test.user@example.com","news":[1e999]}"#;
/// let user: VerifyUser = parse(body)?;
/// assert_eq!(user.portal_id.get(), 123_123);
///
/// let error = parse::<VerifyUser>(b"{}").unwrap_err();
/// assert_eq!(error.to_string(), "portalId is missing");
/// # Ok::<_, shared::contract::payload::PayloadError>(())
/// ```
pub fn parse<P: Payload>(body: &[u8]) -> Result<P, PayloadError> {
    json::read_object(body, P::from_fields)
}

fn required<T>(field: &'static str, value: Option<T>) -> Result<T, PayloadError> {
    value.ok_or(PayloadError::Missing(field))
}

fn identifier(fields: &Fields<'_>, field: &'static str) -> Result<u64, PayloadError> {
    required(field, fields.number(field, "a non-negative whole number")?)
}

fn portal_id(fields: &Fields<'_>) -> Result<PortalId, PayloadError> {
    identifier(fields, "portalId").map(PortalId::new)
}

fn optional_time(
    fields: &Fields<'_>,
    field: &'static str,
) -> Result<Option<Timestamp>, PayloadError> {
    let millis = fields.number(field, "a whole number of milliseconds")?;
    Ok(millis.map(Timestamp::from_millis))
}

fn time(fields: &Fields<'_>, field: &'static str) -> Result<Timestamp, PayloadError> {
    required(field, optional_time(fields, field)?)
}

fn text(fields: &Fields<'_>, field: &'static str) -> Result<String, PayloadError> {
    required(field, fields.text(field)?)
}

fn conference_id(fields: &Fields<'_>) -> Result<Option<ConferenceId>, PayloadError> {
    Ok(ConferenceId::parse(&text(fields, "conferenceId")?))
}

/// A user has scheduled a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateMeeting {
    /// The portal that the meeting belongs to.
    pub portal_id: PortalId,
    /// The HubSpot user who hosts the meeting.
    pub user_id: UserId,
    /// The host's email address, or the ID that `verify` returned for it. Can be any text.
    pub user_email: String,
    /// The meeting's title. May be empty.
    pub topic: String,
    /// `MEETINGS`, `MANUAL`, or any value that HubSpot adds later.
    pub source: String,
    /// When the meeting starts.
    pub start_time: Timestamp,
    /// When the meeting ends. HubSpot doesn't guarantee that this is after the start.
    pub end_time: Timestamp,
}

impl Payload for CreateMeeting {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, PayloadError> {
        Ok(Self {
            portal_id: self::portal_id(fields)?,
            user_id: UserId::new(identifier(fields, "userId")?),
            user_email: text(fields, "userEmail")?,
            topic: fields.text("topic")?.unwrap_or_default(),
            source: fields.text("source")?.unwrap_or_default(),
            start_time: time(fields, "startTime")?,
            end_time: time(fields, "endTime")?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        Some(self.portal_id)
    }
}

/// A meeting's title or time has changed. HubSpot also sends the host, who can't change and isn't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateMeeting {
    /// The portal that the meeting belongs to.
    pub portal_id: PortalId,
    /// The conference to update, or `None` if the ID can't be one of ours.
    pub conference_id: Option<ConferenceId>,
    /// The meeting's title, which may be empty. `None` keeps the stored one, here and below.
    pub topic: Option<String>,
    /// When the meeting starts.
    pub start_time: Option<Timestamp>,
    /// When the meeting ends.
    pub end_time: Option<Timestamp>,
}

impl Payload for UpdateMeeting {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, PayloadError> {
        Ok(Self {
            portal_id: self::portal_id(fields)?,
            conference_id: conference_id(fields)?,
            topic: fields.text("topic")?,
            start_time: optional_time(fields, "startTime")?,
            end_time: optional_time(fields, "endTime")?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        Some(self.portal_id)
    }
}

/// A meeting was deleted. HubSpot sends only the ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteMeeting {
    /// The conference to delete, or `None` if the ID can't be one of ours.
    pub conference_id: Option<ConferenceId>,
}

impl Payload for DeleteMeeting {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, PayloadError> {
        Ok(Self {
            conference_id: conference_id(fields)?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        None
    }
}

/// HubSpot asks whether one of its users exists in our system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyUser {
    /// The user's portal.
    pub portal_id: PortalId,
    /// The user's email address.
    pub user_email: String,
}

impl Payload for VerifyUser {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, PayloadError> {
        Ok(Self {
            portal_id: self::portal_id(fields)?,
            user_email: text(fields, "userEmail")?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        Some(self.portal_id)
    }
}

/// The reply to a create.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConferenceReply {
    /// The ID that HubSpot sends in updates and deletes.
    pub conference_id: ConferenceId,
    /// Where the meeting takes place.
    pub conference_url: ConferenceUrl,
    /// The invitation: plain text, with `\n` as line breaks.
    pub conference_details: String,
}

/// The reply to a verification.
#[derive(Debug, Serialize)]
pub struct VerifiedUser {
    /// The text that HubSpot sends as `userEmail` from now on.
    pub id: String,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const CREATE: &str = r#"{"portalId":123123,"userId":123,"userEmail":"test.user@example.com","topic":"A Test Meeting","source":"MEETINGS","startTime":1534197600000,"endTime":1534201200000}"#;

    fn create_with(field: &str, value: Option<Value>) -> Result<CreateMeeting, PayloadError> {
        let mut body: Value = serde_json::from_str(CREATE).unwrap();
        let fields = body.as_object_mut().unwrap();
        match value {
            Some(value) => fields.insert(field.into(), value),
            None => fields.remove(field),
        };
        parse(body.to_string().as_bytes())
    }

    #[test]
    fn hubspots_example_is_read() {
        let meeting: CreateMeeting = parse(CREATE.as_bytes()).unwrap();
        assert_eq!(meeting.portal_id.get(), 123_123);
        assert_eq!(meeting.user_id.get(), 123);
        assert_eq!(meeting.source, "MEETINGS");
        assert_eq!(meeting.end_time.as_millis(), 1_534_201_200_000);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        assert!(create_with("attendees", Some(Value::from(vec![1]))).is_ok());
    }

    #[test]
    fn a_meeting_may_have_no_topic_and_any_source() {
        assert_eq!(create_with("topic", None).unwrap().topic, "");
        assert_eq!(create_with("topic", Some(Value::Null)).unwrap().topic, "");
        assert_eq!(create_with("source", None).unwrap().source, "");
        let other = create_with("source", Some("CHATBOT".into())).unwrap();
        assert_eq!(other.source, "CHATBOT");
    }

    #[test]
    fn a_user_email_may_be_any_text_and_an_end_may_come_before_its_start() {
        let native = create_with("userEmail", Some("4711 🎥".into())).unwrap();
        assert_eq!(native.user_email, "4711 🎥");
        assert!(create_with("endTime", Some(1.into())).is_ok());
    }

    #[test]
    fn every_field_that_is_needed_is_named_when_it_is_missing() {
        for field in ["portalId", "userId", "userEmail", "startTime", "endTime"] {
            assert_eq!(create_with(field, None), Err(PayloadError::Missing(field)));
            let null = create_with(field, Some(Value::Null));
            assert_eq!(null, Err(PayloadError::Missing(field)));
        }
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named_and_its_content_is_not() {
        for field in [
            "portalId",
            "userId",
            "userEmail",
            "topic",
            "source",
            "startTime",
            "endTime",
        ] {
            let error = create_with(field, Some(Value::from(vec!["hush"]))).unwrap_err();
            let message = error.to_string();
            assert!(
                message.starts_with(&format!("{field} must be ")),
                "{message}"
            );
            assert!(!message.contains("hush"), "{message}");
        }
        assert!(create_with("portalId", Some((-1).into())).is_err());
        assert!(create_with("startTime", Some(Value::from(0.5))).is_err());
    }

    #[test]
    fn a_body_that_is_not_a_json_object_is_refused() {
        let not_json = parse::<VerifyUser>(b"{\"portalId\": 1,\n hush}").unwrap_err();
        assert_eq!(not_json, PayloadError::NotJson { line: 2, column: 2 });
        assert_eq!(parse::<VerifyUser>(b"[1]"), Err(PayloadError::NotAnObject));
        assert!(parse::<VerifyUser>(b"").is_err());
        assert!(parse::<VerifyUser>(b"\xff\xfe").is_err());
        assert!(parse::<VerifyUser>("[".repeat(60_000).as_bytes()).is_err());
    }

    #[test]
    fn an_id_that_cannot_be_ours_is_parsed_as_none() {
        let delete: DeleteMeeting = parse(br#"{"conferenceId":"some-unique-id"}"#).unwrap();
        assert_eq!(delete.conference_id, None);
        let missing = parse::<DeleteMeeting>(b"{}");
        assert_eq!(missing, Err(PayloadError::Missing("conferenceId")));
    }

    /// HubSpot's example with `replacement` in place of `original`, in the text of the body.
    fn create_from(original: &str, replacement: &str) -> Result<CreateMeeting, PayloadError> {
        assert!(CREATE.contains(original));
        parse(CREATE.replace(original, replacement).as_bytes())
    }

    #[test]
    fn an_unpaired_surrogate_in_a_text_is_repaired() {
        for (text, topic) in [
            (r"Demo \ud83c", "Demo \u{fffd}"),
            (r"\udfa5\ud83c Demo", "\u{fffd}\u{fffd} Demo"),
            (r"\ud83c\udfa5", "\u{1f3a5}"),
        ] {
            let meeting = create_from("A Test Meeting", text).unwrap();
            assert_eq!(meeting.topic, topic);
        }
    }

    #[test]
    fn a_field_that_nobody_reads_cannot_make_a_request_fail() {
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let deep_object = format!("{}1{}", r#"{"a":"#.repeat(500), "}".repeat(500));
        for value in [
            "1e999",
            "-1e-999",
            r#""half \ud83c""#,
            r#"{"\ud83c":"\udfa5"}"#,
            "123456789012345678901234567890",
            &deep,
            &deep_object,
        ] {
            let field = format!(r#"{{"news":{value},"#);
            assert!(create_from("{", &field).is_ok(), "{value:.40}");
            // Delete needs only the ID.
            let body = format!(r#"{{"topic":{value},"conferenceId":"x"}}"#);
            assert!(parse::<DeleteMeeting>(body.as_bytes()).is_ok());
        }
        assert!(create_from("{", r#"{"\ud83c":1,"#).is_ok(), "as a key");
    }

    #[test]
    fn a_number_may_be_a_string_or_a_whole_float() {
        let original = create_from("{", "{").unwrap();
        for (number, other) in [
            ("123123", r#""123123""#),
            ("123123", "123123.0"),
            ("123123", r#"" 123123.0 ""#),
            ("1534197600000", r#""1534197600000""#),
            ("1534197600000", "1.5341976E12"),
        ] {
            assert_eq!(create_from(number, other).unwrap(), original, "{other}");
        }
        for other in ["123123.5", r#""soon""#, r#""""#, "1e999", "true", "[1]"] {
            assert!(create_from("123123", other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_update_may_lack_what_has_not_changed() {
        let body = br#"{"portalId":1,"conferenceId":"abcdefghijklmnopqrstuvwx27","endTime":null}"#;
        let update: UpdateMeeting = parse(body).unwrap();
        assert_eq!(
            (update.topic, update.start_time, update.end_time),
            (None, None, None)
        );
        let empty = br#"{"portalId":1,"conferenceId":"x","topic":""}"#;
        let update: UpdateMeeting = parse(empty).unwrap();
        assert_eq!(update.topic.as_deref(), Some(""));
    }
}
