//! What a video system is made from: settings of the environment and one secret.

use std::sync::Arc;

use serde::Deserialize;
use shared::config::{ConfigError, Environment};
use shared::secret::Secret;
use tokio_rustls::rustls::ClientConfig;

use crate::room_key::RoomKey;
use crate::visit::Moderators;

/// What a video system is made from.
pub struct VideoSystemSettings<'a> {
    /// `VIDEO_SYSTEM`, `VIDEO_SYSTEM_URL` and whatever else a system reads.
    pub environment: &'a Environment,
    /// The room key and the system's credentials.
    pub secret: &'a VideoSystemSecret,
    /// `MODERATORS`.
    pub moderators: Moderators,
    /// Whom to trust in calls to the system.
    pub tls: Arc<ClientConfig>,
}

/// The secret of the join link: JSON with `roomKey` and the credentials of a video system.
#[derive(Clone, Debug)]
pub struct VideoSystemSecret {
    /// Rooms and hosts' tokens are derived with it.
    pub room_key: RoomKey,
    name: &'static str,
    credentials: Credentials,
}

/// The system's part of the secret.
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

/// A part of the secret: spaces around it don't count, and an empty one is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
struct Text(Secret);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Secret::new(text.trim()))
    }
}

impl VideoSystemSecret {
    /// Reads the JSON. `name` is the setting it comes from, for the messages.
    ///
    /// # Errors
    /// [`ConfigError`] if it is no JSON object of texts, or has no `roomKey` of at least
    /// [`RoomKey::MIN_BYTES`] bytes.
    pub fn from_json(name: &'static str, json: &str) -> Result<Self, ConfigError> {
        // What serde says would quote the secret.
        let credentials: Credentials = serde_json::from_str(json)
            .map_err(|_| ConfigError::new(name, "does not hold a JSON object of texts"))?;
        let room_key = credentials
            .room_key
            .as_ref()
            .and_then(|key| RoomKey::new(&key.0))
            .ok_or_else(|| {
                let least = RoomKey::MIN_BYTES;
                ConfigError::new(name, format!("has no roomKey of at least {least} bytes"))
            })?;
        Ok(Self {
            room_key,
            name,
            credentials,
        })
    }
}
