//! The template of the link that leads to a conference. The link is built once, when the conference is
//! created, because HubSpot's API has no way to change it later ([HubSpot's guide][guide]).
//!
//! [guide]: https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/video-conferencing-extension/guide

use std::str::FromStr;

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::conference_id::ConferenceId;
use crate::conference_key::ConferenceKey;
use crate::conference_url::ConferenceUrl;
use crate::contract::payload::CreateMeeting;
use crate::public_url::PublicBaseUrl;

/// Everything except [RFC 3986's unreserved
/// characters](https://www.rfc-editor.org/rfc/rfc3986#section-2.3), so that a value can't break out of its
/// placeholder.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What is wrong with a `CONFERENCE_URL_TEMPLATE`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlTemplateError {
    /// The link isn't HTTPS, so HubSpot's users would be sent to an unprotected page, or its host name is missing
    /// or has a user name.
    #[error(
        "must begin with https:// and a host name without user name, or with a single / for a path on this backend"
    )]
    NotHttps,
    /// An unknown placeholder in braces.
    #[error(
        "has the unknown placeholder {{{0}}}; the known ones are {{room}}, {{conferenceId}}, {{portalId}}, {{userId}} and {{user}}"
    )]
    UnknownPlaceholder(String),
    /// An unmatched brace.
    #[error("has an opening brace without a closing one, or the reverse")]
    UnbalancedBraces,
    /// A placeholder in the host name. A meeting's details must not decide which host its link leads to.
    #[error("must not have a placeholder in the host name")]
    PlaceholderInHost,
    /// No placeholder: all meetings would take place in the same room.
    #[error("needs at least one placeholder, usually {{room}}")]
    NoPlaceholder,
    /// The expanded template isn't a valid URL.
    #[error("is not a URL once its placeholders are filled")]
    NotAUrl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Room,
    ConferenceId,
    PortalId,
    UserId,
    User,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// A link with placeholders, such as `https://meet.example.com/{room}`, or `/join/{conferenceId}` for a path on
/// this backend.
///
/// ```
/// use shared::conference_key::ConferenceKey;
/// use shared::conference_url_template::ConferenceUrlTemplate;
/// use shared::contract::payload::{CreateMeeting, parse};
/// use shared::public_url::PublicBaseUrl;
/// use shared::secret::Secret;
///
/// let meeting: CreateMeeting = parse(
///     br#"{"portalId":123123,"userId":456,"userEmail":"ada@example.com",
///         "startTime":1534197600000,"endTime":1534201200000}"#,
/// )?;
/// let key = ConferenceKey::new(&Secret::new("development-only-conference-key")).unwrap();
/// let id = key.conference_id(&meeting, 0);
/// let base_url = PublicBaseUrl::from_domain("vc.example.com");
///
/// let template: ConferenceUrlTemplate = "https://meet.example.com/{portalId}/{user}".parse()?;
/// let url = template.expand(&key, &id, &meeting, &base_url);
/// assert_eq!(
///     url.as_str(),
///     "https://meet.example.com/123123/ada%40example.com"
/// );
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConferenceUrlTemplate {
    is_path: bool,
    parts: Vec<Part>,
}

impl FromStr for ConferenceUrlTemplate {
    type Err = UrlTemplateError;

    /// Parses a template.
    ///
    /// # Errors
    /// [`UrlTemplateError`] if any meeting could get a broken or unsafe link.
    fn from_str(template: &str) -> Result<Self, UrlTemplateError> {
        let is_path = template.starts_with('/') && !template.starts_with("//");
        let whole = if is_path {
            format!("https://backend.example{template}")
        } else {
            template.to_owned()
        };
        let after_scheme = whole
            .strip_prefix("https://")
            .ok_or(UrlTemplateError::NotHttps)?;
        let host_length = after_scheme
            .find(['/', '?', '#'])
            .unwrap_or(after_scheme.len());
        let host = after_scheme.get(..host_length).unwrap_or_default();
        if host.is_empty() || host.contains('@') {
            return Err(UrlTemplateError::NotHttps);
        }
        if host.contains(['{', '}']) {
            return Err(UrlTemplateError::PlaceholderInHost);
        }
        // RFC 3986 allows none of these characters. The URI parser below ignores everything after a `#`.
        let unfit = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '<' | '>');
        if template.contains(unfit) {
            return Err(UrlTemplateError::NotAUrl);
        }
        let parts = split(template)?;
        if !parts.iter().any(|p| matches!(p, Part::Placeholder(_))) {
            return Err(UrlTemplateError::NoPlaceholder);
        }
        let sample: String = split(&whole)?
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Placeholder(_) => "0",
            })
            .collect();
        if sample.parse::<Uri>().is_err() {
            return Err(UrlTemplateError::NotAUrl);
        }
        Ok(Self { is_path, parts })
    }
}

impl ConferenceUrlTemplate {
    /// The link of the conference `id`, made for `meeting`. `base_url` is this backend's own address. The room
    /// name is derived from the ID with `key`, so that neither reveals the other.
    #[must_use]
    pub fn expand(
        &self,
        key: &ConferenceKey,
        id: &ConferenceId,
        meeting: &CreateMeeting,
        base_url: &PublicBaseUrl,
    ) -> ConferenceUrl {
        let mut url = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Placeholder(Placeholder::Room) => {
                    url.push_str(&key.room_name(id));
                }
                Part::Placeholder(Placeholder::ConferenceId) => url.push_str(id.as_str()),
                Part::Placeholder(Placeholder::PortalId) => {
                    url.push_str(&meeting.portal_id.to_string());
                }
                Part::Placeholder(Placeholder::UserId) => {
                    url.push_str(&meeting.user_id.to_string());
                }
                Part::Placeholder(Placeholder::User) => {
                    // Browsers treat `.` and `..` as path segments to resolve, even if they are
                    // percent-encoded ([WHATWG,
                    // "URL"](https://url.spec.whatwg.org/#double-dot-path-segment)). Around an empty value,
                    // the template's own text could form such a segment.
                    if meeting.user_email.bytes().all(|byte| byte == b'.') {
                        url.push('_');
                    }
                    url.extend(utf8_percent_encode(&meeting.user_email, RESERVED));
                }
            }
        }
        if self.is_path {
            url = base_url.with_path(&url);
        }
        ConferenceUrl::from_expanded(url)
    }
}

fn split(template: &str) -> Result<Vec<Part>, UrlTemplateError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or(UrlTemplateError::UnbalancedBraces)?;
        let placeholder = match name {
            "room" => Placeholder::Room,
            "conferenceId" => Placeholder::ConferenceId,
            "portalId" => Placeholder::PortalId,
            "userId" => Placeholder::UserId,
            "user" => Placeholder::User,
            _ => return Err(UrlTemplateError::UnknownPlaceholder(name.to_owned())),
        };
        parts.push(Part::Text(text.to_owned()));
        parts.push(Part::Placeholder(placeholder));
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    let stray = |part: &Part| matches!(part, Part::Text(text) if text.contains('}'));
    if parts.iter().any(stray) {
        return Err(UrlTemplateError::UnbalancedBraces);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::identifiers::{PortalId, UserId};
    use crate::secret::Secret;
    use crate::timestamp::Timestamp;

    fn expand(template: &str) -> String {
        expand_for("zoë/../a?b#c@example.com", template)
    }

    fn expand_for(user: &str, template: &str) -> String {
        let key = ConferenceKey::new(&Secret::new("development-only-conference-key")).unwrap();
        let meeting = CreateMeeting {
            portal_id: PortalId::new(123_123),
            user_id: UserId::new(456),
            user_email: user.into(),
            topic: "Topic".into(),
            source: "MANUAL".into(),
            start_time: Timestamp::from_millis(0),
            end_time: Timestamp::from_millis(0),
        };
        let id = ConferenceId::parse("abcdefghijklmnopqrstuvwx27").unwrap();
        let template = ConferenceUrlTemplate::from_str(template).unwrap();
        let base_url = "https://vc.example.com/hubspot".parse().unwrap();
        let url = template.expand(&key, &id, &meeting, &base_url);
        url.as_str().to_owned()
    }

    #[test]
    fn every_placeholder_is_filled() {
        assert_eq!(
            expand("https://meet.example.com/{portalId}/{userId}/{conferenceId}"),
            "https://meet.example.com/123123/456/abcdefghijklmnopqrstuvwx27"
        );
    }

    #[test]
    fn a_room_has_a_name_of_its_own_that_does_not_contain_the_id() {
        let url = expand("https://meet.example.com/{room}");
        let room = url.strip_prefix("https://meet.example.com/").unwrap();
        assert!(
            ConferenceId::parse(room).is_some(),
            "{room} is a plain name"
        );
        assert_ne!(room, "abcdefghijklmnopqrstuvwx27");
    }

    #[test]
    fn a_user_email_cannot_change_where_the_link_leads() {
        let users = [
            "zoë/../a?b#c@example.com",
            "",
            ".",
            "..",
            "...",
            "%2e%2E",
            "../..",
            "\\..\\",
            "\t..\n",
            "//evil.example",
        ];
        let templates = [
            "https://meet.example.com/{user}",
            "https://meet.example.com/a/{user}/{room}?r={room}",
            "https://meet.example.com/a/.{user}/{room}",
            "https://meet.example.com/a/%2E{user}{user}./{room}#{user}",
            "https://meet.example.com/?u={user}&r={room}",
        ];
        for template in templates {
            let usual = parse(&expand_for("ada", template));
            for user in users {
                let text = expand_for(user, template);
                let url = parse(&text);
                assert_eq!(url.as_str(), text, "a browser would change it");
                assert_eq!(url.host_str(), Some("meet.example.com"));
                assert_eq!(number_of_parts(&url), number_of_parts(&usual), "{text}");
            }
        }
    }

    /// Parsed as a browser does.
    fn parse(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    /// Path segments, query pairs, and whether there is a fragment.
    fn number_of_parts(url: &Url) -> (usize, usize, bool) {
        let segments = url.path_segments().unwrap().count();
        let pairs = url.query_pairs().count();
        (segments, pairs, url.fragment().is_some())
    }

    #[test]
    fn a_user_is_in_the_link_as_one_encoded_value() {
        assert_eq!(
            expand("https://meet.example.com/{user}"),
            "https://meet.example.com/zo%C3%AB%2F..%2Fa%3Fb%23c%40example.com"
        );
        assert_eq!(
            expand_for("..", "https://meet.example.com/{user}"),
            "https://meet.example.com/_.."
        );
    }

    #[test]
    fn a_template_that_begins_with_a_slash_is_on_our_own_address() {
        assert_eq!(
            expand("/join/{conferenceId}"),
            "https://vc.example.com/hubspot/join/abcdefghijklmnopqrstuvwx27"
        );
    }

    #[test]
    fn templates_that_could_give_a_broken_link_are_refused() {
        use UrlTemplateError as E;
        let refused = [
            ("http://meet.example.com/{room}", E::NotHttps),
            ("https:///{room}", E::NotHttps),
            ("//meet.example.com/{room}", E::NotHttps),
            ("/join", E::NoPlaceholder),
            ("/a b/{room}", E::NotAUrl),
            ("https://someone@meet.example.com/{room}", E::NotHttps),
            ("meet.example.com/{room}", E::NotHttps),
            (
                "https://{portalId}.example.com/{room}",
                E::PlaceholderInHost,
            ),
            ("https://meet.example.com/lobby", E::NoPlaceholder),
            ("https://meet.example.com/{room", E::UnbalancedBraces),
            ("https://meet.example.com/room}{room}", E::UnbalancedBraces),
            ("https://meet.example.com/a b/{room}", E::NotAUrl),
            ("https://meet.example.com/#a b{room}", E::NotAUrl),
            ("https://meet.example.com/#\u{7}{room}", E::NotAUrl),
            (
                "https://meet.example.com/{topic}",
                E::UnknownPlaceholder("topic".into()),
            ),
        ];
        for (template, error) in refused {
            let found = ConferenceUrlTemplate::from_str(template).unwrap_err();
            assert_eq!(found, error, "{template}");
        }
    }
}
