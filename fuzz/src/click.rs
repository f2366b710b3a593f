//! The join link with an unreachable store: whatever a caller sends, the answer is a page that is safe to
//! show.

use std::future::ready;
use std::sync::LazyLock;

use join::Join;
use join::settings::Settings;
use join::video_system::VideoSystemSecret;
use join::visit::is_disruptive;
use serde_json::{Value, json};
use shared::config::Environment;
use shared::repository::conferences::ReadConferences;

use crate::{NOW, runtime, unreachable_store};

static JOIN: LazyLock<Join> = LazyLock::new(|| {
    let conferences = ReadConferences::new(unreachable_store(), "conferences".to_owned());
    let environment = Environment::from_variables([
        ("VIDEO_SYSTEM", "webhook"),
        ("VIDEO_SYSTEM_URL", "http://127.0.0.1:9"),
    ]);
    let secret = json!({
        "roomKey": "development-only-room-key",
        "signingSecret": "whsec_ZGV2ZWxvcG1lbnQtb25seS1zaWduaW5nLWtleQ==",
    });
    let secret = VideoSystemSecret::from_json("VIDEO_SYSTEM_SECRET", &secret.to_string()).unwrap();
    let settings = Settings::read(&environment).unwrap();
    Join::from_settings(&environment, &secret, conferences, settings).unwrap()
});

/// Reads four lines for method, path, cookie and language; the rest is the body.
///
/// # Panics
/// If the answer is not a page, or shows what it shouldn't.
pub fn click(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (method, path, cookie, language, body) = (line(), line(), line(), line(), line());
    let event = json!({
        "version": "2.0",
        "rawPath": path,
        "cookies": [cookie],
        "headers": {"accept-language": language},
        "body": body,
        "isBase64Encoded": false,
        "requestContext": {"requestId": "fuzz", "http": {"method": method, "path": path}},
    });
    let event = serde_json::from_value(event).unwrap();
    let answer = join::edge::invoke(ready(Ok(&*JOIN)), |_| {}, &event, NOW);
    let answer = serde_json::to_value(runtime().block_on(answer)).unwrap();
    assert_safe(&answer, method == "HEAD");
}

fn assert_safe(answer: &Value, is_head: bool) {
    let status = answer["statusCode"].as_u64().unwrap();
    assert!(matches!(status, 200 | 404 | 503), "{status}");
    assert_eq!(answer["headers"]["cache-control"], "no-store");
    let html = answer["body"].as_str().unwrap();
    assert_eq!(html.is_empty(), is_head);
    if !is_head {
        assert_eq!(html.matches("<script>").count(), 1, "our own alone");
        assert_eq!(html.matches("<main data-state=").count(), 1);
    }
    let is_odd = |c: char| is_disruptive(c) && c != '\n';
    assert!(!html.contains(is_odd), "a disruptive character");
}
