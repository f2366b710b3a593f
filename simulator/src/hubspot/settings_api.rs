//! HubSpot's settings API, in all four versions of its path ([HubSpot, "Video conference
//! extension"][guide]). HubSpot's own client libraries work with it; on this machine it accepts any key
//! or token.
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::state::HubSpot;
use crate::registry::{RegisteredUrls, RegistrationError};
use crate::settings::{ApiVersion, AppId};

/// The number of the next error, for unique correlation IDs.
static NEXT_ERROR: AtomicU64 = AtomicU64::new(1);

/// The routes.
pub(super) fn router(hubspot: &Arc<HubSpot>) -> Router {
    let mut router = Router::new();
    for version in ApiVersion::ALL {
        let path = version.path("{appId}");
        router = router.route(&path, get(show).put(replace).delete(remove));
    }
    router.with_state(Arc::clone(hubspot))
}

/// Why a request to the settings API failed.
#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("give the developer account's API key as hapikey, or a bearer token")]
    NoCredentials,
    #[error("{0}")]
    AppId(&'static str),
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    #[error("app {0} has no settings")]
    NotSet(AppId),
}

impl IntoResponse for ApiError {
    /// HubSpot's error format.
    fn into_response(self) -> Response {
        let (status, category) = match self {
            Self::NoCredentials => (StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION"),
            Self::AppId(_) | Self::Registration(_) => (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
            Self::NotSet(_) => (StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND"),
        };
        let number = NEXT_ERROR.fetch_add(1, Ordering::Relaxed);
        let body = json!({
            "status": "error",
            "message": self.to_string(),
            "correlationId": format!("local-settings-{number}"),
            "category": category,
        });
        (status, Json(body)).into_response()
    }
}

#[derive(Deserialize)]
struct Key {
    hapikey: Option<String>,
}

async fn show(
    State(hubspot): State<Arc<HubSpot>>,
    Path(app): Path<String>,
    Query(key): Query<Key>,
    headers: HeaderMap,
) -> Result<Json<RegisteredUrls>, ApiError> {
    let app = authorize(&app, &key, &headers)?;
    let state = hubspot.state.lock().await;
    let urls = state.apps.get(app).cloned();
    urls.map(Json).ok_or(ApiError::NotSet(app))
}

async fn replace(
    State(hubspot): State<Arc<HubSpot>>,
    Path(app): Path<String>,
    Query(key): Query<Key>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RegisteredUrls>, ApiError> {
    let app = authorize(&app, &key, &headers)?;
    let urls = RegisteredUrls::parse(&body)?;
    let mut state = hubspot.state.lock().await;
    state.apps.put(app, urls.clone());
    state.touch();
    Ok(Json(urls))
}

async fn remove(
    State(hubspot): State<Arc<HubSpot>>,
    Path(app): Path<String>,
    Query(key): Query<Key>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let app = authorize(&app, &key, &headers)?;
    let mut state = hubspot.state.lock().await;
    state.apps.remove(app);
    state.touch();
    Ok(StatusCode::NO_CONTENT)
}

/// Checks the credentials first, then the app's ID, as HubSpot does.
fn authorize(app: &str, key: &Key, headers: &HeaderMap) -> Result<AppId, ApiError> {
    let has_key = key.hapikey.as_ref().is_some_and(|key| !key.is_empty());
    let has_token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .is_some_and(|token| !token.trim().is_empty());
    if !has_key && !has_token {
        return Err(ApiError::NoCredentials);
    }
    app.parse().map_err(ApiError::AppId)
}
