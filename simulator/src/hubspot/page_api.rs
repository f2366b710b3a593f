//! The API of the page: the current state, meetings, resending, copying and clearing requests, and starting
//! or stopping the store. Every change is a PUT, a DELETE or a JSON body: from another site's page, a browser
//! sends these only after a CORS preflight ([Fetch, "CORS
//! protocol"](https://fetch.spec.whatwg.org/#http-cors-protocol)), which this API never allows.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::conference_id::ConferenceId;
use shared::repository::StoreError;
use shared::timestamp::Timestamp;

use super::grants::Account;
use super::meetings::{Meeting, MeetingError, NewMeeting, Plan};
use super::record::RecordedRequest;
use super::state::HubSpot;
use super::users::HubSpotUser;
use super::webhooks::{NotRepeatable, Repetition};
use crate::error::SimulatorError;
use crate::registry::RegisteredUrls;
use crate::settings::AppId;

/// The routes.
pub(super) fn router(hubspot: &Arc<HubSpot>) -> Router {
    Router::new()
        .route("/hubspot/state", get(show_state))
        .route("/hubspot/meetings", post(schedule))
        .route("/hubspot/meetings/{id}", put(reschedule).delete(cancel))
        .route("/hubspot/requests", delete(clear))
        .route("/hubspot/requests/{id}/repeat", post(repeat))
        .route("/hubspot/requests/{id}/curl", post(copy_as_curl))
        .route("/hubspot/conferences/{id}", get(show_conference))
        .route("/hubspot/store", put(switch_store))
        .with_state(Arc::clone(hubspot))
}

/// Why a request of the page failed.
#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error(transparent)]
    Meeting(#[from] MeetingError),
    #[error(transparent)]
    NotRepeatable(#[from] NotRepeatable),
    #[error("the store has no such conference")]
    NoConference,
    #[error("the store doesn't answer: start it with the button at the top")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Local(#[from] SimulatorError),
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Meeting(
                MeetingError::NothingRegistered
                | MeetingError::NotInstalled(_)
                | MeetingError::Cancelled(_),
            )
            | Self::NotRepeatable(
                NotRepeatable::NotAWebhook | NotRepeatable::TooLarge | NotRepeatable::NotText,
            ) => StatusCode::CONFLICT,
            Self::Meeting(MeetingError::UnknownHost(..)) => StatusCode::FORBIDDEN,
            Self::Meeting(MeetingError::NoLength) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Meeting(MeetingError::NotFound(_))
            | Self::NotRepeatable(NotRepeatable::NotRecorded(_))
            | Self::NoConference => StatusCode::NOT_FOUND,
            Self::Meeting(_) => StatusCode::BAD_GATEWAY,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Local(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({"message": self.to_string()}))).into_response()
    }
}

/// The state of the system, as the page shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    version: u64,
    app: Option<App>,
    accounts: Vec<Account>,
    users: Vec<HubSpotUser>,
    store_runs: bool,
    meetings: Vec<Meeting>,
    requests: Vec<RecordedRequest>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct App {
    app_id: AppId,
    settings: RegisteredUrls,
}

/// The version of the state that the page already shows.
#[derive(Deserialize)]
struct Known {
    version: Option<u64>,
}

/// 204 if nothing has changed.
async fn show_state(State(hubspot): State<Arc<HubSpot>>, Query(known): Query<Known>) -> Response {
    let store_runs = hubspot.store.is_running().await;
    let state = hubspot.state.lock().await;
    if known.version == Some(state.version) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let app = state.apps.current().cloned();
    Json(Shown {
        version: state.version,
        app: app.map(|(app_id, settings)| App { app_id, settings }),
        accounts: state.grants.accounts().to_vec(),
        users: state.users.all().to_vec(),
        store_runs,
        meetings: state.meetings.newest_first(),
        requests: state.requests.newest_first(),
    })
    .into_response()
}

async fn schedule(
    State(hubspot): State<Arc<HubSpot>>,
    Json(meeting): Json<NewMeeting>,
) -> Result<Json<Meeting>, PageError> {
    Ok(Json(hubspot.schedule(meeting).await?))
}

async fn reschedule(
    State(hubspot): State<Arc<HubSpot>>,
    Path(id): Path<u64>,
    Json(plan): Json<Plan>,
) -> Result<Json<Meeting>, PageError> {
    Ok(Json(hubspot.reschedule(id, plan).await?))
}

async fn cancel(
    State(hubspot): State<Arc<HubSpot>>,
    Path(id): Path<u64>,
) -> Result<Json<Meeting>, PageError> {
    Ok(Json(hubspot.cancel(id).await?))
}

async fn clear(State(hubspot): State<Arc<HubSpot>>) -> StatusCode {
    let mut state = hubspot.state.lock().await;
    state.touch();
    state.requests.clear();
    StatusCode::NO_CONTENT
}

/// How to resend a webhook.
#[derive(Deserialize)]
struct Repeat {
    how: Repetition,
}

async fn repeat(
    State(hubspot): State<Arc<HubSpot>>,
    Path(id): Path<u64>,
    Json(repeat): Json<Repeat>,
) -> Result<Json<RecordedRequest>, PageError> {
    Ok(Json(hubspot.repeat(id, repeat.how).await?))
}

/// An empty JSON body. It makes a browser send a preflight before another site's page may send it.
#[derive(Deserialize)]
struct Empty {}

/// A command for a terminal.
#[derive(Serialize)]
struct Command {
    command: String,
}

async fn copy_as_curl(
    State(hubspot): State<Arc<HubSpot>>,
    Path(id): Path<u64>,
    Json(Empty {}): Json<Empty>,
) -> Result<Json<Command>, PageError> {
    let command = hubspot.curl(id, Timestamp::now()).await?;
    Ok(Json(Command { command }))
}

async fn show_conference(
    State(hubspot): State<Arc<HubSpot>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, PageError> {
    let id = ConferenceId::parse(&id).ok_or(PageError::NoConference)?;
    let stored = hubspot.stored(Some(&id)).await?;
    let stored = stored.ok_or(PageError::NoConference)?;
    Ok(Json(json!(stored)))
}

/// Whether the store should run.
#[derive(Deserialize)]
struct Switch {
    runs: bool,
}

async fn switch_store(
    State(hubspot): State<Arc<HubSpot>>,
    Json(switch): Json<Switch>,
) -> Result<StatusCode, PageError> {
    if switch.runs {
        hubspot.store.start_again().await?;
    } else {
        hubspot.store.stop().await;
    }
    hubspot.state.lock().await.touch();
    Ok(StatusCode::NO_CONTENT)
}
