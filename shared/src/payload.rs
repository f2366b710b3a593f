//! What HubSpot sends and what it expects back (HubSpot, video conference extension).
//!
//! Liberal in what is accepted, because the meeting exists at HubSpot already: unknown fields are
//! ignored, a meeting without topic or source is one with an empty topic or source, and a field that
//! only some webhooks need is not asked for by the others.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::conference_id::ConferenceId;
use crate::conference_url::ConferenceUrl;
use crate::identifiers::{PortalId, UserId};
use crate::timestamp::Timestamp;

/// Why a body could not be read. It names fields and positions, never what was in them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The body is not JSON.
    #[error("the body is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The body is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A field without which there is no answer is absent or null.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field holds something else than it should.
    #[error("{field} must be {expected}")]
    Invalid {
        /// The field's name, as HubSpot spells it.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
}

/// The body of a webhook.
pub trait Payload: Sized {
    /// Takes the payload's fields out of a JSON object.
    ///
    /// # Errors
    /// [`PayloadError`] for the first field that is missing or invalid.
    fn take(fields: &mut Fields) -> Result<Self, PayloadError>;

    /// The portal that the payload names, for the log.
    fn portal_id(&self) -> Option<PortalId>;
}

/// Reads a body that HubSpot sent.
///
/// # Errors
/// [`PayloadError`], which names the field.
pub fn parse<P: Payload>(body: &[u8]) -> Result<P, PayloadError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => P::take(&mut Fields(fields)),
        Ok(_) => Err(PayloadError::NotAnObject),
        Err(error) => Err(PayloadError::NotJson {
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// The fields of a JSON object, each taken at most once.
pub struct Fields(Map<String, Value>);

impl Fields {
    fn optional<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, PayloadError> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|_| PayloadError::Invalid { field, expected }),
        }
    }

    fn required<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<T, PayloadError> {
        self.optional(field, expected)?
            .ok_or(PayloadError::Missing(field))
    }

    fn identifier<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<T, PayloadError> {
        self.required(field, "a whole number, not negative")
    }

    fn time(&mut self, field: &'static str) -> Result<Timestamp, PayloadError> {
        self.required(field, "a whole number of milliseconds")
    }

    fn text(&mut self, field: &'static str) -> Result<String, PayloadError> {
        self.required(field, "a text")
    }

    fn text_or_empty(&mut self, field: &'static str) -> Result<String, PayloadError> {
        Ok(self.optional(field, "a text")?.unwrap_or_default())
    }

    fn conference_id(&mut self) -> Result<Option<ConferenceId>, PayloadError> {
        Ok(ConferenceId::parse(&self.text("conferenceId")?))
    }
}

/// Somebody has scheduled a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateMeeting {
    /// The account in which the meeting is.
    pub portal_id: PortalId,
    /// Its host.
    pub user_id: UserId,
    /// The host's address, or the id that `verify` gave for it: any text.
    pub user_email: String,
    /// The meeting's title, perhaps empty.
    pub topic: String,
    /// `MEETINGS`, `MANUAL` or whatever HubSpot invents next.
    pub source: String,
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends; HubSpot does not promise that this is later.
    pub end_time: Timestamp,
}

impl Payload for CreateMeeting {
    fn take(fields: &mut Fields) -> Result<Self, PayloadError> {
        Ok(Self {
            portal_id: fields.identifier("portalId")?,
            user_id: fields.identifier("userId")?,
            user_email: fields.text("userEmail")?,
            topic: fields.text_or_empty("topic")?,
            source: fields.text_or_empty("source")?,
            start_time: fields.time("startTime")?,
            end_time: fields.time("endTime")?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        Some(self.portal_id)
    }
}

/// A meeting has another title or time. HubSpot sends the host again, who can't change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateMeeting {
    /// The account in which the meeting is.
    pub portal_id: PortalId,
    /// Which conference; `None` for an id that can't be one of ours.
    pub conference_id: Option<ConferenceId>,
    /// The meeting's title, perhaps empty.
    pub topic: String,
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends.
    pub end_time: Timestamp,
}

impl Payload for UpdateMeeting {
    fn take(fields: &mut Fields) -> Result<Self, PayloadError> {
        Ok(Self {
            portal_id: fields.identifier("portalId")?,
            conference_id: fields.conference_id()?,
            topic: fields.text_or_empty("topic")?,
            start_time: fields.time("startTime")?,
            end_time: fields.time("endTime")?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        Some(self.portal_id)
    }
}

/// A meeting was deleted. The id is all that HubSpot sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteMeeting {
    /// Which conference; `None` for an id that can't be one of ours.
    pub conference_id: Option<ConferenceId>,
}

impl Payload for DeleteMeeting {
    fn take(fields: &mut Fields) -> Result<Self, PayloadError> {
        Ok(Self {
            conference_id: fields.conference_id()?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        None
    }
}

/// HubSpot asks who one of its users is in our system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyUser {
    /// The user's account.
    pub portal_id: PortalId,
    /// The user's address.
    pub user_email: String,
}

impl Payload for VerifyUser {
    fn take(fields: &mut Fields) -> Result<Self, PayloadError> {
        Ok(Self {
            portal_id: fields.identifier("portalId")?,
            user_email: fields.text("userEmail")?,
        })
    }

    fn portal_id(&self) -> Option<PortalId> {
        Some(self.portal_id)
    }
}

/// The answer to a create.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConferenceReply {
    /// What HubSpot will name in updates and in the delete.
    pub conference_id: ConferenceId,
    /// Where the meeting takes place.
    pub conference_url: ConferenceUrl,
    /// The invitation: plain text with `\n`.
    pub conference_details: String,
}

/// The answer to a verification.
#[derive(Debug, Serialize)]
pub struct VerifiedUser {
    /// What HubSpot will send as `userEmail` from now on.
    pub id: String,
}

#[cfg(test)]
mod tests {
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
    fn a_field_of_another_kind_is_named_and_its_content_is_not() {
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
    fn what_is_no_json_object_is_refused() {
        let not_json = parse::<VerifyUser>(b"{\"portalId\": 1,\n hush}").unwrap_err();
        assert_eq!(not_json, PayloadError::NotJson { line: 2, column: 2 });
        assert_eq!(parse::<VerifyUser>(b"[1]"), Err(PayloadError::NotAnObject));
        assert!(parse::<VerifyUser>(b"").is_err());
        assert!(parse::<VerifyUser>(b"\xff\xfe").is_err());
        assert!(parse::<VerifyUser>("[".repeat(60_000).as_bytes()).is_err());
    }

    #[test]
    fn an_id_that_cannot_be_ours_is_read_as_none() {
        let delete: DeleteMeeting = parse(br#"{"conferenceId":"some-unique-id"}"#).unwrap();
        assert_eq!(delete.conference_id, None);
        let missing = parse::<DeleteMeeting>(b"{}");
        assert_eq!(missing, Err(PayloadError::Missing("conferenceId")));
    }
}
