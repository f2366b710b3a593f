//! HubSpot's OAuth API: exchanges a code, introspects a token and uninstalls the app. Secrets are sent
//! only in a body or a header, never in a URL ([HubSpot, "OAuth tokens API"][tokens]; [HubSpot, "App uninstalls
//! API"][uninstalls]).
//!
//! [tokens]: https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
//! [uninstalls]: https://developers.hubspot.com/docs/api-reference/latest/app-management/app-uninstalls/guide

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;
use shared::public_url::PublicBaseUrl;
use shared::secret::Secret;
use simulator::http_client::HttpClient;
use url::form_urlencoded;

use super::authorization::ClientId;
use super::error::OauthError;
use super::installation::Installation;
use crate::hubspot_no_answer::NoAnswer;
use crate::hubspot_refusal::HubSpotMessage;

/// The value of the `User-Agent` header.
const CLIENT: &str = concat!("hubspot-conference/", env!("CARGO_PKG_VERSION"));
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

const TOKEN_PATH: &str = "/oauth/2026-09/token";
const INTROSPECTION_PATH: &str = "/oauth/2026-09/token/introspect";
const UNINSTALL_PATH: &str = "/appinstalls/2026-09/external-install";

/// HubSpot's OAuth API for one app.
#[derive(Debug)]
pub(crate) struct OauthApi {
    client: HttpClient,
    base: String,
    client_id: ClientId,
    client_secret: Secret,
    redirect_uri: String,
}

/// An access token for one account. It is used once and dropped. The refresh token isn't even read.
#[derive(Debug)]
pub(crate) struct AccessToken(Secret);

impl OauthApi {
    /// The API at `base` for the app with these credentials. `redirect_uri` is the one that the
    /// authorization request sent.
    ///
    /// # Errors
    /// [`NoAnswer::Client`] if the HTTP client can't be built.
    pub(crate) fn new(
        base: &PublicBaseUrl,
        client_id: ClientId,
        client_secret: Secret,
        redirect_uri: String,
    ) -> Result<Self, OauthError> {
        Ok(Self {
            client: HttpClient::new().map_err(NoAnswer::Client)?,
            base: base.join("", None),
            client_id,
            client_secret,
            redirect_uri,
        })
    }

    /// Exchanges the code for a token. From then on HubSpot counts the app as installed.
    ///
    /// # Errors
    /// [`OauthError`] if HubSpot refuses the code or gives no usable answer. A code works once only
    /// ([RFC 6749, section 4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)), so nothing is retried.
    pub(crate) async fn exchange(&self, code: &Secret) -> Result<AccessToken, OauthError> {
        let code_text = String::from_utf8_lossy(code.expose());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code_text.as_ref()),
            ("redirect_uri", self.redirect_uri.as_str()),
        ];
        let answer = self.post(TOKEN_PATH, &form, code).await?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.filter(|token| bearer(token.as_bytes()).is_some());
        token
            .map(|token| AccessToken(Secret::new(token)))
            .ok_or_else(|| self.not_the_api(StatusCode::OK))
    }

    /// Introspects the token: which account it is for, and which app it belongs to.
    ///
    /// # Errors
    /// [`OauthError`] if HubSpot refuses the request or gives no usable answer.
    pub(crate) async fn introspect(&self, token: &AccessToken) -> Result<Installation, OauthError> {
        let text = String::from_utf8_lossy(token.0.expose());
        let form = [
            ("token", text.as_ref()),
            ("token_type_hint", "access_token"),
        ];
        let answer = self.post(INTROSPECTION_PATH, &form, &token.0).await?;
        Ok(Installation::read(&answer))
    }

    /// Uninstalls the app from the token's account.
    ///
    /// # Errors
    /// [`OauthError`] if HubSpot refuses the request or gives no usable answer.
    pub(crate) async fn uninstall(&self, token: &AccessToken) -> Result<(), OauthError> {
        let url = format!("{}{UNINSTALL_PATH}", self.base);
        let mut request = self.client.request(Method::DELETE, &url);
        if let Some(value) = bearer(token.0.expose()) {
            request = request.header(AUTHORIZATION, value);
        }
        let (status, body) = self.send(request).await?;
        if status.is_success() {
            return Ok(());
        }
        Err(self.refusal(status, &body, &token.0))
    }

    async fn post(
        &self,
        path: &str,
        form: &[(&str, &str)],
        secret: &Secret,
    ) -> Result<Value, OauthError> {
        let client_secret = String::from_utf8_lossy(self.client_secret.expose());
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.client_id.as_str())
            .append_pair("client_secret", &client_secret)
            .extend_pairs(form)
            .finish();
        let url = format!("{}{path}", self.base);
        let request = self.client.request(Method::POST, &url);
        let request = request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let (status, body) = self.send(request).await?;
        if !status.is_success() {
            return Err(self.refusal(status, &body, secret));
        }
        let answer: Option<Value> = serde_json::from_slice(&body).ok();
        answer
            .filter(Value::is_object)
            .ok_or_else(|| self.not_the_api(status))
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), OauthError> {
        let unreachable = |source: reqwest::Error| NoAnswer::Unreachable {
            base: self.base.clone(),
            source: source.without_url(),
        };
        let request = request.timeout(REQUEST_TIMEOUT).header(USER_AGENT, CLIENT);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        Ok((status, response.bytes().await.map_err(unreachable)?.into()))
    }

    fn refusal(&self, status: StatusCode, body: &[u8], secret: &Secret) -> OauthError {
        if !status.is_client_error() && !status.is_server_error() {
            return self.not_the_api(status);
        }
        let said = HubSpotMessage::new(status.as_u16(), body, &[secret, &self.client_secret]);
        OauthError::from_message(said, &self.redirect_uri)
    }

    fn not_the_api(&self, status: StatusCode) -> OauthError {
        let error = NoAnswer::NotTheApi {
            api: "OAuth API",
            base: self.base.clone(),
            status: status.as_u16(),
        };
        error.into()
    }
}

fn bearer(token: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
