//! Jitsi Meet on your own server, open to everyone or with tokens.
//!
//! It needs no API call: a room exists as soon as its URL is opened. With tokens, the server lets in
//! everyone who has a token from us ([Jitsi, "Token
//! authentication"](https://jitsi.github.io/handbook/docs/devops-guide/token-authentication)).

use futures_util::future::{BoxFuture, ready};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::config::ConfigError;
use url::Url;

use super::entry::{FromSettings, VideoSystem, VideoSystemError};
use super::room_url::RoomUrl;
use super::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use super::token::{Claims, Signer};
use crate::visit::{Moderators, Visit, is_disruptive};

/// The maximum number of characters of the topic that are put into a URL.
const MAX_SUBJECT_CHARACTERS: usize = 200;

/// Everything except [RFC 3986's unreserved
/// characters](https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A Jitsi server.
#[derive(Debug)]
pub(super) struct Jitsi {
    base: Url,
    tokens: Option<Tokens>,
}

/// A server's URL, and who moderates there.
#[derive(Clone, Debug)]
pub(super) struct Server {
    base: Url,
    moderators: Moderators,
}

#[derive(Debug)]
struct Tokens {
    app_id: String,
    /// The tenant in lower case or, if there is none, the domain.
    subject: String,
    signer: Signer,
}

impl FromSettings for Jitsi {
    const NAME: &'static str = "jitsi";
    const CREDENTIALS: &'static [Credential] = &[Credential::AppId, Credential::AppSecret];
    type Settings = Server;

    /// Reads `VIDEO_SYSTEM_URL`.
    fn read(settings: &VideoSystemSettings<'_>) -> Result<Server, ConfigError> {
        Ok(Server {
            base: settings.base_url()?,
            moderators: settings.moderators,
        })
    }

    /// Reads `appId` and `appSecret`.
    ///
    /// # Errors
    /// [`ConfigError`] if only one of them is set, or if `MODERATORS` is `host` and none is: an open server
    /// makes the first person who joins the moderator.
    fn build(server: &Server, secret: &VideoSystemSecret) -> Result<Self, ConfigError> {
        let base = server.base.clone();
        let app_id = secret.optional(Credential::AppId);
        let app_secret = secret.optional(Credential::AppSecret);
        let tokens = if app_id.is_some() || app_secret.is_some() {
            let tenant = base.path().rsplit('/').find(|segment| !segment.is_empty());
            let domain = base.host_str().unwrap_or_default();
            Some(Tokens {
                app_id: secret.required(Credential::AppId)?.to_owned(),
                subject: tenant.unwrap_or(domain).to_lowercase(),
                signer: Signer::hs256(secret.required(Credential::AppSecret)?),
            })
        } else {
            None
        };
        if server.moderators == Moderators::Host && tokens.is_none() {
            let problem = "can't be host with an open Jitsi server: it needs appId and appSecret";
            return Err(ConfigError::new("MODERATORS", problem));
        }
        Ok(Self { base, tokens })
    }
}

impl Jitsi {
    fn room_url(&self, visit: &Visit) -> Option<RoomUrl> {
        let mut url = self.base.clone();
        let path = url.path().trim_end_matches('/');
        url.set_path(&format!("{path}/{}", visit.room.as_str()));
        if let Some(tokens) = &self.tokens {
            let claims = Claims::new(visit, &tokens.app_id, &tokens.subject);
            let token = tokens.signer.sign(&claims)?;
            url.query_pairs_mut().append_pair("jwt", &token);
        }
        url.set_fragment(subject(&visit.topic).as_deref());
        RoomUrl::new(&url)
    }
}

/// The meeting's topic as a URL fragment, which browsers don't send to the server:
/// `config.subject="Title"`, percent-encoded.
fn subject(topic: &str) -> Option<String> {
    let title: String = topic.chars().filter(|c| !is_disruptive(*c)).collect();
    let title: String = title.trim().chars().take(MAX_SUBJECT_CHARACTERS).collect();
    if title.is_empty() {
        return None;
    }
    let title = serde_json::to_string(&title).ok()?;
    let title = utf8_percent_encode(&title, RESERVED);
    Some(format!("config.subject={title}"))
}

impl VideoSystem for Jitsi {
    /// Without tokens, nothing has to be created and no name is needed.
    fn needs_page(&self) -> bool {
        self.tokens.is_some()
    }

    fn enter<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>> {
        let url = self.room_url(visit);
        let url = url.ok_or(VideoSystemError::Malformed("the token can't be signed"));
        Box::pin(ready(url))
    }
}
