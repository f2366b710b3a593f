//! One OAuth authorization: the URL that an account's admin opens, and the answer in the redirect ([RFC 6749,
//! section 4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1); [HubSpot, "Working with OAuth"][oauth]).
//!
//! [oauth]: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth

use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use shared::identifiers::PortalId;
use shared::public_url::PublicBaseUrl;
use shared::secret::Secret;
use url::form_urlencoded;

use shared::printable::printable;

/// The path of the redirect URL, as in `hubspot-app/src/app/app-hsmeta.json`.
pub(crate) const CALLBACK_PATH: &str = "/callback";
/// The scope that every app has ([HubSpot, "App configuration"][app]). HubSpot names no other for the extension.
///
/// [app]: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/app-configuration
const SCOPE: &str = "oauth";
/// Length of the state in bytes: 256 bits can't be guessed.
const STATE_BYTES: usize = 32;

/// A HubSpot app's client ID, which is not secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(String);

impl ClientId {
    /// The client ID as HubSpot shows it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if text.is_empty() || !text.chars().all(fits) {
            return Err(
                "must be the client ID from the app's Auth tab: letters, digits and dashes",
            );
        }
        Ok(Self(text.to_owned()))
    }
}

/// The operating system provides no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("this machine provides no random numbers: {0}")]
pub(crate) struct NoRandomNumbers(getrandom::Error);

/// The redirect carries no code for this command.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    /// The URL is not the redirect URL.
    #[error(
        "that is not the address of the browser's last page, which begins with http://localhost and \
         contains code= and state="
    )]
    NotCallback,
    /// The state is not the one that this command sent.
    #[error(
        "that answer belongs to another run of this command (its state differs). Open the address \
         that this run printed"
    )]
    OtherState,
    /// The user or HubSpot denied the request.
    #[error("HubSpot denied the authorization: {0}")]
    Denied(String),
    /// The answer contains neither a code nor an error.
    #[error("HubSpot's answer has no code. Open the address again")]
    NoCode,
}

/// An authorization in progress.
#[derive(Debug)]
pub(crate) struct Authorization {
    app_base: PublicBaseUrl,
    client_id: ClientId,
    hub: Option<PortalId>,
    redirect_uri: String,
    state: Secret,
}

impl Authorization {
    /// Starts an authorization of the app `client_id` at HubSpot's `app_base`. HubSpot redirects to
    /// `port` on this machine. `hub` is the account; without it, the page lets the admin choose.
    ///
    /// # Errors
    /// [`NoRandomNumbers`] if the operating system can't provide random bytes for the state.
    pub(crate) fn begin(
        app_base: PublicBaseUrl,
        client_id: ClientId,
        hub: Option<PortalId>,
        port: u16,
    ) -> Result<Self, NoRandomNumbers> {
        let mut state = [0; STATE_BYTES];
        getrandom::fill(&mut state).map_err(NoRandomNumbers)?;
        Ok(Self {
            app_base,
            client_id,
            hub,
            // HubSpot allows plain http only for this host name, not for 127.0.0.1:
            // https://developers.hubspot.com/changelog/2018-03-05-oauth2-redirect-uri-served-over-http-localhost
            redirect_uri: format!("http://localhost:{port}{CALLBACK_PATH}"),
            state: Secret::new(BASE64URL_NOPAD.encode(&state)),
        })
    }

    /// The page at HubSpot where an admin chooses the account and approves the app.
    pub(crate) fn url(&self) -> String {
        let path = self.hub.map_or_else(
            || "/oauth/authorize".to_owned(),
            |hub| format!("/oauth/{hub}/authorize"),
        );
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.client_id.as_str())
            .append_pair("scope", SCOPE)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("state", &String::from_utf8_lossy(self.state.expose()))
            .finish();
        self.app_base.join(&path, Some(&query))
    }

    /// The redirect URL. The exchange of the code has to repeat it exactly.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Extracts the code from the URL at which the browser ended, as pasted by the user.
    ///
    /// # Errors
    /// [`AnswerError`] if the URL is not the redirect URL, has another state, or carries no code.
    pub(crate) fn read_address(&self, address: &str) -> Result<Secret, AnswerError> {
        let address = address.trim().trim_matches(['"', '\'', '<', '>']);
        let query = address
            .strip_prefix(&self.redirect_uri)
            .and_then(|rest| rest.strip_prefix('?'));
        self.read_query(query.ok_or(AnswerError::NotCallback)?)
    }

    /// Extracts the code from the query of the redirect.
    ///
    /// # Errors
    /// [`AnswerError`] if the query has another state or carries no code. Never
    /// [`AnswerError::NotCallback`].
    pub(crate) fn read_query(&self, query: &str) -> Result<Secret, AnswerError> {
        let query = query.split('#').next().unwrap_or_default();
        let field = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let found = pairs.find(|(key, _)| key == name)?.1.into_owned();
            (!found.is_empty()).then_some(found)
        };
        if field("state").map(Secret::new).as_ref() != Some(&self.state) {
            return Err(AnswerError::OtherState);
        }
        if let Some(error) = field("error") {
            let description = field("error_description").map(|text| format!(" ({text})"));
            let said = format!("{error}{}", description.unwrap_or_default());
            return Err(AnswerError::Denied(printable(&said)));
        }
        field("code").map(Secret::new).ok_or(AnswerError::NoCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin() -> Authorization {
        let base = "https://app.hubspot.com".parse().unwrap();
        Authorization::begin(base, "client-1".parse().unwrap(), None, 8910).unwrap()
    }

    fn answer(authorization: &Authorization, more: &str) -> String {
        let state = String::from_utf8_lossy(authorization.state.expose()).into_owned();
        format!("http://localhost:8910/callback?state={state}{more}")
    }

    #[test]
    fn the_url_asks_for_one_scope_and_names_the_registered_redirect_url() {
        let url = begin().url();
        let expected = "https://app.hubspot.com/oauth/authorize?client_id=client-1&scope=oauth&\
            redirect_uri=http%3A%2F%2Flocalhost%3A8910%2Fcallback&state=";
        assert!(url.starts_with(expected), "{url}");
        let base = "https://app.hubspot.com".parse().unwrap();
        let hub = Some(PortalId::new(7));
        let one = Authorization::begin(base, "c".parse().unwrap(), hub, 1).unwrap();
        let expected = "https://app.hubspot.com/oauth/7/authorize?";
        assert!(one.url().starts_with(expected), "{}", one.url());
    }

    #[test]
    fn a_code_is_accepted_only_with_this_commands_state() {
        let (ours, other) = (begin(), begin());
        let address = answer(&ours, "&code=a%2Fb+c");
        assert_eq!(ours.read_address(&address), Ok(Secret::new("a/b c")));
        assert_eq!(
            ours.read_address(&format!(" <{address}#x>\n")),
            Ok(Secret::new("a/b c"))
        );
        assert_eq!(other.read_address(&address), Err(AnswerError::OtherState));
        let stateless = "http://localhost:8910/callback?code=c";
        assert_eq!(ours.read_address(stateless), Err(AnswerError::OtherState));
    }

    #[test]
    fn an_address_that_is_not_an_answer_is_reported() {
        let authorization = begin();
        let read = |address: &str| authorization.read_address(address);
        for text in [
            "",
            "y",
            "https://localhost:8910/callback?code=c",
            "http://localhost:1/callback?",
        ] {
            assert_eq!(read(text), Err(AnswerError::NotCallback), "{text}");
        }
        assert_eq!(
            read(&answer(&authorization, "&code=")),
            Err(AnswerError::NoCode)
        );
        let denied = answer(
            &authorization,
            "&error=access_denied&error_description=no%1B%5B2J",
        );
        let expected = AnswerError::Denied("access_denied (no\\u{1b}[2J)".to_owned());
        assert_eq!(read(&denied), Err(expected));
    }

    #[test]
    fn neither_state_nor_code_is_printed() {
        let authorization = begin();
        let code = authorization.read_address(&answer(&authorization, "&code=c0de"));
        let shown = format!("{authorization:?} {code:?}");
        let state = String::from_utf8_lossy(authorization.state.expose()).into_owned();
        assert!(
            !shown.contains("c0de") && !shown.contains(&state),
            "{shown}"
        );
    }
}
