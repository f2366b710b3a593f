//! The cookie that identifies a browser as a host's. Its value is the host's token, which can be verified
//! by itself, so nothing has to be stored.

use http::HeaderValue;
use shared::identifiers::{PortalId, UserId};

use crate::room_key::RoomKey;

/// The prefix prevents other sites under the same domain from setting the cookie ([RFC 6265bis, section
/// 4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3)).
const NAME: &str = "__Host-host";

/// The maximum lifetime of a cookie in browsers: 400 days ([RFC 6265bis, section
/// 5.5](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.5)).
const MAX_AGE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// The value of a `Set-Cookie` header that identifies a browser as this host's. The token must have been
/// verified. `None` if a header can't contain the token, which is never the case for a verified one.
pub(crate) fn set(token: &str) -> Option<HeaderValue> {
    let cookie = format!(
        "{NAME}={token}; Max-Age={MAX_AGE_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Lax"
    );
    HeaderValue::try_from(cookie).ok()
}

/// The host that the cookies identify, or `None` if there is no host cookie or its token isn't ours.
pub(crate) fn host(cookies: &[String], key: &RoomKey) -> Option<(PortalId, UserId)> {
    // API Gateway splits the cookies; a client that invokes the function directly may not.
    let mut cookies = cookies.iter().flat_map(|cookies| cookies.split(';'));
    cookies.find_map(|cookie| {
        let (name, token) = cookie.split_once('=')?;
        (name.trim() == NAME).then(|| key.verify_host_token(token.trim()))?
    })
}

#[cfg(test)]
mod tests {
    use shared::secret::Secret;

    use super::*;

    #[test]
    fn a_browser_with_the_cookie_belongs_to_that_host() {
        let key = RoomKey::new(&Secret::new("development-only-room-key")).unwrap();
        let ada = (PortalId::new(123_123), UserId::new(456));
        let token = key.host_token(ada.0, ada.1);
        let cookie = set(&token).unwrap().to_str().unwrap().to_owned();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(
            attributes,
            "Max-Age=34560000; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
        let sent = ["theme=dark".to_owned(), pair.to_owned()];
        assert_eq!(host(&sent, &key), Some(ada));
        assert_eq!(host(&[sent.join("; ")], &key), Some(ada));
    }

    #[test]
    fn a_cookie_that_is_not_ours_makes_nobody_a_host() {
        let key = RoomKey::new(&Secret::new("development-only-room-key")).unwrap();
        let token = key.host_token(PortalId::new(1), UserId::new(2));
        let forged = token.replacen('1', "3", 1);
        for cookie in [
            String::new(),
            "__Host-host".into(),
            "__Host-host=".into(),
            format!("__Host-host={forged}"),
            format!("host={token}"),
            format!("__Host-hosts={token}"),
        ] {
            assert_eq!(host(&[cookie], &key), None);
        }
    }
}
