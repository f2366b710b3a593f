//! The data of HubSpot's settings API: an app, its webhook URLs and the versions of the API
//! ([HubSpot, "Video conference extension"][guide]; the paths are from each version's description).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use shared::contract::WebhookName;
use shared::public_url::PublicBaseUrl;

/// A HubSpot app's ID: a positive 32-bit integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AppId(NonZeroU32);

impl AppId {
    /// The lowest ID, for which the local system registers itself.
    pub const FIRST: Self = Self(NonZeroU32::MIN);
}

impl FromStr for AppId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let largest = i32::MAX.unsigned_abs();
        text.parse()
            .ok()
            .filter(|number: &NonZeroU32| number.get() <= largest)
            .map(Self)
            .ok_or("must be the app's ID, a number from 1 to 2147483647")
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A version of the settings API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiVersion {
    /// The version without a date, unsupported from September 2027.
    V3,
    /// September 2025.
    September2025,
    /// March 2026, which takes an OAuth token.
    March2026,
    /// September 2026.
    #[default]
    September2026,
}

impl ApiVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 4] = [
        Self::V3,
        Self::September2025,
        Self::March2026,
        Self::September2026,
    ];

    /// The version in HubSpot's notation, such as `2026-09`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::September2025 => "2025-09",
            Self::March2026 => "2026-03",
            Self::September2026 => "2026-09",
        }
    }

    /// The path of an app's settings. `app` is its [`AppId`], or a placeholder in a route.
    #[must_use]
    pub fn path(self, app: impl fmt::Display) -> String {
        match self {
            Self::V3 => format!("/crm/v3/extensions/videoconferencing/settings/{app}"),
            dated => {
                let version = dated.as_str();
                format!("/crm/extensions/videoconferencing/{version}/settings/{app}")
            }
        }
    }
}

impl FromStr for ApiVersion {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or("must be v3, 2025-09, 2026-03 or 2026-09")
    }
}

/// An app's settings at HubSpot. Absent URLs are omitted from requests: HubSpot accepts neither null nor
/// an empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Called when a meeting is scheduled, to create its conference.
    #[serde(
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub create_meeting_url: Option<String>,
    /// Called when a meeting changes.
    #[serde(
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub update_meeting_url: Option<String>,
    /// Called when a meeting is deleted.
    #[serde(
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub delete_meeting_url: Option<String>,
    /// Called to verify a user. Without it, every user counts as verified.
    #[serde(
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub user_verify_url: Option<String>,
    /// Not documented, so it is preserved and never set.
    #[serde(
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub fetch_accounts_uri: Option<String>,
}

fn unless_empty<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(value)?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// One field of [`Settings`] before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// HubSpot's name of the field.
    pub field: &'static str,
    /// The value before.
    pub before: Option<&'a str>,
    /// The value after.
    pub after: Option<&'a str>,
}

impl Settings {
    /// The URLs of the four webhooks under `base`.
    #[must_use]
    pub fn under(base: &PublicBaseUrl) -> Self {
        let url = |webhook: WebhookName| Some(base.join(webhook.path(), None));
        Self {
            create_meeting_url: url(WebhookName::Create),
            update_meeting_url: url(WebhookName::Update),
            delete_meeting_url: url(WebhookName::Delete),
            user_verify_url: url(WebhookName::Verify),
            fetch_accounts_uri: None,
        }
    }

    /// All fields by HubSpot's names.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("createMeetingUrl", self.create_meeting_url.as_deref()),
            ("updateMeetingUrl", self.update_meeting_url.as_deref()),
            ("deleteMeetingUrl", self.delete_meeting_url.as_deref()),
            ("userVerifyUrl", self.user_verify_url.as_deref()),
            ("fetchAccountsUri", self.fetch_accounts_uri.as_deref()),
        ]
    }

    /// The change of each field when `after` replaces these settings; fields that are absent in both are
    /// omitted.
    #[must_use]
    pub fn compare<'a>(&'a self, after: &'a Self) -> Vec<Change<'a>> {
        self.fields()
            .into_iter()
            .zip(after.fields())
            .map(|((field, before), (_, after))| Change {
                field,
                before,
                after,
            })
            .filter(|change| change.before.or(change.after).is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_id_is_a_positive_32_bit_integer() {
        for good in ["1", "2147483647"] {
            assert_eq!(good.parse::<AppId>().unwrap().to_string(), good);
        }
        for bad in ["", "0", "-1", "2147483648", "12x"] {
            assert!(bad.parse::<AppId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn each_version_has_its_path() {
        let paths = ApiVersion::ALL.map(|version| version.path(7));
        assert_eq!(
            paths,
            [
                "/crm/v3/extensions/videoconferencing/settings/7",
                "/crm/extensions/videoconferencing/2025-09/settings/7",
                "/crm/extensions/videoconferencing/2026-03/settings/7",
                "/crm/extensions/videoconferencing/2026-09/settings/7",
            ]
        );
    }

    #[test]
    fn empty_and_null_urls_count_as_absent_and_are_not_sent() {
        let text = r#"{"createMeetingUrl":"https://a","updateMeetingUrl":"","userVerifyUrl":null}"#;
        let settings: Settings = serde_json::from_str(text).unwrap();
        let sent = serde_json::to_string(&settings).unwrap();
        assert_eq!(sent, r#"{"createMeetingUrl":"https://a"}"#);
    }

    #[test]
    fn a_comparison_names_every_field_that_is_or_was_set() {
        let before = Settings {
            fetch_accounts_uri: Some("https://f".into()),
            user_verify_url: Some("https://v".into()),
            ..Settings::default()
        };
        let after = Settings {
            create_meeting_url: Some("https://c".into()),
            user_verify_url: None,
            ..before.clone()
        };
        let change = |field, before, after| Change {
            field,
            before,
            after,
        };
        assert_eq!(
            before.compare(&after),
            [
                change("createMeetingUrl", None, Some("https://c")),
                change("userVerifyUrl", Some("https://v"), None),
                change("fetchAccountsUri", Some("https://f"), Some("https://f")),
            ]
        );
    }
}
