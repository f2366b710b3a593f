//! HubSpot's consent page: an admin chooses an account and approves the app, or denies it. It works
//! without JavaScript.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{StatusCode, Uri};
use serde::Deserialize;
use shared::identifiers::PortalId;
use shared::timestamp::Timestamp;
use url::form_urlencoded::Serializer;

use crate::hubspot::grants::{Account, PendingConsent};
use crate::hubspot::state::HubSpot;
use crate::sample;

/// No script, and no `form-action`: Chromium applies that to the redirect after the form, too.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// The routes.
pub(super) fn router(hubspot: &Arc<HubSpot>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(show_for_any_account).post(submit))
        .route("/oauth/{account}/authorize", get(show_for_account))
        .with_state(Arc::clone(hubspot))
}

/// Why HubSpot shows no consent form. These errors stay on HubSpot's page; the app is not notified.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum ConsentError {
    #[error("There is no app with this client ID.")]
    ClientId,
    #[error(
        "The redirect URL is not one of the app's. It must be http://localhost:PORT/callback \
         exactly."
    )]
    RedirectUri,
    #[error("The scopes must be exactly those of the app: oauth.")]
    Scopes,
    #[error("There is no account with this ID.")]
    Account,
    #[error("This form was already submitted or has expired. Start the installation again.")]
    NotPending,
    #[error("The operating system’s random number generator failed.")]
    RandomNumbers,
}

impl From<getrandom::Error> for ConsentError {
    fn from(_: getrandom::Error) -> Self {
        Self::RandomNumbers
    }
}

impl IntoResponse for ConsentError {
    fn into_response(self) -> Response {
        let text = format!(
            "<h1>The app can’t be connected</h1><p id=\"refusal\" class=\"problem\">{self}</p>"
        );
        page(StatusCode::BAD_REQUEST, &text)
    }
}

/// The query of HubSpot's authorization URL.
#[derive(Deserialize)]
struct Authorization {
    client_id: Option<String>,
    scope: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
}

async fn show_for_any_account(
    State(hubspot): State<Arc<HubSpot>>,
    Query(asked): Query<Authorization>,
) -> Result<Response, ConsentError> {
    show(&hubspot, asked, None).await
}

async fn show_for_account(
    State(hubspot): State<Arc<HubSpot>>,
    Path(account): Path<String>,
    Query(asked): Query<Authorization>,
) -> Result<Response, ConsentError> {
    let account = account.parse().map_err(|_| ConsentError::Account)?;
    show(&hubspot, asked, Some(account)).await
}

async fn show(
    hubspot: &HubSpot,
    asked: Authorization,
    account: Option<PortalId>,
) -> Result<Response, ConsentError> {
    if asked.client_id.as_deref() != Some(sample::CLIENT_ID) {
        return Err(ConsentError::ClientId);
    }
    let redirect_uri = asked.redirect_uri.unwrap_or_default();
    if !is_registered(&redirect_uri) {
        return Err(ConsentError::RedirectUri);
    }
    if asked.scope.as_deref() != Some("oauth") {
        return Err(ConsentError::Scopes);
    }
    let mut state = hubspot.state.lock().await;
    let accounts: Vec<Account> = match account {
        Some(portal) => {
            let found = state.grants.account(portal).cloned();
            vec![found.ok_or(ConsentError::Account)?]
        }
        None => state.grants.accounts().to_vec(),
    };
    let consent = state.grants.ask(account, redirect_uri, asked.state)?;
    drop(state);
    Ok(page(StatusCode::OK, &form(&consent, &accounts)))
}

/// The app's redirect URLs. HubSpot allows plain http for `localhost` only.
fn is_registered(redirect_uri: &str) -> bool {
    let uri: Option<Uri> = redirect_uri.parse().ok();
    uri.and_then(|uri| uri.port_u16())
        .is_some_and(|port| redirect_uri == format!("http://localhost:{port}/callback"))
}

fn form(consent: &PendingConsent, accounts: &[Account]) -> String {
    let mut choices = String::new();
    for (index, account) in accounts.iter().enumerate() {
        let Account {
            portal_id, domain, ..
        } = account;
        let checked = if index == 0 { " checked" } else { "" };
        let installed = if account.installed {
            ", already has the app"
        } else {
            ""
        };
        // Writing to a string never fails.
        let choice = write!(
            choices,
            "<label><input type=\"radio\" name=\"account\" id=\"account-{portal_id}\" \
             value=\"{portal_id}\"{checked}> {domain} ({portal_id}{installed})</label>"
        );
        choice.ok();
    }
    format!(
        "<h1>Connect “Our video conferences”</h1>\
         <p>Simulated HubSpot on this machine: an admin of the account approves the app here.</p>\
         <form method=\"post\" action=\"/oauth/authorize\">\
         <input type=\"hidden\" name=\"consent\" value=\"{}\">\
         <fieldset><legend>Account</legend>{choices}</fieldset>\
         <p class=\"quiet\">The app asks for: oauth (basic information about the account)</p>\
         <div class=\"actions\">\
         <button id=\"allow\" class=\"primary\" name=\"decision\" value=\"allow\">Connect app</button>\
         <button id=\"deny\" name=\"decision\" value=\"deny\">Cancel</button></div></form>",
        consent.id
    )
}

#[derive(Deserialize)]
struct Submitted {
    consent: String,
    account: Option<PortalId>,
    decision: Option<String>,
}

async fn submit(
    State(hubspot): State<Arc<HubSpot>>,
    Form(submitted): Form<Submitted>,
) -> Result<Response, ConsentError> {
    let mut state = hubspot.state.lock().await;
    let consent = state.grants.take_consent(&submitted.consent);
    let consent = consent.ok_or(ConsentError::NotPending)?;
    let mut query = Serializer::new(String::new());
    if submitted.decision.as_deref() == Some("allow") {
        let portal = consent.account.or(submitted.account);
        let portal = portal.filter(|portal| state.grants.account(*portal).is_some());
        let portal = portal.ok_or(ConsentError::Account)?;
        let redirect_uri = consent.redirect_uri.clone();
        let code = state.grants.allow(portal, redirect_uri, Timestamp::now())?;
        query.append_pair("code", &code);
    } else {
        query.append_pair("error", "access_denied");
        query.append_pair("error_description", "The user denied access");
    }
    if let Some(state) = &consent.state {
        query.append_pair("state", state);
    }
    let location = format!("{}?{}", consent.redirect_uri, query.finish());
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, "no-store".to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn page(status: StatusCode, content: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Connect an app</title>\
         <link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"/style.css\"></head>\
         <body><main class=\"consent\"><section>{content}</section></main></body></html>"
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // Without a referrer policy that allows it, the form's request would have no origin to check.
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_url_must_match_exactly() {
        assert!(is_registered("http://localhost:8910/callback"));
        for other in [
            "",
            "http://localhost/callback",
            "http://localhost:8910/callback/",
            "http://localhost:8910/callback?a=b",
            "http://127.0.0.1:8910/callback",
            "https://localhost:8910/callback",
            "http://localhost:8910@evil.example/callback",
            "http://localhost:08910/callback",
        ] {
            assert!(!is_registered(other), "{other}");
        }
    }
}
