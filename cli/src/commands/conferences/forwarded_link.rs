//! A conference's link as people forward it. Mail programs wrap links in links of their own, and people
//! leave out the scheme, or copy the address bar with a query and a fragment that the browser added.

use std::convert::Infallible;
use std::str::FromStr;

use shared::conference_id::ConferenceId;
use url::Url;

/// A link that may lead to a conference.
#[derive(Clone, Debug)]
pub(super) struct ForwardedLink {
    /// The link itself, and the links in its query.
    urls: Vec<Url>,
}

impl FromStr for ForwardedLink {
    type Err = Infallible;

    /// Accepts any text. Text that isn't a link matches no conference.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().trim_matches(['<', '>']);
        let url = match Url::parse(text) {
            Ok(url) if url.has_host() => Some(url),
            _ => Url::parse(&format!("https://{text}")).ok(),
        };
        let mut urls: Vec<Url> = url.into_iter().collect();
        let wrapped = urls.first().map(|url| url.query_pairs().into_owned());
        let wrapped: Vec<Url> = wrapped
            .into_iter()
            .flatten()
            .filter_map(|(_, value)| Url::parse(&value).ok())
            .filter(Url::has_host)
            .collect();
        urls.extend(wrapped);
        Ok(Self { urls })
    }
}

impl ForwardedLink {
    /// Everything in the link that may be a conference's ID.
    pub(super) fn conference_ids(&self) -> Vec<ConferenceId> {
        let mut ids: Vec<ConferenceId> = Vec::new();
        for url in &self.urls {
            let words = url.as_str().split(|c: char| !c.is_ascii_alphanumeric());
            for id in words.filter_map(|word| ConferenceId::parse(&word.to_ascii_lowercase())) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        ids
    }

    /// Whether this is the stored link `conference_url`, apart from the scheme, a slash at the end, and a
    /// query or fragment that the stored link doesn't have.
    pub(super) fn leads_to(&self, conference_url: &str) -> bool {
        let Ok(stored) = Url::parse(conference_url) else {
            return false;
        };
        self.urls.iter().any(|url| {
            url.host() == stored.host()
                && url.port() == stored.port()
                && url.path().trim_end_matches('/') == stored.path().trim_end_matches('/')
                && (stored.query().is_none() || stored.query() == url.query())
                && (stored.fragment().is_none() || stored.fragment() == url.fragment())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "abcdefghijklmnopqrstuvwx27";

    fn link(text: &str) -> ForwardedLink {
        text.parse().unwrap()
    }

    #[test]
    fn a_link_is_the_same_however_it_is_forwarded() {
        let stored = "https://meet.example.com/Room-1";
        for text in [
            "https://meet.example.com/Room-1",
            " <https://MEET.example.com/Room-1/> ",
            "meet.example.com/Room-1",
            "http://meet.example.com/Room-1?utm_source=mail#config.x=1",
            "https://eur01.safelinks.example.com/?url=https%3A%2F%2Fmeet.example.com%2FRoom-1&data=05",
            "https://www.example.com/url?sa=D&q=https://meet.example.com/Room-1&ust=1",
        ] {
            assert!(link(text).leads_to(stored), "{text}");
        }
        for text in [
            "https://meet.example.com/room-1",
            "https://meet.example.com/Room-12",
            "https://meet.example.com:8443/Room-1",
            "https://example.com/Room-1",
            "",
            "?",
        ] {
            assert!(!link(text).leads_to(stored), "{text}");
        }
    }

    #[test]
    fn a_room_in_the_query_or_the_fragment_tells_links_apart() {
        for (stored, other) in [
            (
                "https://meet.example.com/?room=a",
                "https://meet.example.com/?room=b",
            ),
            ("https://meet.example.com/#a", "https://meet.example.com/#b"),
            (
                "https://meet.example.com/?room=a",
                "https://meet.example.com/",
            ),
        ] {
            assert!(link(stored).leads_to(stored), "{stored}");
            assert!(!link(other).leads_to(stored), "{other}");
        }
    }

    #[test]
    fn the_id_is_found_wherever_the_link_has_it() {
        for text in [
            format!("https://vc.example.com/join/{ID}"),
            format!("vc.example.com/join/{}", ID.to_uppercase()),
            format!("https://meet.example.com/?id=7-{ID}&x"),
            format!("https://meet.example.com/#{ID}"),
            format!("https://mail.example.com/?url=https%3A%2F%2Fvc.example.com%2Fjoin%2F{ID}"),
        ] {
            let ids = link(&text).conference_ids();
            assert_eq!(ids, [ConferenceId::parse(ID).unwrap()], "{text}");
        }
        assert!(
            link("https://meet.example.com/room")
                .conference_ids()
                .is_empty()
        );
    }
}
