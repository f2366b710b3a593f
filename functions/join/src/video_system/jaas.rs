//! JaaS, Jitsi as a service by 8x8. It needs no API call. Each visitor needs their own token, signed with
//! the app's key ([8x8, "JaaS JWT"](https://developer.8x8.com/jaas/docs/api-keys-jwt)).

use futures_util::future::{BoxFuture, ready};
use shared::config::ConfigError;
use url::Url;

use super::entry::{FromSettings, VideoSystem, VideoSystemError};
use super::room_url::RoomUrl;
use super::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use super::token::{Claims, Signer};
use crate::visit::Visit;

/// An app at 8x8.
#[derive(Debug)]
pub(super) struct Jaas {
    app_id: String,
    base: Url,
    signer: Signer,
}

impl FromSettings for Jaas {
    const NAME: &'static str = "jaas";
    const CREDENTIALS: &'static [Credential] =
        &[Credential::AppId, Credential::KeyId, Credential::PrivateKey];
    type Settings = ();

    /// Reads nothing: the address is always 8x8's, and every visitor's token says who moderates.
    fn read(_: &VideoSystemSettings<'_>) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Reads `appId`, `keyId` and `privateKey`. 8x8 shows a key's ID prefixed with the
    /// app's ID; both forms are accepted.
    fn build((): &(), secret: &VideoSystemSecret) -> Result<Self, ConfigError> {
        let app_id = secret.required(Credential::AppId)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !app_id.chars().all(is_plain) {
            let problem = "is not an app ID of 8x8, such as vpaas-magic-cookie-...";
            return Err(secret.error(Credential::AppId, problem));
        }
        let key_id = secret.required(Credential::KeyId)?;
        let key_id = key_id.rsplit('/').next().unwrap_or_default();
        let key_id = format!("{app_id}/{key_id}");
        let signer = Signer::rs256(secret.required(Credential::PrivateKey)?, key_id);
        let signer = signer.ok_or_else(|| {
            let problem = "is not an RSA key of 2048 bits or more in PEM, without a password";
            secret.error(Credential::PrivateKey, problem)
        })?;
        let base = format!("https://8x8.vc/{app_id}/");
        let base = Url::parse(&base)
            .map_err(|_| secret.error(Credential::AppId, "doesn't fit into a URL"))?;
        Ok(Self {
            app_id: app_id.to_owned(),
            base,
            signer,
        })
    }
}

impl Jaas {
    fn room_url(&self, visit: &Visit) -> Option<RoomUrl> {
        let mut url = self.base.join(visit.room.as_str()).ok()?;
        let token = self
            .signer
            .sign(&Claims::new(visit, "chat", &self.app_id))?;
        url.query_pairs_mut().append_pair("jwt", &token);
        RoomUrl::new(&url)
    }
}

impl VideoSystem for Jaas {
    fn enter<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<RoomUrl, VideoSystemError>> {
        let url = self.room_url(visit);
        let url = url.ok_or(VideoSystemError::Malformed("the token can't be signed"));
        Box::pin(ready(url))
    }
}
