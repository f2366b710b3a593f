//! Errors of HubSpot's settings API, each with a remedy. They include HubSpot's own message, because its
//! support asks for it.

use std::time::Duration;

use simulator::settings::AppId;

use super::credential::Credential;
use crate::hubspot_no_answer::NoAnswer;
use crate::hubspot_refusal::HubSpotMessage;

/// A note about apps that were uploaded with HubSpot's CLI.
const PROJECT_APP: &str = "HubSpot does not document whether this API accepts the ID of an app that was \
     uploaded as a project: if the ID and the key are right, try --api-version v3, and give HubSpot's \
     support the correlation ID";

/// A request to HubSpot's settings API failed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// 401: the credential is invalid, or of a kind that this API doesn't accept.
    #[error(
        "HubSpot does not accept {credential} ({said}). This API requires the developer account's API \
         key in HUBSPOT_DEVELOPER_API_KEY, or the app's OAuth token; a private app's token does not \
         work"
    )]
    NotAuthenticated {
        /// The name of the credential.
        credential: Credential,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// 403: the credential is valid, but not for this app.
    #[error(
        "HubSpot accepts {credential}, but not for this request ({said}). This API requires the API key of the \
         developer account that owns app {app} in HUBSPOT_DEVELOPER_API_KEY; a portal's token has no \
         scope for it. {PROJECT_APP}"
    )]
    NotAllowed {
        /// The name of the credential.
        credential: Credential,
        /// The requested app.
        app: AppId,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// 404 to a change.
    #[error(
        "HubSpot does not know app {app} ({said}). Compare --app-id with the app's number in the \
         developer account that the credential belongs to. {PROJECT_APP}"
    )]
    UnknownApp {
        /// The requested app.
        app: AppId,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// Any other 4xx to a GET, which is how HubSpot reports that there are no settings.
    #[error(
        "nothing is registered for app {app} ({said}). If the number is right, register the URLs \
         with: settings set --app-id {app} --stack NAME"
    )]
    NothingRegistered {
        /// The requested app.
        app: AppId,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// 429 to every attempt.
    #[error("HubSpot's rate limit is exceeded ({said}), {attempts} times in a row: {}", wait(*.after))]
    Throttled {
        /// The number of attempts.
        attempts: u32,
        /// The wait that HubSpot asks for.
        after: Option<Duration>,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// 5xx to every attempt.
    #[error(
        "HubSpot has an internal error ({said}), {attempts} times in a row: {}, and see \
         https://status.hubspot.com",
        wait(*.after)
    )]
    Failing {
        /// The number of attempts.
        attempts: u32,
        /// The wait that HubSpot asks for.
        after: Option<Duration>,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// HubSpot rejects the settings.
    #[error("HubSpot refuses the settings ({said}): correct what it names and try again")]
    Refused {
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// HubSpot gave no usable answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// HubSpot accepted a change but didn't show it in time.
    #[error(
        "HubSpot accepted the change, but doesn't show it after {} s. Check again in a few minutes with: \
         settings show --app-id {app}",
        waited.as_secs()
    )]
    NotShown {
        /// The app.
        app: AppId,
        /// How long the client waited.
        waited: Duration,
    },
    /// HubSpot accepted a change, but the settings can't be read back.
    #[error(
        "HubSpot accepted the change, but reading the settings back failed. Check with: settings show \
         --app-id {app}"
    )]
    Unconfirmed {
        /// The app.
        app: AppId,
        /// The cause.
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
