//! An operator whose request to HubSpot's settings API fails learns why and what to do next. The exit code is
//! 1, or 2 if the command itself was invalid.

use std::time::Duration;

use hubspot_conference::hubspot_settings::client::{RetryPolicy, SettingsApi};
use hubspot_conference::hubspot_settings::credential::Credential;
use hubspot_conference::hubspot_settings::error::SettingsError;
use shared::secret::Secret;
use simulator::settings::{ApiVersion, Settings};
use tokio::net::TcpListener;

use crate::fake_hubspot::{Failure, FakeHubSpot};
use crate::program;
use crate::settings::{KEY, TOKEN, settings, settings_with};

const THROTTLED: Failure = Failure::new(429, "RATE_LIMITS", "slow down").retry_after("0");
const BROKEN: Failure = Failure::new(500, "INTERNAL", "oh no").retry_after("0");

#[tokio::test]
async fn a_refused_token_is_reported_with_the_credential_that_the_api_requires() {
    for (failure, words) in [
        (
            Failure::new(401, "INVALID_AUTHENTICATION", "credentials are invalid"),
            "HubSpot does not accept HUBSPOT_ACCESS_TOKEN (HTTP 401 INVALID_AUTHENTICATION",
        ),
        (
            Failure::new(
                403,
                "MISSING_SCOPES",
                "The scope needed for this API call isn't available for public use.",
            ),
            "HubSpot accepts HUBSPOT_ACCESS_TOKEN, but not for this request (HTTP 403 MISSING_SCOPES",
        ),
    ] {
        let hubspot = FakeHubSpot::start().await;
        hubspot.fail_next([failure]);
        let token = [("HUBSPOT_ACCESS_TOKEN", TOKEN)];
        let show = settings_with("show", &hubspot, &[], &token).await;
        assert_eq!(show.code, 1);
        assert!(show.stderr.contains(words), "{show:?}");
        assert!(show.stderr.contains("developer account"), "{show:?}");
        assert!(
            show.stderr.contains("HUBSPOT_DEVELOPER_API_KEY"),
            "{show:?}"
        );
        assert!(show.stderr.contains("correlation ID c0ffee"), "{show:?}");
        assert!(show.stderr.contains("[REDACTED]"), "{show:?}");
        assert!(!show.stderr.contains('\u{1b}'), "{show:?}");
        // A retry would not help.
        assert_eq!(hubspot.methods(), "GET");
    }
}

#[tokio::test]
async fn a_key_that_a_server_echoes_is_not_shown() {
    let hubspot = FakeHubSpot::start().await;
    hubspot.fail_next([Failure::new(401, "INVALID_AUTHENTICATION", "no such key")]);
    let show = settings("show", &hubspot, &[]).await;
    assert!(show.stderr.contains("no such key"), "{show:?}");
    assert!(show.stderr.contains("hapikey=[REDACTED]"), "{show:?}");
}

#[tokio::test]
async fn an_unknown_app_is_named() {
    let hubspot = FakeHubSpot::start().await;
    let unknown = Failure::new(404, "OBJECT_NOT_FOUND", "no app");
    hubspot.fail_next([unknown.clone(), unknown]);
    let more = ["--base-url", "https://vc.example.com", "--yes"];
    let set = settings("set", &hubspot, &more).await;
    assert_eq!(set.code, 1);
    assert!(
        set.stderr.contains("HubSpot does not know app 7"),
        "{set:?}"
    );
    assert!(set.stderr.contains("--app-id"), "{set:?}");
}

#[tokio::test]
async fn refused_settings_are_reported_in_hubspots_own_words() {
    let hubspot = FakeHubSpot::start().await;
    let unset = Failure::new(404, "OBJECT_NOT_FOUND", "none");
    let refused = Failure::new(400, "VALIDATION_ERROR", "createMeetingUrl is not reachable");
    hubspot.fail_next([unset, refused]);
    let more = ["--base-url", "https://vc.example.com", "--yes"];
    let set = settings("set", &hubspot, &more).await;
    assert_eq!(set.code, 1);
    assert!(
        set.stderr.contains("createMeetingUrl is not reachable"),
        "{set:?}"
    );
}

#[tokio::test]
async fn a_short_failure_is_retried_and_not_reported() {
    let hubspot = FakeHubSpot::start().await;
    let failures = || [THROTTLED, BROKEN, BROKEN];
    hubspot.fail_next(failures());
    let more = ["--base-url", "https://vc.example.com", "--yes"];
    let set = settings("set", &hubspot, &more).await;
    assert_eq!(set.code, 0, "{set:?}");
    assert_eq!(hubspot.methods(), "GET GET GET GET PUT GET");
    hubspot.fail_next(failures());
    let clear = settings("clear", &hubspot, &["--yes"]).await;
    assert_eq!(clear.code, 0, "{clear:?}");
}

#[tokio::test]
async fn a_lasting_failure_is_reported_after_some_attempts() {
    let throttled = "HubSpot's rate limit is exceeded (HTTP 429 RATE_LIMITS";
    let broken = "HubSpot has an internal error (HTTP 500 INTERNAL";
    for (failure, words) in [(THROTTLED, throttled), (BROKEN, broken)] {
        let hubspot = FakeHubSpot::start().await;
        hubspot.fail_next(vec![failure; 4]);
        let show = settings("show", &hubspot, &[]).await;
        assert_eq!(show.code, 1);
        assert!(show.stderr.contains(words), "{show:?}");
        assert!(show.stderr.contains("try again in"), "{show:?}");
        assert_eq!(hubspot.methods(), "GET GET GET GET");
    }
}

#[tokio::test]
async fn a_retry_after_of_an_hour_is_not_waited_for() {
    let hubspot = FakeHubSpot::start().await;
    hubspot.fail_next([THROTTLED.retry_after("3600")]);
    let show = settings("show", &hubspot, &[]).await;
    assert_eq!(show.code, 1);
    assert!(show.stderr.contains("try again in 3600 s"), "{show:?}");
    assert_eq!(hubspot.methods(), "GET");
}

#[tokio::test]
async fn a_redirect_does_not_send_the_key_elsewhere() {
    let hubspot = FakeHubSpot::start().await;
    hubspot.fail_next([Failure::new(302, "", "")]);
    let show = settings("show", &hubspot, &[]).await;
    assert_eq!(show.code, 1);
    assert!(show.stderr.contains("check --api-base"), "{show:?}");
    assert_eq!(hubspot.methods(), "GET");
}

#[tokio::test]
async fn an_unreachable_server_is_reported_without_the_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let arguments = ["settings", "show", "--app-id", "7", "--api-base", &base];
    let key = [("HUBSPOT_DEVELOPER_API_KEY", KEY)];
    let show = program::run(&arguments, &key, "").await;
    assert_eq!(show.code, 1);
    assert!(
        show.stderr.contains("can't be reached: check the network"),
        "{show:?}"
    );
    assert!(!show.stderr.contains("k3y"), "{show:?}");
}

#[tokio::test]
async fn without_a_credential_no_request_is_sent() {
    let hubspot = FakeHubSpot::start().await;
    let show = settings_with("show", &hubspot, &[], &[]).await;
    assert_eq!(show.code, 1);
    assert!(
        show.stderr.contains("set HUBSPOT_DEVELOPER_API_KEY"),
        "{show:?}"
    );
    assert_eq!(hubspot.methods(), "");
}

#[tokio::test]
async fn an_invalid_command_exits_with_2() {
    let key = [("HUBSPOT_DEVELOPER_API_KEY", KEY)];
    for arguments in [
        "settings show",
        "settings show --app-id 0",
        "settings show --app-id 2147483648",
        "settings show --app-id 7 --api-version v4",
        "settings show --app-id 7 --api-base http://api.example.com",
        "settings set --app-id 7",
        "settings set --app-id 7 --base-url https://a.example.com --stack b",
        "settings set --app-id 7 --base-url http://vc.example.com",
        "users list",
        "users list --portal 0",
        "users add ada --portal 7",
        "users add ada@example.com --portal 7 --stack a --table b",
    ] {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let ended = program::run(&arguments, &key, "").await;
        assert_eq!(ended.code, 2, "{arguments:?} {ended:?}");
    }
}

fn api_that_waits(visible_within: Duration, hubspot: &FakeHubSpot) -> SettingsApi {
    let moment = Duration::from_millis(1);
    let retry_policy = RetryPolicy {
        first_wait: moment,
        first_poll: moment,
        max_poll: moment,
        visible_within,
        ..RetryPolicy::default()
    };
    let base = hubspot.base.parse().unwrap();
    let credential = Credential::DeveloperKey(Secret::new(KEY));
    let app = "7".parse().unwrap();
    SettingsApi::new(&base, ApiVersion::V3, app, credential, retry_policy).unwrap()
}

#[tokio::test]
async fn a_change_that_is_not_visible_in_time_is_reported() {
    let hubspot = FakeHubSpot::start().await;
    hubspot.show_changes_after(u32::MAX);
    let api = api_that_waits(Duration::from_millis(10), &hubspot);
    let settings = Settings::under(&"https://vc.example.com".parse().unwrap());
    api.put(&settings).await.unwrap();
    let shown = api.wait_until_shown(Some(&settings)).await;
    assert!(
        matches!(shown, Err(SettingsError::NotShown { .. })),
        "{shown:?}"
    );
}

#[tokio::test]
async fn a_failure_while_waiting_is_not_reported_as_a_refused_change() {
    let hubspot = FakeHubSpot::start().await;
    let api = api_that_waits(Duration::from_mins(1), &hubspot);
    hubspot.fail_next(vec![BROKEN; 4]);
    let shown = api.wait_until_shown(None).await;
    assert!(
        matches!(shown, Err(SettingsError::Unconfirmed { .. })),
        "{shown:?}"
    );
}
