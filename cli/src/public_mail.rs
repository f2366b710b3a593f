//! Domains at which anyone can get an address. An entry for everyone there lets the whole world host
//! conferences, so it needs a confirmation.

use shared::user_email::UserEmail;

/// Providers by their full domain.
const DOMAINS: [&str; 44] = [
    "gmail.com",
    "googlemail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "msn.com",
    "ymail.com",
    "rocketmail.com",
    "proton.me",
    "protonmail.com",
    "pm.me",
    "mail.com",
    "email.com",
    "zoho.com",
    "fastmail.com",
    "fastmail.fm",
    "hey.com",
    "tutanota.com",
    "tuta.io",
    "mail.ru",
    "bk.ru",
    "inbox.ru",
    "list.ru",
    "rambler.ru",
    "qq.com",
    "foxmail.com",
    "163.com",
    "126.com",
    "sina.com",
    "naver.com",
    "hanmail.net",
    "web.de",
    "freenet.de",
    "t-online.de",
    "posteo.de",
    "orange.fr",
    "free.fr",
    "laposte.net",
    "libero.it",
    "virgilio.it",
    "wp.pl",
    "comcast.net",
    "rediffmail.com",
];

/// Providers with domains in many countries, such as `yahoo.co.uk`.
const IN_MANY_COUNTRIES: [&str; 6] = ["yahoo", "hotmail", "outlook", "live", "gmx", "yandex"];

/// The domain, if `email` is an entry for everyone at a public mail provider.
pub(crate) fn whole_provider(email: &UserEmail) -> Option<&str> {
    let domain = email.whole_domain()?;
    let family = |(name, rest): (&str, &str)| {
        IN_MANY_COUNTRIES.contains(&name) && rest.len() <= 6 && rest.split('.').count() <= 2
    };
    (DOMAINS.contains(&domain) || domain.split_once('.').is_some_and(family)).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_for_a_public_mail_provider_is_recognized() {
        for (email, is_public) in [
            ("*@gmail.com", true),
            ("*@GMAIL.com.", true),
            ("*@yahoo.co.uk", true),
            ("*@gmx.net", true),
            ("ada@gmail.com", false),
            ("*@example.com", false),
            ("*@live.example.com", false),
        ] {
            let email = email.parse().unwrap();
            assert_eq!(whole_provider(&email).is_some(), is_public, "{email}");
        }
    }
}
