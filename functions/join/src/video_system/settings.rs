//! The settings of a video system, from the environment and one secret.

use std::sync::Arc;

use serde::Deserialize;
use shared::config::{ConfigError, Environment};
use shared::secret::Secret;
use tokio_rustls::rustls::ClientConfig;
use url::Url;

use super::room_url::is_https_or_loopback;
use crate::room_key::RoomKey;
use crate::visit::Moderators;

/// The settings of a video system, apart from its secret.
#[derive(Debug)]
pub struct VideoSystemSettings<'a> {
    /// The variables `VIDEO_SYSTEM`, `VIDEO_SYSTEM_URL` and any others that a system reads.
    pub environment: &'a Environment,
    /// `MODERATORS`.
    pub moderators: Moderators,
    /// The trust anchors for calls to the system.
    pub tls: Arc<ClientConfig>,
}

impl VideoSystemSettings<'_> {
    /// `VIDEO_SYSTEM_URL`: an https URL, or http on loopback, without user name or fragment.
    ///
    /// # Errors
    /// [`ConfigError`] if it is missing or not such a URL.
    pub fn url(&self) -> Result<Url, ConfigError> {
        const NAME: &str = "VIDEO_SYSTEM_URL";
        let text: String = self.environment.required(NAME)?;
        let problem = "must be an https URL without user name or fragment";
        let url = Url::parse(&text).map_err(|_| ConfigError::new(NAME, problem))?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        if is_https_or_loopback(&url) && is_plain && url.fragment().is_none() {
            Ok(url)
        } else {
            Err(ConfigError::new(NAME, problem))
        }
    }

    /// `VIDEO_SYSTEM_URL` as a base URL for paths: without a query and without a trailing slash.
    ///
    /// # Errors
    /// [`ConfigError`] as for [`Self::url`], or if it has a query.
    pub fn base_url(&self) -> Result<Url, ConfigError> {
        let mut url = self.url()?;
        if url.query().is_some() {
            let problem = "must not have a query";
            return Err(ConfigError::new("VIDEO_SYSTEM_URL", problem));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(url)
    }
}

/// The secret of the join link: JSON with `roomKey` and the credentials of a video system.
#[derive(Clone, Debug)]
pub struct VideoSystemSecret {
    /// The key that rooms and hosts' tokens are derived with.
    pub room_key: RoomKey,
    setting: &'static str,
    credentials: Credentials,
}

/// A field of the secret that a video system may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// `appId`: our ID at Jitsi or JaaS.
    AppId,
    /// `appSecret`: signs tokens for your own Jitsi server.
    AppSecret,
    /// `keyId`: the key that JaaS verifies tokens with.
    KeyId,
    /// `privateKey`: the private half of that key, in PEM format.
    PrivateKey,
    /// `sharedSecret`: the secret of a BigBlueButton server.
    SharedSecret,
    /// `signingSecret`: signs the calls to your own system.
    SigningSecret,
}

impl Credential {
    /// The field's name in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AppId => "appId",
            Self::AppSecret => "appSecret",
            Self::KeyId => "keyId",
            Self::PrivateKey => "privateKey",
            Self::SharedSecret => "sharedSecret",
            Self::SigningSecret => "signingSecret",
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    room_key: Option<Text>,
    app_id: Option<Text>,
    app_secret: Option<Text>,
    key_id: Option<Text>,
    private_key: Option<Text>,
    shared_secret: Option<Text>,
    signing_secret: Option<Text>,
}

/// A field of the secret. Surrounding whitespace is ignored.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
struct Text(String);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.trim().to_owned())
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl VideoSystemSecret {
    /// Parses the JSON. `setting` is where it comes from, `VIDEO_SYSTEM_SECRET` or
    /// `VIDEO_SYSTEM_SECRET_ID`, for error messages.
    ///
    /// # Errors
    /// [`ConfigError`] if it isn't a JSON object whose values are strings, or has no `roomKey` of at least
    /// [`RoomKey::MIN_BYTES`] bytes.
    pub fn from_json(setting: &'static str, json: &str) -> Result<Self, ConfigError> {
        // serde's own error message would quote the secret.
        let credentials: Credentials = serde_json::from_str(json).map_err(|_| {
            ConfigError::new(setting, "is not a JSON object whose values are strings")
        })?;
        let room_key = credentials.room_key.as_ref();
        let room_key = room_key.and_then(|key| RoomKey::new(&Secret::new(key.0.as_str())));
        let room_key = room_key.ok_or_else(|| {
            let least = RoomKey::MIN_BYTES;
            ConfigError::new(setting, format!("has no roomKey of at least {least} bytes"))
        })?;
        Ok(Self {
            room_key,
            setting,
            credentials,
        })
    }

    /// The text of a field, or `None` if it is absent or empty.
    #[must_use]
    pub fn optional(&self, credential: Credential) -> Option<&str> {
        let credentials = &self.credentials;
        let text = match credential {
            Credential::AppId => &credentials.app_id,
            Credential::AppSecret => &credentials.app_secret,
            Credential::KeyId => &credentials.key_id,
            Credential::PrivateKey => &credentials.private_key,
            Credential::SharedSecret => &credentials.shared_secret,
            Credential::SigningSecret => &credentials.signing_secret,
        };
        let text = text.as_ref().map(|text| text.0.as_str());
        text.filter(|text| !text.is_empty())
    }

    /// The text of a field.
    ///
    /// # Errors
    /// [`ConfigError`] if the field is absent or empty. The message says how to set it.
    pub fn required(&self, credential: Credential) -> Result<&str, ConfigError> {
        self.optional(credential).ok_or_else(|| {
            let name = credential.name();
            let problem = format!("has no {name}: store it with `video set`");
            ConfigError::new(self.setting, problem)
        })
    }

    /// An error that says that a field of the secret has this `problem`.
    #[must_use]
    pub fn error(&self, credential: Credential, problem: &str) -> ConfigError {
        ConfigError::new(
            self.setting,
            format!("has a field {} that {problem}", credential.name()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: &str = "VIDEO_SYSTEM_SECRET";

    #[test]
    fn the_fields_of_a_secret_are_trimmed() {
        let json = r#"{"roomKey":"development-only-room-key","appId":" my_app\n","keyId":"  "}"#;
        let secret = VideoSystemSecret::from_json(SETTING, json).unwrap();
        assert_eq!(secret.optional(Credential::AppId), Some("my_app"));
        assert_eq!(secret.optional(Credential::KeyId), None);
        let missing = secret.required(Credential::SharedSecret).unwrap_err();
        let expected = "VIDEO_SYSTEM_SECRET has no sharedSecret: store it with `video set`";
        assert_eq!(missing.to_string(), expected);
    }

    #[test]
    fn a_malformed_secret_is_refused_without_quoting_it() {
        for json in [
            "hush",
            "[]",
            "{}",
            r#"{"roomKey":"short"}"#,
            r#"{"roomKey":1}"#,
        ] {
            let error = VideoSystemSecret::from_json(SETTING, json).unwrap_err();
            assert_eq!(error.name, SETTING, "{json}");
            assert!(!error.problem.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        let json = r#"{"roomKey":"development-only-room-key","sharedSecret":"hush"}"#;
        let secret = VideoSystemSecret::from_json(SETTING, json).unwrap();
        let shown = format!("{secret:?}");
        assert!(
            !shown.contains("hush") && !shown.contains("development"),
            "{shown}"
        );
    }
}
