//! The token and introspection endpoints and the uninstall call, under the dated paths and under those of
//! version 1, which HubSpot's client libraries still use. Errors have HubSpot's formats.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::secret::Secret;
use shared::timestamp::Timestamp;

use crate::hubspot::grants::{CodeProblem, Grants, TOKEN_LIFETIME, Token, random};
use crate::hubspot::state::HubSpot;
use crate::sample;
use crate::settings::AppId;

/// The routes.
pub(super) fn router(hubspot: &Arc<HubSpot>) -> Router {
    Router::new()
        .route("/oauth/v1/token", post(exchange))
        .route("/oauth/v1/access-tokens/{token}", get(describe))
        .route("/oauth/2026-09/token", post(exchange))
        .route("/oauth/2026-09/token/introspect", post(introspect))
        .route("/appinstalls/2026-09/external-install", delete(uninstall))
        .with_state(Arc::clone(hubspot))
}

/// Why the API refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("missing or invalid client id")]
    ClientId,
    #[error("missing or invalid client secret")]
    ClientSecret,
    #[error("unsupported grant type")]
    GrantType,
    #[error("missing or unknown auth code")]
    Code,
    #[error("redirect URI does not match the one used when the code was created")]
    RedirectUri,
    #[error("the access token is expired or invalid")]
    Token,
    #[error("the operating system's random number generator failed")]
    RandomNumbers,
}

impl From<CodeProblem> for Refusal {
    fn from(problem: CodeProblem) -> Self {
        match problem {
            CodeProblem::Code => Self::Code,
            CodeProblem::RedirectUri => Self::RedirectUri,
        }
    }
}

impl From<getrandom::Error> for Refusal {
    fn from(_: getrandom::Error) -> Self {
        Self::RandomNumbers
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let oauth = |status: &str, error: &str| {
            json!({
                "status": status,
                "message": self.to_string(),
                "error": error,
                "error_description": self.to_string(),
            })
        };
        let general = |category: &str| {
            json!({
                "status": "error",
                "message": self.to_string(),
                "correlationId": "local-oauth",
                "category": category,
            })
        };
        let bad = StatusCode::BAD_REQUEST;
        let (status, body) = match self {
            Self::ClientId => (bad, oauth("BAD_CLIENT_ID", "invalid_client")),
            Self::ClientSecret => (bad, oauth("BAD_CLIENT_SECRET", "invalid_client")),
            Self::GrantType => (bad, oauth("BAD_GRANT_TYPE", "unsupported_grant_type")),
            Self::Code => (bad, oauth("BAD_AUTH_CODE", "invalid_grant")),
            Self::RedirectUri => (bad, oauth("BAD_REDIRECT_URI", "invalid_grant")),
            Self::Token => (StatusCode::UNAUTHORIZED, general("INVALID_AUTHENTICATION")),
            Self::RandomNumbers => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                (status, general("INTERNAL_ERROR"))
            }
        };
        (status, Json(body)).into_response()
    }
}

#[derive(Deserialize)]
struct Credentials {
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Credentials {
    fn check(&self, hubspot: &HubSpot) -> Result<(), Refusal> {
        if self.client_id.as_deref() != Some(sample::CLIENT_ID) {
            return Err(Refusal::ClientId);
        }
        let secret = self.client_secret.clone().map(Secret::new);
        if secret.as_ref() != Some(&hubspot.signer.secret) {
            return Err(Refusal::ClientSecret);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(flatten)]
    credentials: Credentials,
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
}

async fn exchange(
    State(hubspot): State<Arc<HubSpot>>,
    Form(form): Form<Exchange>,
) -> Result<Json<Value>, Refusal> {
    form.credentials.check(&hubspot)?;
    if form.grant_type.as_deref() != Some("authorization_code") {
        return Err(Refusal::GrantType);
    }
    let code = form.code.unwrap_or_default();
    let redirect_uri = form.redirect_uri.unwrap_or_default();
    let mut state = hubspot.state.lock().await;
    let token = state
        .grants
        .exchange(&code, &redirect_uri, Timestamp::now())??;
    state.touch();
    Ok(Json(json!({
        "token_type": "bearer",
        "access_token": token.access,
        "refresh_token": random()?,
        "expires_in": TOKEN_LIFETIME.as_secs(),
        "hub_id": token.portal,
        "user_id": sample::Meeting::default().user_id,
        "scopes": ["oauth"],
    })))
}

#[derive(Deserialize)]
struct Introspection {
    #[serde(flatten)]
    credentials: Credentials,
    token: Option<String>,
}

async fn introspect(
    State(hubspot): State<Arc<HubSpot>>,
    Form(form): Form<Introspection>,
) -> Result<Json<Value>, Refusal> {
    form.credentials.check(&hubspot)?;
    let now = Timestamp::now();
    let state = hubspot.state.lock().await;
    let token = form.token.and_then(|token| state.grants.token(&token, now));
    let Some(token) = token else {
        return Ok(Json(json!({"active": false})));
    };
    let mut answer = description(&token, &state.grants, now);
    if let Value::Object(fields) = &mut answer {
        fields.insert("active".to_owned(), true.into());
    }
    Ok(Json(answer))
}

/// Introspection as in version 1, with the token in the path.
async fn describe(
    State(hubspot): State<Arc<HubSpot>>,
    Path(token): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let now = Timestamp::now();
    let state = hubspot.state.lock().await;
    let token = state.grants.token(&token, now).ok_or(Refusal::Token)?;
    let mut answer = description(&token, &state.grants, now);
    if let Value::Object(fields) = &mut answer {
        fields.insert("token".to_owned(), token.access.into());
    }
    Ok(Json(answer))
}

fn description(token: &Token, grants: &Grants, now: Timestamp) -> Value {
    let meeting = sample::Meeting::default();
    json!({
        "token_type": "access",
        "hub_id": token.portal,
        "hub_domain": grants.account(token.portal).map(|account| account.domain),
        "app_id": AppId::FIRST,
        "user": meeting.user_email,
        "user_id": meeting.user_id,
        "scopes": ["oauth"],
        "expires_in": token.left(now).as_secs(),
    })
}

async fn uninstall(
    State(hubspot): State<Arc<HubSpot>>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or(Refusal::Token)?;
    let mut state = hubspot.state.lock().await;
    let token = state.grants.token(token, Timestamp::now());
    let token = token.ok_or(Refusal::Token)?;
    state.grants.uninstall(token.portal);
    state.touch();
    Ok(StatusCode::NO_CONTENT)
}
