//! BigBlueButton, on your own server or behind a load balancer such as Scalelite.
//!
//! A click creates the meeting, which has no effect if it already exists, and redirects the visitor to a
//! join URL that is signed for them. The signature is a hash of call, query and shared secret, over exactly
//! the bytes that are sent ([BigBlueButton, "API security
//! model"](https://docs.bigbluebutton.org/development/api/#api-security-model)).

mod answer;

use std::str::FromStr;

use data_encoding::HEXLOWER;
use futures_util::future::BoxFuture;
use ring::digest;
use shared::config::ConfigError;
use shared::secret::Secret;
use url::{Url, form_urlencoded};

use self::answer::Fields;
use super::entry::{FromSettings, VideoSystem, VideoSystemError};
use super::room_url::RoomUrl;
use super::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use crate::http_client::{Call, HttpClient, Retry};
use crate::room_key::{Room, RoomKey};
use crate::visit::{Moderators, Role, Visit, VisitorName, is_disruptive};

/// `BIGBLUEBUTTON_CHECKSUM`: the hash algorithm of the signatures. Servers detect it by the length of the
/// hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// The only one that some old servers and load balancers support, such as [Scalelite 1.3][scalelite].
    ///
    /// [scalelite]: https://github.com/zulip/zulip/issues/19966
    Sha1,
    /// Supported by every current server.
    #[default]
    Sha256,
    /// A longer hash, [supported since 2.5.7][pull].
    ///
    /// [pull]: https://github.com/bigbluebutton/bigbluebutton/pull/15684
    Sha384,
    /// The longest hash, supported since 2.5.7 too.
    Sha512,
}

impl FromStr for Checksum {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha384" => Ok(Self::Sha384),
            "sha512" => Ok(Self::Sha512),
            _ => Err("must be sha1, sha256, sha384 or sha512"),
        }
    }
}

impl Checksum {
    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    /// The checksum of a call with this query, in hex.
    pub(crate) fn compute(self, call: &str, query: &str, secret: &Secret) -> String {
        let mut hash = digest::Context::new(self.algorithm());
        for part in [call.as_bytes(), query.as_bytes(), secret.expose()] {
            hash.update(part);
        }
        HEXLOWER.encode(hash.finish().as_ref())
    }
}

/// A BigBlueButton server.
#[derive(Debug)]
pub struct BigBlueButton {
    server: Server,
    secret: Secret,
    room_key: RoomKey,
}

/// How to call the server.
#[derive(Clone, Debug)]
pub struct Server {
    /// The base URL, which ends in `/api`.
    base: Url,
    checksum: Checksum,
    moderators: Moderators,
    client: HttpClient,
}

/// When the server created a meeting, in milliseconds. A join URL that contains it can't lead into a later
/// meeting of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateTime(u64);

impl FromSettings for BigBlueButton {
    const NAME: &'static str = "bigbluebutton";
    const CREDENTIALS: &'static [Credential] = &[Credential::SharedSecret];
    type Settings = Server;

    /// Reads `VIDEO_SYSTEM_URL`, with or without `/api` at the end, as `bbb-conf --secret` shows it, and
    /// `BIGBLUEBUTTON_CHECKSUM`.
    fn read(settings: &VideoSystemSettings<'_>) -> Result<Server, ConfigError> {
        let mut base = settings.base_url()?;
        let path = base.path().trim_end_matches('/');
        let path = path.strip_suffix("/api").unwrap_or(path);
        base.set_path(&format!("{path}/api"));
        let checksum = settings.environment.parsed("BIGBLUEBUTTON_CHECKSUM")?;
        Ok(Server {
            base,
            checksum: checksum.unwrap_or_default(),
            moderators: settings.moderators,
            client: HttpClient::new(settings.tls.clone()),
        })
    }

    /// Reads `sharedSecret`, which `bbb-conf --secret` shows.
    fn build(server: &Server, secret: &VideoSystemSecret) -> Result<Self, ConfigError> {
        Ok(Self {
            server: server.clone(),
            secret: Secret::new(secret.required(Credential::SharedSecret)?),
            room_key: secret.room_key.clone(),
        })
    }
}

impl BigBlueButton {
    /// Creates the meeting of `room` if it doesn't exist. The call is idempotent because both passwords are
    /// derived: servers without [a change of May 2023][pull] refuse a second call that leaves them out, because
    /// they generate others.
    ///
    /// [pull]: https://github.com/bigbluebutton/bigbluebutton/pull/17937
    ///
    /// # Errors
    /// [`VideoSystemError`] if the server refuses the call or doesn't respond.
    pub async fn create(&self, room: &Room, topic: &str) -> Result<CreateTime, VideoSystemError> {
        let name = meeting_name(topic);
        let [attendee, moderator] = self.passwords(room);
        let mut parameters = vec![
            ("name", name.as_str()),
            ("meetingID", room.as_str()),
            ("attendeePW", &attendee),
            ("moderatorPW", &moderator),
        ];
        if self.server.moderators == Moderators::Host {
            parameters.push(("guestPolicy", "ASK_MODERATOR"));
        }
        let fields = self.call("create", &parameters, Retry::Idempotent).await?;
        let created = fields.get("createTime").and_then(|time| time.parse().ok());
        created
            .map(CreateTime)
            .ok_or(VideoSystemError::Malformed("there is no createTime"))
    }

    /// The URL with which one person joins the meeting of `room` that was created at `created`.
    ///
    /// # Errors
    /// [`VideoSystemError::Malformed`] if the URL is too long for a browser.
    pub fn join_url(
        &self,
        room: &Room,
        created: CreateTime,
        name: &str,
        role: Role,
    ) -> Result<RoomUrl, VideoSystemError> {
        let role_name = match role {
            Role::Host => "MODERATOR",
            Role::Guest => "VIEWER",
        };
        let created = created.0.to_string();
        let mut parameters = vec![
            ("fullName", name),
            ("meetingID", room.as_str()),
            ("role", role_name),
            ("createTime", &created),
        ];
        if role == Role::Guest {
            parameters.push(("guest", "true"));
        }
        RoomUrl::new(&self.signed("join", &parameters))
            .ok_or(VideoSystemError::Malformed("the join URL is too long"))
    }

    /// Ends the meeting of `room` and disconnects everyone. Only for rooms that were made to test the
    /// server.
    ///
    /// # Errors
    /// [`VideoSystemError`] if the server refuses the call or doesn't respond. It isn't an error if the
    /// meeting doesn't exist.
    pub async fn end(&self, room: &Room) -> Result<(), VideoSystemError> {
        let [_, moderator] = self.passwords(room);
        let parameters = [("meetingID", room.as_str()), ("password", &moderator)];
        match self.call("end", &parameters, Retry::IfNotSent).await {
            Err(VideoSystemError::Refused(key))
                if key == "notFound" || key == "invalidMeetingIdentifier" =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    fn passwords(&self, room: &Room) -> [String; 2] {
        let room = [room.as_str().as_bytes()];
        ["attendee", "moderator"].map(|label| self.room_key.derive(label, &room))
    }

    async fn call(
        &self,
        call: &str,
        parameters: &[(&str, &str)],
        retry: Retry,
    ) -> Result<Fields, VideoSystemError> {
        let call = Call::get(self.signed(call, parameters));
        let answer = self.server.client.send(&call, retry).await?;
        answer::read(answer.status, &answer.body)
    }

    fn signed(&self, call: &str, parameters: &[(&str, &str)]) -> Url {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let checksum = self.server.checksum.compute(call, &query, &self.secret);
        let mut url = self.server.base.clone();
        url.set_path(&format!("{}/{call}", url.path()));
        url.set_query(Some(&format!("{query}&checksum={checksum}")));
        url
    }
}

/// The meeting's title, shortened to what the server accepts: 2 to 64 UTF-16 code units, which Java counts as
/// characters ([BigBlueButton, "create"](https://docs.bigbluebutton.org/development/api/#create)).
fn meeting_name(topic: &str) -> String {
    const MAX_UNITS: usize = 64;
    let title: String = topic.chars().filter(|c| !is_disruptive(*c)).collect();
    let mut units = 0;
    let title: String = title
        .trim()
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= MAX_UNITS
        })
        .collect();
    if title.trim().encode_utf16().count() < 2 {
        return "Meeting".to_owned();
    }
    title
}

impl VideoSystem for BigBlueButton {
    fn enter<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>> {
        Box::pin(async move {
            let created = self.create(&visit.room, &visit.topic).await?;
            let name = visit.name.as_ref().map_or("Guest", VisitorName::as_str);
            self.join_url(&visit.room, created, name, visit.role)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";

    fn checksum(hash: Checksum, call: &str, query: &str) -> String {
        hash.compute(call, query, &Secret::new(SECRET))
    }

    #[test]
    fn checksums_are_those_of_the_documentation_and_of_other_clients() {
        let query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444";
        let expected = "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17";
        assert_eq!(checksum(Checksum::Sha1, "create", query), expected);

        let query = "name=D%C3%A9mo+%26+Z%C3%BCrich&meetingID=mfrggzdfmztwq2lk&attendeePW=ap&moderatorPW=mp";
        let expected = "b036837eb02060aea6322efb073599d025bfb6a7";
        assert_eq!(checksum(Checksum::Sha1, "create", query), expected);
        let expected = "6d24dfca694eebe0f0ad0c35242a5e62ff99e8d445c959527cd24b5872b1a0d3";
        assert_eq!(checksum(Checksum::Sha256, "create", query), expected);

        let query = "fullName=Zo%C3%AB+%E6%9D%8E&meetingID=mfrggzdfmztwq2lk&role=VIEWER&createTime=1700000300123";
        let expected = "805929f3b3338c2edefff88911dcba9ca92d9f87d8882b9625422ea8fcf39a33";
        assert_eq!(checksum(Checksum::Sha256, "join", query), expected);
        let expected = "9489ac80754993fe9fb6a42d2cee511725d1c74226cd0368e179dd5dcb8f9946cd574a6b35b765ec5bf20d575a148c113808d2583f3869d8e37a79d9e72d4b55";
        assert_eq!(checksum(Checksum::Sha512, "join", query), expected);

        let expected = "a5370c5f3d97d56d53b435684cdbc429c2898a3bf9f435518b4279e1e0dbfc8c";
        assert_eq!(checksum(Checksum::Sha256, "getMeetings", ""), expected);
        assert_eq!(checksum(Checksum::Sha384, "create", "").len(), 96);
    }

    #[test]
    fn a_query_is_encoded_as_the_checksum_expects_it() {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", "Démo & Zürich"), ("fullName", "Zoë 李")])
            .finish();
        let expected = "name=D%C3%A9mo+%26+Z%C3%BCrich&fullName=Zo%C3%AB+%E6%9D%8E";
        assert_eq!(query, expected);
        let mut url = Url::parse("https://bbb.example.com/").unwrap();
        url.set_query(Some(&query));
        assert_eq!(url.query(), Some(expected), "a URL leaves it as it is");
    }

    #[test]
    fn a_meetings_name_has_2_to_64_characters_and_no_control_characters() {
        for (topic, name) in [
            ("A Test Meeting", "A Test Meeting"),
            ("", "Meeting"),
            ("x", "Meeting"),
            (" \n\u{202E} ", "Meeting"),
            ("Line\r\nbreak\u{0}", "Linebreak"),
            ("🎥", "🎥"),
        ] {
            assert_eq!(meeting_name(topic), name);
        }
        assert_eq!(meeting_name(&"é".repeat(65)), "é".repeat(64));
        assert_eq!(meeting_name(&"🎥".repeat(33)), "🎥".repeat(32));
    }
}
