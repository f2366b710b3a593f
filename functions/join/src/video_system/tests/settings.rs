//! Wrong settings are reported when the function starts.

use shared::config::Environment;

use super::{SHARED_SECRET, make, tls};
use crate::video_system::VideoSystemSettings;
use crate::visit::Moderators;

// A table of mistakes, which makes this function long.
#[allow(clippy::too_many_lines)]
#[test]
fn every_setting_that_is_missing_or_wrong_is_named() {
    use Moderators::{Everyone, Host};
    let bbb = "https://bbb.example.com/bigbluebutton/";
    let jitsi = "https://meet.example.com";
    for (system, url, credentials, moderators, message) in [
        ("", jitsi, "", Everyone, "VIDEO_SYSTEM is not set"),
        (
            "zoom",
            jitsi,
            "",
            Everyone,
            "VIDEO_SYSTEM must be one of jitsi, jaas, ",
        ),
        ("jitsi", "", "", Everyone, "VIDEO_SYSTEM_URL is not set"),
        (
            "jitsi",
            "http://meet.example.com",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "https://me@meet.example.com",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "javascript:alert(1)",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "https://meet.example.com/#a",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        (
            "jitsi",
            "https://meet.example.com/?a",
            "",
            Everyone,
            "VIDEO_SYSTEM_URL must not have a query",
        ),
        (
            "jitsi",
            jitsi,
            "",
            Host,
            "MODERATORS can't be host with an open Jitsi server",
        ),
        (
            "jitsi",
            jitsi,
            r#""appId":"a""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has no appSecret",
        ),
        (
            "jitsi",
            jitsi,
            r#""appSecret":"a""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has no appId",
        ),
        ("jaas", "", "", Everyone, "VIDEO_SYSTEM_SECRET has no appId"),
        (
            "jaas",
            "",
            r#""appId":"a/b""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has a field appId that is not an app ID of 8x8",
        ),
        (
            "jaas",
            "",
            r#""appId":"a""#,
            Everyone,
            "VIDEO_SYSTEM_SECRET has no keyId",
        ),
        (
            "jaas",
            "",
            r#""appId":"a","keyId":"k","privateKey":"hush""#,
            Everyone,
            "a field privateKey that is not an RSA key",
        ),
        (
            "bigbluebutton",
            "",
            SHARED_SECRET,
            Everyone,
            "VIDEO_SYSTEM_URL is not set",
        ),
        (
            "bigbluebutton",
            bbb,
            "",
            Everyone,
            "VIDEO_SYSTEM_SECRET has no sharedSecret",
        ),
        (
            "webhook",
            jitsi,
            "",
            Everyone,
            "VIDEO_SYSTEM_SECRET has no signingSecret",
        ),
        (
            "webhook",
            jitsi,
            r#""signingSecret":"hush""#,
            Everyone,
            "a field signingSecret that is not whsec_",
        ),
    ] {
        let error = make(system, url, credentials, moderators).err().unwrap();
        let error = error.to_string();
        assert!(error.contains(message), "{error}: expected {message}");
        assert!(!error.contains("hush"), "{error}");
    }
    let checksum = VideoSystemSettings {
        environment: &Environment::from_variables([
            ("VIDEO_SYSTEM", "bigbluebutton"),
            ("VIDEO_SYSTEM_URL", "https://bbb.example.com"),
            ("BIGBLUEBUTTON_CHECKSUM", "md5"),
        ]),
        moderators: Everyone,
        tls: tls(),
    };
    let error = crate::video_system::Selected::read(&checksum)
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("BIGBLUEBUTTON_CHECKSUM must be sha1")
    );
}
