//! A recorded request as a command for a terminal. A webhook is signed again, because HubSpot's signature
//! is only valid for five minutes.

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE};
use shared::timestamp::Timestamp;

use super::caller::Request;
use super::record::Kind;
use super::state::HubSpot;
use super::webhooks::NotRepeatable;
use crate::video_system;

impl HubSpot {
    /// The request with this number as a curl command, signed at `now`.
    ///
    /// # Errors
    /// [`NotRepeatable`] if the record has no such request or not all of it, or if the body isn't text.
    pub(super) async fn curl(&self, id: u64, now: Timestamp) -> Result<String, NotRepeatable> {
        let recorded = self.recorded(id).await?;
        let Request { url, body, .. } = &recorded.request;
        let headers = match recorded.kind {
            Kind::Webhook(_) => self.signer.headers(url, body, now),
            Kind::VideoSystem => video_system::sign_again(&recorded.request.headers, now, body),
            Kind::Join => visit(&recorded.request.headers),
        };
        let request = Request {
            headers,
            ..recorded.request
        };
        command(&request).ok_or(NotRepeatable::NotText)
    }
}

/// The headers of a visit that affect what the join page shows.
fn visit(headers: &HeaderMap) -> HeaderMap {
    [ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE]
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
        .collect()
}

/// `None` if a part of the request isn't text, or has a null byte, which no argument can contain.
fn command(request: &Request) -> Option<String> {
    if request.body.contains(&0) {
        return None;
    }
    let mut parts = vec!["curl --include --globoff".to_owned()];
    if request.method == http::Method::HEAD {
        parts.push("--head".to_owned());
    } else {
        parts.push(format!("--request {}", quote(request.method.as_str())));
    }
    for (name, value) in &request.headers {
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        parts.push(format!("--header {}", quote(&format!("{name}: {value}"))));
    }
    if !request.body.is_empty() {
        let body = std::str::from_utf8(&request.body).ok()?;
        parts.push(format!("--data-raw {}", quote(body)));
    }
    parts.push(quote(&request.url));
    Some(parts.join(" \\\n  "))
}

/// Quotes one word for bash, zsh or ksh, which support `$'…'`. The text may come from an attacker, so it must
/// not end the quotes, and no control character may reach the terminal that it is pasted into: some of them end
/// a paste. They are written as three octal digits, so that a digit after them is not read as part of them.
fn quote(text: &str) -> String {
    if !text.contains(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut quoted = "$'".to_owned();
    for character in text.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                let mut bytes = [0; 4];
                let bytes = control.encode_utf8(&mut bytes).bytes();
                quoted.extend(bytes.map(|byte| format!("\\{byte:03o}")));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The bytes that bash reads.
    fn words(quoted: &str) -> Vec<u8> {
        let script = format!("printf %s {quoted}");
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    #[test]
    fn a_body_that_no_argument_can_contain_becomes_no_command() {
        let request = |body: &'static [u8]| Request {
            method: http::Method::POST,
            url: "http://127.0.0.1/create-meeting".to_owned(),
            headers: HeaderMap::new(),
            body: body.into(),
        };
        assert!(command(&request(b"{}")).is_some());
        assert_eq!(command(&request(b"{\0}")), None);
        assert_eq!(command(&request(b"{\xff}")), None);
    }

    #[test]
    fn a_shell_reads_every_text_as_it_was() {
        for text in [
            "",
            "plain",
            r#"{"topic":"Ada's \"review\" \\ $HOME `id` !! *"}"#,
            "'; touch /tmp/owned; '",
            "\u{7f}1 and \u{1}7",
            "two\nlines\r\nand\ta tab",
            "\u{1b}[201~\u{7}\u{9b}31mabc'; id #\\",
            "Zürich ليلى 🎥 ẞ",
            "@/etc/passwd",
        ] {
            let quoted = quote(text);
            assert!(!quoted.contains(char::is_control), "{quoted:?}");
            assert_eq!(words(&quoted), text.as_bytes(), "{quoted}");
        }
    }
}
