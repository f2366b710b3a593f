//! How a webhook's function starts: with the secrets that HubSpot signs with.

use std::convert::Infallible;
use std::sync::Arc;

use lambda_http::LambdaEvent;
use lambda_http::request::LambdaRequest;
use serde::Serialize;

use super::{Edge, SignatureCheck, invoke_when_started};
use crate::client_secrets::{SecretSource, Secrets};
use crate::conference_key::ConferenceKey;
use crate::config::ConfigError;
use crate::signature::SignatureVersion;
use crate::startup::{Function, Prepared, Start, StartError};
use crate::telemetry;
use crate::timestamp::Timestamp;
use crate::webhook::Webhook;

impl<W: Webhook + 'static> Edge<W> {
    /// A webhook that needs no key, with the settings and secrets in `start`.
    ///
    /// # Errors
    /// [`ConfigError`] if `MIN_SIGNATURE_VERSION` or `PUBLIC_BASE_URL` is wrong, or neither
    /// `HUBSPOT_SECRET_ID` nor `HUBSPOT_CLIENT_SECRET` is set.
    pub fn prepare(start: &Start, webhook: W) -> Result<Prepared<Self>, ConfigError> {
        Self::prepare_with(start, |_| Ok(webhook))
    }

    /// A webhook that needs the key for conference IDs.
    ///
    /// # Errors
    /// [`ConfigError`] as for [`Self::prepare`].
    pub fn prepare_with_conference_key(
        start: &Start,
        finish: impl FnOnce(ConferenceKey) -> W + Send + 'static,
    ) -> Result<Prepared<Self>, ConfigError> {
        Self::prepare_with(start, |secrets| Ok(finish(secrets.conference_key()?)))
    }

    fn prepare_with(
        start: &Start,
        finish: impl FnOnce(&Secrets) -> Result<W, ConfigError> + Send + 'static,
    ) -> Result<Prepared<Self>, ConfigError> {
        let source = SecretSource::read(&start.environment)?;
        let minimum = start.environment.parsed("MIN_SIGNATURE_VERSION")?;
        let public_base_url = start.environment.parsed("PUBLIC_BASE_URL")?;
        let aws = Arc::clone(&start.aws);
        Ok(Box::pin(async move {
            let secrets_manager = || aws.secrets_manager();
            let secrets = source.secrets(secrets_manager, Timestamp::now()).await?;
            let webhook = finish(&secrets)?;
            let check = SignatureCheck {
                secrets: secrets.client_secrets,
                minimum: minimum.unwrap_or(SignatureVersion::V1),
                public_base_url,
            };
            Ok(Self::new(webhook, check, telemetry::report))
        }))
    }
}

impl<W: Webhook + 'static> Function for Edge<W> {
    const NAME: &'static str = W::NAME.as_str();
    type Request = LambdaRequest;

    fn answer<'a, S, F>(
        started: S,
        event: LambdaEvent<LambdaRequest>,
        now: Timestamp,
    ) -> impl Future<Output = Result<impl Serialize, Infallible>>
    where
        S: Fn() -> F,
        F: Future<Output = Result<&'a Self, StartError>> + Send,
    {
        invoke_when_started(started, telemetry::report, event, now)
    }

    async fn keep_warm(&self, now: Timestamp) {
        self.check.secrets.renew(now).await;
    }
}
