//! The operator's own system: one call asks it where to send this visitor. The call is signed according to
//! [Standard Webhooks](https://www.standardwebhooks.com), so a receiver can verify it with the official
//! libraries.

use data_encoding::{BASE32_NOPAD, BASE64};
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use shared::config::ConfigError;
use shared::identifiers::{PortalId, UserId};
use shared::timestamp::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::entry::{FromSettings, VideoSystem, VideoSystemError};
use super::room_url::RoomUrl;
use super::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use crate::http_client::{Call, HttpClient, Retry};
use crate::visit::{Role, Visit, VisitorName};

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The allowed key lengths in bytes ([Standard Webhooks, "Signature
/// scheme"](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The operator's own system.
#[derive(Debug)]
pub struct Webhook {
    receiver: Receiver,
    key: SigningKey,
}

/// Where the calls go.
#[derive(Clone, Debug)]
pub struct Receiver {
    url: Url,
    client: HttpClient,
}

/// The key that signs the calls.
#[derive(Clone, Debug)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Parses `whsec_` followed by the key in base64. `None` if the key isn't 24 to 64 bytes long.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        let encoded = secret.strip_prefix("whsec_")?;
        let key = BASE64.decode(encoded.as_bytes()).ok()?;
        KEY_BYTES
            .contains(&key.len())
            .then(|| Self(hmac::Key::new(HMAC_SHA256, &key)))
    }

    /// The value of the `webhook-signature` header for a body with this ID, sent `seconds` after the epoch.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{seconds}.").into_bytes();
        signed.extend_from_slice(body);
        let signature = hmac::sign(&self.0, &signed);
        format!("v1,{}", BASE64.encode(signature.as_ref()))
    }
}

/// The call's body.
#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: Join<'a>,
}

/// Who wants to join which conference. Times are in milliseconds since 1970, as HubSpot sends them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Join<'a> {
    conference_id: &'a str,
    room: &'a str,
    portal_id: PortalId,
    user_id: UserId,
    user_email: &'a str,
    topic: &'a str,
    start_time: Timestamp,
    end_time: Timestamp,
    role: &'a str,
    name: Option<&'a str>,
}

/// The response's body. Other fields are ignored.
#[derive(Deserialize)]
struct Directions {
    url: String,
}

impl FromSettings for Webhook {
    const NAME: &'static str = "webhook";
    const CREDENTIALS: &'static [Credential] = &[Credential::SigningSecret];
    type Settings = Receiver;

    /// Reads `VIDEO_SYSTEM_URL`.
    fn read(settings: &VideoSystemSettings<'_>) -> Result<Receiver, ConfigError> {
        Ok(Receiver {
            url: settings.url()?,
            client: HttpClient::new(settings.tls.clone()),
        })
    }

    /// Reads `signingSecret`.
    fn build(receiver: &Receiver, secret: &VideoSystemSecret) -> Result<Self, ConfigError> {
        let key = SigningKey::new(secret.required(Credential::SigningSecret)?);
        let key = key.ok_or_else(|| {
            let problem = "is not whsec_ followed by 24 to 64 bytes in base64";
            secret.error(Credential::SigningSecret, problem)
        })?;
        Ok(Self {
            receiver: receiver.clone(),
            key,
        })
    }
}

impl Webhook {
    fn call(&self, visit: &Visit) -> Option<Call> {
        let body = serde_json::to_vec(&event(visit)).ok()?;
        let id = new_id()?;
        let seconds = visit.now.as_seconds();
        let signature = self.key.sign(&id, seconds, &body);
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (WEBHOOK_ID, HeaderValue::from_str(&id).ok()?),
            (WEBHOOK_TIMESTAMP, HeaderValue::from(seconds)),
            (WEBHOOK_SIGNATURE, HeaderValue::from_str(&signature).ok()?),
        ];
        Some(Call {
            method: Method::POST,
            url: self.receiver.url.clone(),
            headers,
            body: body.into(),
        })
    }
}

fn event(visit: &Visit) -> Event<'_> {
    Event {
        kind: "conference.join",
        timestamp: rfc_3339(visit.now),
        data: Join {
            conference_id: visit.conference_id.as_str(),
            room: visit.room.as_str(),
            portal_id: visit.portal_id,
            user_id: visit.user_id,
            user_email: &visit.user_email,
            topic: &visit.topic,
            start_time: visit.start_time,
            end_time: visit.end_time,
            role: match visit.role {
                Role::Host => "host",
                Role::Guest => "guest",
            },
            name: visit.name.as_ref().map(VisitorName::as_str),
        },
    }
}

/// A new ID for each click, because receivers discard IDs that they have already seen. It has no full stop,
/// which separates the signed parts.
fn new_id() -> Option<String> {
    let mut bytes = [0; 20];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(format!(
        "msg_{}",
        BASE32_NOPAD.encode(&bytes).to_lowercase()
    ))
}

fn rfc_3339(time: Timestamp) -> String {
    let nanoseconds = i128::from(time.as_millis()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Where the response sends the visitor. Browsers and URL parsers remove line breaks and tabs, so a URL
/// with one doesn't lead where it appears to.
fn directions(body: &[u8]) -> Result<RoomUrl, VideoSystemError> {
    let directions: Directions = serde_json::from_slice(body)
        .map_err(|_| VideoSystemError::Malformed("it is not JSON with a url"))?;
    let text = directions.url;
    let is_clean = !text.chars().any(char::is_control) && text.trim() == text;
    is_clean
        .then(|| Url::parse(&text).ok())
        .flatten()
        .and_then(|url| RoomUrl::new(&url))
        .ok_or(VideoSystemError::Malformed(
            "its url is not an https URL without user name",
        ))
}

impl VideoSystem for Webhook {
    fn enter<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>> {
        Box::pin(async move {
            let call = self.call(visit);
            let call = call.ok_or(VideoSystemError::Malformed("the call can't be signed"))?;
            let answer = self.receiver.client.send(&call, Retry::IfNotSent).await?;
            match answer.status {
                StatusCode::OK => directions(&answer.body),
                StatusCode::NOT_FOUND | StatusCode::GONE => Err(VideoSystemError::NoSuchConference),
                status => Err(VideoSystemError::from_status(status)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn signatures_are_those_of_the_official_libraries() {
        let key = SigningKey::new(SECRET).unwrap();
        let body = r#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = key.sign(id, 1_614_265_330, body.as_bytes());
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

        let body = r#"{"event":"conference.create","conferenceId":"mfrggzdfmztwq2lk","topic":"Démo 🎥 — Zürich"}"#;
        let id = "msg_conf_mfrggzdfmztwq2lk";
        let signature = key.sign(id, 1_700_000_300, body.as_bytes());
        assert_eq!(signature, "v1,n+bOxi1RvVWP00WAId6hba0exx/YKcYh5QwYxgY/Cmc=");
    }

    #[test]
    fn a_key_is_whsec_and_24_to_64_bytes_of_padded_base64() {
        let key_of = |bytes: usize| format!("whsec_{}", BASE64.encode(&vec![7; bytes]));
        for (good, text) in [
            (true, key_of(24)),
            (true, key_of(25)),
            (true, key_of(64)),
            (false, key_of(23)),
            (false, key_of(65)),
            (false, key_of(25).trim_end_matches('=').to_owned()),
            (false, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
            (false, "whsec_not base64".into()),
        ] {
            assert_eq!(SigningKey::new(&text).is_some(), good, "{text}");
        }
    }

    #[test]
    fn every_click_has_its_own_id_without_a_full_stop() {
        let ids = [new_id().unwrap(), new_id().unwrap()];
        assert_ne!(ids[0], ids[1]);
        assert!(ids[0].starts_with("msg_") && !ids[0].contains('.'));
    }

    #[test]
    fn a_time_is_written_as_rfc_3339_says() {
        let time = Timestamp::from_millis(1_700_000_300_120);
        assert_eq!(rfc_3339(time), "2023-11-14T22:18:20.12Z");
        assert_eq!(rfc_3339(Timestamp::from_millis(i64::MAX)), "");
    }

    #[test]
    fn only_a_plain_https_or_loopback_url_is_accepted() {
        let answer = |url: &str| directions(serde_json::json!({"url": url}).to_string().as_bytes());
        for (url, location) in [
            (
                "https://room.example.com/a?b=c#d",
                "https://room.example.com/a?b=c#d",
            ),
            (
                "https://bücher.example/Zürich",
                "https://xn--bcher-kva.example/Z%C3%BCrich",
            ),
            ("http://127.0.0.1:8787/room", "http://127.0.0.1:8787/room"),
            ("http://[::1]/room", "http://[::1]/room"),
            ("http://localhost/room", "http://localhost/room"),
        ] {
            assert_eq!(answer(url).unwrap().as_str(), location);
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript:alert(1)//https://room.example.com",
            "data:text/html,hello",
            "http://room.example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "https://user@room.example.com/",
            "https://user:word@room.example.com/",
            "https://room.example.com/\r\nSet-Cookie: a=b",
            "https://room.example.com/\ta",
            " https://room.example.com/",
            "//room.example.com/",
            "/room",
            "",
            &format!("https://room.example.com/{}", "a".repeat(8_000)),
        ] {
            assert!(answer(bad).is_err(), "{bad}");
        }
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"url":1}"#,
            r#"{"url":null}"#,
            "https://room.example.com/",
        ] {
            assert!(directions(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
