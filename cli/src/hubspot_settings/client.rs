//! The client: sends requests, retries transient errors, and turns every refusal into a message.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{Method, StatusCode};
use shared::public_url::PublicBaseUrl;
use simulator::http_client::HttpClient;
use simulator::settings::{ApiVersion, AppId, Settings};
use tokio::time::{Instant, sleep};

use super::credential::Credential;
use super::error::SettingsError;
use crate::hubspot_no_answer::NoAnswer;
use crate::hubspot_refusal::HubSpotMessage;

/// The value of the `User-Agent` header.
const CLIENT: &str = concat!("hubspot-conference/", env!("CARGO_PKG_VERSION"));

/// The client's timeouts and retries.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The timeout of one request.
    pub timeout: Duration,
    /// The maximum number of attempts for one request.
    pub attempts: u32,
    /// The wait before the second attempt. It doubles after every attempt. `Retry-After` takes
    /// precedence.
    pub first_wait: Duration,
    /// If HubSpot asks for a longer wait than this, the client gives up.
    pub max_wait: Duration,
    /// The wait before checking again whether a change is visible. It doubles after every check.
    pub first_poll: Duration,
    /// The maximum wait between two checks.
    pub max_poll: Duration,
    /// How long a change may take to become visible.
    pub visible_within: Duration,
}

impl Default for RetryPolicy {
    /// Enough for HubSpot's limit per ten seconds ([HubSpot, "API usage guidelines"][limits]), and for the "up to
    /// about a minute" until a change is visible ([HubSpot, "Video conference extension"][guide]).
    ///
    /// [limits]: https://developers.hubspot.com/docs/api/usage-details
    /// [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(15),
            attempts: 4,
            first_wait: Duration::from_secs(1),
            max_wait: Duration::from_secs(30),
            first_poll: Duration::from_millis(250),
            max_poll: Duration::from_secs(8),
            visible_within: Duration::from_secs(90),
        }
    }
}

/// One app's settings at HubSpot.
#[derive(Clone, Debug)]
pub struct SettingsApi {
    client: HttpClient,
    base: String,
    path: String,
    app: AppId,
    credential: Credential,
    retry_policy: RetryPolicy,
}

/// A response before its interpretation.
struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
    attempts: u32,
}

impl SettingsApi {
    /// The settings of `app` at `base`.
    ///
    /// # Errors
    /// [`SettingsError::NoAnswer`] if the HTTP client can't be built.
    pub fn new(
        base: &PublicBaseUrl,
        version: ApiVersion,
        app: AppId,
        credential: Credential,
        retry_policy: RetryPolicy,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            client: HttpClient::new().map_err(NoAnswer::Client)?,
            base: base.join("", None),
            path: version.path(app),
            app,
            credential,
            retry_policy,
        })
    }

    /// The registered settings.
    ///
    /// # Errors
    /// [`SettingsError`] if HubSpot refuses the request or gives no usable answer.
    /// [`SettingsError::NothingRegistered`] also covers an unknown app, because HubSpot documents no
    /// status that tells the two apart.
    pub async fn get(&self) -> Result<Settings, SettingsError> {
        let answer = self.send(Method::GET, None).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer, |app, said| match said {
                Refusal::Unknown(said) | Refusal::Other(said) => {
                    SettingsError::NothingRegistered { app, said }
                }
            }));
        }
        let settings = serde_json::from_slice(&answer.body);
        let settings: Settings = settings.map_err(|_| self.not_the_api(&answer))?;
        if settings == Settings::default() {
            let said = self.said(&answer);
            return Err(SettingsError::NothingRegistered {
                app: self.app,
                said,
            });
        }
        Ok(settings)
    }

    /// The registered settings, or `None` if nothing is registered.
    ///
    /// # Errors
    /// [`SettingsError`] if HubSpot refuses the request or gives no usable answer. Never
    /// [`SettingsError::NothingRegistered`].
    pub async fn find(&self) -> Result<Option<Settings>, SettingsError> {
        match self.get().await {
            Ok(settings) => Ok(Some(settings)),
            Err(SettingsError::NothingRegistered { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Registers `settings`, replacing everything that is registered.
    ///
    /// # Errors
    /// [`SettingsError`] if HubSpot refuses the settings or gives no usable answer.
    pub async fn put(&self, settings: &Settings) -> Result<(), SettingsError> {
        self.change(Method::PUT, Some(settings)).await
    }

    /// Removes the registered settings, if there are any.
    ///
    /// # Errors
    /// [`SettingsError`] if HubSpot refuses the request or gives no usable answer.
    pub async fn delete(&self) -> Result<(), SettingsError> {
        self.change(Method::DELETE, None).await
    }

    /// Waits until HubSpot shows `expected`, where `None` means no settings.
    ///
    /// # Errors
    /// [`SettingsError::NotShown`] after [`RetryPolicy::visible_within`], and [`SettingsError::Unconfirmed`]
    /// if a check fails.
    pub async fn wait_until_shown(&self, expected: Option<&Settings>) -> Result<(), SettingsError> {
        let started = Instant::now();
        let mut pause = self.retry_policy.first_poll;
        loop {
            let shown = self.find().await;
            let shown = shown.map_err(|source| SettingsError::Unconfirmed {
                app: self.app,
                source: Box::new(source),
            })?;
            if shown.as_ref() == expected {
                return Ok(());
            }
            let waited = started.elapsed();
            let left = self.retry_policy.visible_within.saturating_sub(waited);
            if left.is_zero() {
                return Err(SettingsError::NotShown {
                    app: self.app,
                    waited,
                });
            }
            sleep(pause.min(left)).await;
            pause = self.retry_policy.max_poll.min(pause * 2);
        }
    }

    async fn change(&self, method: Method, body: Option<&Settings>) -> Result<(), SettingsError> {
        let answer = self.send(method, body).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(self.refusal(&answer, |app, said| match said {
            Refusal::Unknown(said) => SettingsError::UnknownApp { app, said },
            Refusal::Other(said) => SettingsError::Refused { said },
        }))
    }

    /// Sends a request, and retries it on transient errors. All three methods are idempotent ([RFC 9110,
    /// section 9.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2)).
    async fn send(&self, method: Method, body: Option<&Settings>) -> Result<Answer, SettingsError> {
        let mut attempts = 1;
        let mut wait = self.retry_policy.first_wait;
        loop {
            let last = attempts >= self.retry_policy.attempts;
            let pause = match self.attempt(&method, body, attempts).await {
                Ok(answer) if !is_transient(answer.status) || last => return Ok(answer),
                Ok(answer) => match answer.retry_after {
                    Some(asked) if asked > self.retry_policy.max_wait => return Ok(answer),
                    Some(asked) => asked,
                    None => wait,
                },
                // A refused connection won't recover within seconds, so don't retry.
                Err(source) if source.is_connect() || last => {
                    let base = self.base.clone();
                    return Err(NoAnswer::Unreachable { base, source }.into());
                }
                Err(_) => wait,
            };
            sleep(pause).await;
            attempts += 1;
            wait *= 2;
        }
    }

    async fn attempt(
        &self,
        method: &Method,
        body: Option<&Settings>,
        attempts: u32,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{}{}", self.base, self.path, self.credential.query());
        let request = self.client.request(method.clone(), &url);
        let mut request = request
            .timeout(self.retry_policy.timeout)
            .header(USER_AGENT, CLIENT);
        if let Some(value) = self.credential.header() {
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(settings) = body.and_then(|settings| serde_json::to_vec(settings).ok()) {
            let json = "application/json";
            request = request.header(CONTENT_TYPE, json).body(settings);
        }
        let response = request.send().await.map_err(reqwest::Error::without_url)?;
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer {
            status: response.status(),
            retry_after: retry_after.map(Duration::from_secs),
            attempts,
            body: response
                .bytes()
                .await
                .map_err(reqwest::Error::without_url)?
                .into(),
        })
    }

    /// Maps an error status to an error. `otherwise` handles the statuses whose meaning depends on the
    /// request.
    fn refusal(
        &self,
        answer: &Answer,
        otherwise: impl FnOnce(AppId, Refusal) -> SettingsError,
    ) -> SettingsError {
        let (app, credential, said) = (self.app, self.credential.clone(), self.said(answer));
        let (attempts, after) = (answer.attempts, answer.retry_after);
        match answer.status {
            StatusCode::UNAUTHORIZED => SettingsError::NotAuthenticated { credential, said },
            StatusCode::FORBIDDEN => SettingsError::NotAllowed {
                credential,
                app,
                said,
            },
            StatusCode::TOO_MANY_REQUESTS => SettingsError::Throttled {
                attempts,
                after,
                said,
            },
            status if status.is_server_error() => SettingsError::Failing {
                attempts,
                after,
                said,
            },
            StatusCode::NOT_FOUND => otherwise(app, Refusal::Unknown(said)),
            status if status.is_client_error() => otherwise(app, Refusal::Other(said)),
            _ => self.not_the_api(answer),
        }
    }

    fn said(&self, answer: &Answer) -> HubSpotMessage {
        HubSpotMessage::new(
            answer.status.as_u16(),
            &answer.body,
            &[self.credential.secret()],
        )
    }

    fn not_the_api(&self, answer: &Answer) -> SettingsError {
        let error = NoAnswer::NotTheApi {
            api: "settings API",
            base: self.base.clone(),
            status: answer.status.as_u16(),
        };
        error.into()
    }
}

/// A 4xx status whose meaning depends on the request.
enum Refusal {
    /// 404
    Unknown(HubSpotMessage),
    /// Any other.
    Other(HubSpotMessage),
}

fn is_transient(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}
