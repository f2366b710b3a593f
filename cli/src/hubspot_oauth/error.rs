//! Errors of HubSpot's OAuth API, each with a remedy.

use crate::hubspot_no_answer::NoAnswer;
use crate::hubspot_refusal::HubSpotMessage;

/// HubSpot refused a request, or gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OauthError {
    /// `BAD_AUTH_CODE`
    #[error(
        "HubSpot does not accept the code ({0}): it was already used or has expired. Run the command \
         again and authorize the app within a minute"
    )]
    Code(HubSpotMessage),
    /// `BAD_REDIRECT_URI`
    #[error(
        "HubSpot does not know the redirect URL {redirect_uri} ({said}). It must be listed, exactly, \
         under auth.redirectUrls in hubspot-app/src/app/app-hsmeta.json of the uploaded app; --port \
         chooses its port"
    )]
    RedirectUri {
        /// The URL that was sent.
        redirect_uri: String,
        /// HubSpot's message.
        said: HubSpotMessage,
    },
    /// `BAD_CLIENT_ID`
    #[error("HubSpot has no app with this client ID ({0}): copy it again from the app's Auth tab")]
    ClientId(HubSpotMessage),
    /// `BAD_CLIENT_SECRET`
    #[error(
        "HubSpot does not accept the client secret ({0}): copy it again from the Auth tab of the same \
         app as the client ID; the developer API key is something else"
    )]
    ClientSecret(HubSpotMessage),
    /// `BAD_SCOPES`
    #[error(
        "HubSpot refuses the scopes ({0}): the uploaded app must require \"oauth\" and no other, as in \
         hubspot-app/src/app/app-hsmeta.json"
    )]
    Scopes(HubSpotMessage),
    /// `BAD_HUB`
    #[error(
        "HubSpot refuses this account ({0}): it must be on the Distribution tab of the app, which takes \
         10 accounts besides test accounts, and --hub-id must be its number"
    )]
    Hub(HubSpotMessage),
    /// The account uses App Governance, and no admin has approved the app yet.
    #[error(
        "an admin of the account must approve the app first ({0}): Settings → Integrations → Connected \
         Apps → Approved apps"
    )]
    NotApproved(HubSpotMessage),
    /// HubSpot rejects the token.
    #[error(
        "HubSpot does not accept the token that it has just issued ({0}): is the app still installed? \
         Run the command again"
    )]
    Token(HubSpotMessage),
    /// The user lacks the permission.
    #[error(
        "HubSpot denies this user permission ({0}): this requires a Super Admin, or the permission HubSpot \
         Marketplace Access"
    )]
    NotAllowed(HubSpotMessage),
    /// Any other refusal.
    #[error("HubSpot refused the request ({0})")]
    Refused(HubSpotMessage),
    /// 429 or 5xx. The attempt has used up the code, so there is no retry.
    #[error(
        "HubSpot has an internal error or limits the rate of requests ({0}): run the command again in a few \
         minutes, and see https://status.hubspot.com"
    )]
    Failing(HubSpotMessage),
    /// HubSpot gave no usable answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
}

impl OauthError {
    /// The error that matches HubSpot's message. `redirect_uri` is the URL that was sent.
    pub(super) fn from_message(said: HubSpotMessage, redirect_uri: &str) -> Self {
        let texts = [said.code(), said.message()];
        let texts: Vec<_> = texts.into_iter().flatten().map(str::to_lowercase).collect();
        let says = |part: &str| texts.iter().any(|text| text.contains(part));
        match said.status() {
            429 | 500.. => Self::Failing(said),
            _ if says("bad_client_secret") => Self::ClientSecret(said),
            _ if says("bad_client_id") => Self::ClientId(said),
            _ if says("bad_redirect_uri") => Self::RedirectUri {
                redirect_uri: redirect_uri.to_owned(),
                said,
            },
            _ if says("bad_scopes") => Self::Scopes(said),
            _ if says("bad_hub") || says("distribution") => Self::Hub(said),
            _ if says("approved") => Self::NotApproved(said),
            _ if says("bad_auth_code") || says("invalid_grant") => Self::Code(said),
            _ if says("invalid_client") => Self::ClientSecret(said),
            401 => Self::Token(said),
            403 => Self::NotAllowed(said),
            _ => Self::Refused(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_refusal_says_what_to_do() {
        for (status, body, remedy) in [
            (
                400,
                r#"{"status":"BAD_AUTH_CODE","message":"missing or unknown auth code"}"#,
                "has expired",
            ),
            (400, r#"{"error":"invalid_grant"}"#, "has expired"),
            (
                400,
                r#"{"status":"BAD_REDIRECT_URI"}"#,
                "http://localhost:8910/callback",
            ),
            (400, r#"{"status":"BAD_CLIENT_ID"}"#, "Auth tab"),
            (
                400,
                r#"{"status":"BAD_CLIENT_SECRET"}"#,
                "the client secret",
            ),
            (401, r#"{"error":"invalid_client"}"#, "the client secret"),
            (400, r#"{"status":"BAD_SCOPES"}"#, "scopes"),
            (400, r#"{"status":"BAD_HUB"}"#, "Distribution tab"),
            (
                403,
                r#"{"message":"The app hasn't been approved"}"#,
                "Approved apps",
            ),
            (
                401,
                r#"{"status":"error","category":"INVALID_AUTHENTICATION"}"#,
                "the token",
            ),
            (403, r#"{"status":"error"}"#, "Super Admin"),
            (429, "{}", "limits the rate"),
            (502, "<html>", "status.hubspot.com"),
        ] {
            let said = HubSpotMessage::new(status, body.as_bytes(), &[]);
            let error =
                OauthError::from_message(said, "http://localhost:8910/callback").to_string();
            assert!(error.contains(remedy), "{body}: {error}");
        }
    }
}
