//! What can go wrong with HubSpot's settings API, each with what to do about it. HubSpot's own words
//! come along, because they are what its support asks for.

use std::time::Duration;

use simulator::settings::AppId;

use super::credential::Credential;
use crate::hubspot_no_answer::NoAnswer;
use crate::hubspot_refusal::Said;

/// What is known about apps that HubSpot's CLI uploaded.
const PROJECT_APP: &str = "Whether this API takes the ID of an app that a project made is not documented: \
     if ID and key are right, try --api-version v3, and ask HubSpot's support with the correlation id";

/// Why HubSpot's settings API did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// 401: the credential is none, or of a kind that this API doesn't take.
    #[error(
        "HubSpot does not accept {credential} ({said}). This API wants the developer account's API \
         key in HUBSPOT_DEVELOPER_API_KEY, or the app's OAuth token; a private app's token does not \
         work"
    )]
    NotAuthenticated {
        /// The name of what was shown.
        credential: Credential,
        /// HubSpot's words.
        said: Said,
    },
    /// 403: it is valid, but for something else.
    #[error(
        "HubSpot accepts {credential}, but not for this ({said}). This API wants the API key of the \
         developer account that owns app {app} in HUBSPOT_DEVELOPER_API_KEY; a portal's token has no \
         scope for it. {PROJECT_APP}"
    )]
    NotAllowed {
        /// The name of what was shown.
        credential: Credential,
        /// The app that was asked for.
        app: AppId,
        /// HubSpot's words.
        said: Said,
    },
    /// 404 to a change.
    #[error(
        "HubSpot does not know app {app} ({said}). Compare --app-id with the app's number in the \
         developer account that the credential belongs to. {PROJECT_APP}"
    )]
    UnknownApp {
        /// The app that was asked for.
        app: AppId,
        /// HubSpot's words.
        said: Said,
    },
    /// Any other 4xx to a GET: that is how HubSpot says that there are no settings.
    #[error(
        "nothing is registered for app {app} ({said}). If the number is right, register the URLs \
         with: settings set --app-id {app} --stack NAME"
    )]
    NothingRegistered {
        /// The app that was asked for.
        app: AppId,
        /// HubSpot's words.
        said: Said,
    },
    /// 429, and again after every wait.
    #[error("HubSpot asks to slow down ({said}), {attempts} times in a row: {}", wait(*.after))]
    Throttled {
        /// How often it was asked.
        attempts: u32,
        /// How long HubSpot wants us to wait.
        after: Option<Duration>,
        /// HubSpot's words.
        said: Said,
    },
    /// 5xx, and again after every wait.
    #[error(
        "HubSpot has a problem of its own ({said}), {attempts} times in a row: {}, and see \
         https://status.hubspot.com",
        wait(*.after)
    )]
    Failing {
        /// How often it was asked.
        attempts: u32,
        /// How long HubSpot wants us to wait.
        after: Option<Duration>,
        /// HubSpot's words.
        said: Said,
    },
    /// It refuses what was sent.
    #[error("HubSpot refuses the settings ({said}): correct what it names and try again")]
    Refused {
        /// HubSpot's words.
        said: Said,
    },
    /// No answer of this API.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// HubSpot took a change and doesn't show it in time.
    #[error(
        "HubSpot took the change, but does not show it after {} s. Look again in a few minutes with: \
         settings show --app-id {app}",
        waited.as_secs()
    )]
    NotShown {
        /// Whose settings.
        app: AppId,
        /// How long was waited.
        waited: Duration,
    },
    /// HubSpot took a change; what it shows can't be read.
    #[error(
        "HubSpot took the change, but whether it shows yet can't be told. Look again with: settings \
         show --app-id {app}"
    )]
    Unconfirmed {
        /// Whose settings.
        app: AppId,
        /// Why not.
        #[source]
        source: Box<SettingsError>,
    },
}

fn wait(after: Option<Duration>) -> String {
    match after {
        Some(after) => format!("try again in {} s", after.as_secs().max(1)),
        None => "try again in a few minutes".to_owned(),
    }
}
