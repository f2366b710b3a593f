//! The registered webhook URLs of each app, which HubSpot's settings API manages.

use http::Uri;
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::contract::WebhookName;
use shared::public_url::{PublicBaseUrl, is_https_or_loopback};

use crate::settings::{AppId, Settings};

/// A webhook URL, kept exactly as registered, because it is part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Accepts an https URL. Plain http is only accepted for this machine; HubSpot never accepts it.
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let plain = !uri.host()?.is_empty() && !text.contains(['@', '#']);
        (is_https_or_loopback(&uri) && plain).then(|| Self(text.to_owned()))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why an app's URLs are rejected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The body is not a JSON object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A required URL is missing.
    #[error("{0} is required")]
    Missing(&'static str),
    /// A URL is invalid. An absent URL has to be left out; null or an empty string is invalid.
    #[error("{0} must be an https URL without user name and fragment")]
    Invalid(&'static str),
}

/// An app's URLs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisteredUrls {
    /// Called when a meeting is scheduled.
    pub create_meeting_url: WebhookUrl,
    /// Called when a meeting's title or time changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_meeting_url: Option<WebhookUrl>,
    /// Called when a meeting is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_meeting_url: Option<WebhookUrl>,
    /// Called before each of the other webhooks, to verify the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_verify_url: Option<WebhookUrl>,
    /// Mentioned in HubSpot's API description without an explanation: stored, never called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_accounts_uri: Option<WebhookUrl>,
}

impl RegisteredUrls {
    /// The URLs of the system at `base_url`, as `settings set` registers them.
    ///
    /// # Errors
    /// [`RegistrationError`] if a URL under `base_url` is not a valid webhook URL.
    pub(crate) fn for_system(base_url: &PublicBaseUrl) -> Result<Self, RegistrationError> {
        Self::read(&json!(Settings::under(base_url)))
    }

    /// Parses the body of a settings API request. Unknown fields are ignored.
    ///
    /// # Errors
    /// [`RegistrationError`] with the name of the invalid field.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, RegistrationError> {
        let body = serde_json::from_slice(body);
        Self::read(&body.map_err(|_| RegistrationError::NotAnObject)?)
    }

    fn read(body: &Value) -> Result<Self, RegistrationError> {
        let fields = body.as_object().ok_or(RegistrationError::NotAnObject)?;
        Ok(Self {
            create_meeting_url: url(fields, "createMeetingUrl")?
                .ok_or(RegistrationError::Missing("createMeetingUrl"))?,
            update_meeting_url: url(fields, "updateMeetingUrl")?,
            delete_meeting_url: url(fields, "deleteMeetingUrl")?,
            user_verify_url: url(fields, "userVerifyUrl")?,
            fetch_accounts_uri: url(fields, "fetchAccountsUri")?,
        })
    }

    /// The URL of `webhook`; `None` if HubSpot doesn't send it.
    pub(crate) fn url(&self, webhook: WebhookName) -> Option<&WebhookUrl> {
        match webhook {
            WebhookName::Create => Some(&self.create_meeting_url),
            WebhookName::Update => self.update_meeting_url.as_ref(),
            WebhookName::Delete => self.delete_meeting_url.as_ref(),
            WebhookName::Verify => self.user_verify_url.as_ref(),
        }
    }
}

fn url(
    fields: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<WebhookUrl>, RegistrationError> {
    let Some(value) = fields.get(name) else {
        return Ok(None);
    };
    let url = value.as_str().and_then(WebhookUrl::parse);
    url.map(Some).ok_or(RegistrationError::Invalid(name))
}

/// All apps with registered URLs, the most recently set one last.
#[derive(Debug, Default)]
pub(crate) struct Registry(Vec<(AppId, RegisteredUrls)>);

impl Registry {
    /// The app's URLs.
    pub(crate) fn get(&self, app: AppId) -> Option<&RegisteredUrls> {
        let entry = self.0.iter().find(|(known, _)| *known == app);
        entry.map(|(_, urls)| urls)
    }

    /// Replaces all of the app's URLs.
    pub(crate) fn put(&mut self, app: AppId, urls: RegisteredUrls) {
        self.remove(app);
        self.0.push((app, urls));
    }

    /// Removes the app's URLs, if there are any.
    pub(crate) fn remove(&mut self, app: AppId) {
        self.0.retain(|(known, _)| *known != app);
    }

    /// The app whose URLs were set most recently; meetings are scheduled with it.
    pub(crate) fn current(&self) -> Option<&(AppId, RegisteredUrls)> {
        self.0.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_required_except_on_this_machine() {
        for text in [
            "https://vc.example.com/create?tenant=a%3Ab",
            "http://127.0.0.1:8787/create-meeting",
            "http://localhost/create",
            "http://[::1]:8787/create",
        ] {
            assert!(WebhookUrl::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "/create",
            "vc.example.com/create",
            "http://vc.example.com/create",
            "ftp://127.0.0.1/create",
            "https://user@vc.example.com/create",
            "https://vc.example.com/create#part",
            "https://vc.example.com/a b",
        ] {
            assert!(WebhookUrl::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_invalid_field_is_named() {
        let parse = |text: &str| RegisteredUrls::parse(text.as_bytes()).unwrap_err();
        assert_eq!(parse("[]"), RegistrationError::NotAnObject);
        assert_eq!(parse("{}"), RegistrationError::Missing("createMeetingUrl"));
        for value in ["null", "\"\"", "1", "\"http://vc.example.com\""] {
            let body = format!("{{\"createMeetingUrl\":{value}}}");
            assert_eq!(parse(&body), RegistrationError::Invalid("createMeetingUrl"));
        }
    }

    #[test]
    fn an_absent_url_is_left_out_and_an_undocumented_one_is_kept() {
        let body = r#"{"createMeetingUrl":"https://a.example/c","fetchAccountsUri":"https://a.example/f","colour":"red"}"#;
        let urls = RegisteredUrls::parse(body.as_bytes()).unwrap();
        assert_eq!(urls.url(WebhookName::Update), None);
        let answer = serde_json::to_string(&urls).unwrap();
        assert_eq!(answer, body.replace(",\"colour\":\"red\"", ""));
    }

    #[test]
    fn the_app_whose_urls_were_set_last_is_the_current_one() {
        let mut registry = Registry::default();
        let base_url = "http://127.0.0.1:1".parse().unwrap();
        let urls = RegisteredUrls::for_system(&base_url).unwrap();
        let second: AppId = "2".parse().unwrap();
        for app in [AppId::FIRST, second, AppId::FIRST] {
            registry.put(app, urls.clone());
        }
        assert_eq!(registry.current().map(|(app, _)| *app), Some(AppId::FIRST));
        registry.remove(AppId::FIRST);
        assert_eq!(registry.current().map(|(app, _)| *app), Some(second));
        assert_eq!(registry.get(AppId::FIRST), None);
    }
}
