//! An operator registers the webhooks' URLs at HubSpot.

use http::Method;
use serde_json::json;

use crate::fake_aws::{self, SIGNED_IN, STACK};
use crate::fake_hubspot::FakeHubSpot;
use crate::program::{self, Ended};

pub(crate) const KEY: &str = "k3y-n0body-sees";
pub(crate) const TOKEN: &str = "t0ken-n0body-sees";

/// Runs `settings` for app 7 with a developer key, or with the given variables. Asserts that the output
/// doesn't contain the credentials.
pub(crate) async fn settings_with(
    action: &str,
    hubspot: &FakeHubSpot,
    more: &[&str],
    environment: &[(&str, &str)],
) -> Ended {
    let base = hubspot.base.as_str();
    let mut arguments = vec!["settings", action, "--app-id", "7", "--api-base", base];
    arguments.extend(more);
    let ended = program::run(&arguments, environment, "").await;
    for secret in [KEY, TOKEN, "k3y%2Dn0body", "t0ken%2Dn0body"] {
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains(secret), "{said}");
    }
    ended
}

pub(crate) async fn settings(action: &str, hubspot: &FakeHubSpot, more: &[&str]) -> Ended {
    let key = [("HUBSPOT_DEVELOPER_API_KEY", KEY)];
    settings_with(action, hubspot, more, &key).await
}

#[tokio::test]
async fn a_key_for_this_machine_is_never_sent_to_a_proxy() {
    let proxy = FakeHubSpot::start().await;
    let hubspot = FakeHubSpot::start()
        .await
        .with_settings(json!({"createMeetingUrl": "https://vc.example.com/create-meeting"}));
    let environment = [
        ("HUBSPOT_DEVELOPER_API_KEY", KEY),
        ("HTTP_PROXY", proxy.base.as_str()),
        ("ALL_PROXY", proxy.base.as_str()),
    ];
    let show = settings_with("show", &hubspot, &[], &environment).await;
    assert_eq!(show.code, 0, "{show:?}");
    assert_eq!(proxy.seen(), []);
}

const SET: [&str; 3] = ["--base-url", "https://vc.example.com", "--yes"];

#[tokio::test]
async fn the_webhooks_are_registered_shown_and_cleared() {
    let hubspot = FakeHubSpot::start().await;
    hubspot.show_changes_after(2);

    let set = settings("set", &hubspot, &SET).await;
    assert_eq!(set.code, 0, "{set:?}");
    let registered = json!({
        "createMeetingUrl": "https://vc.example.com/create-meeting",
        "updateMeetingUrl": "https://vc.example.com/update-meeting",
        "deleteMeetingUrl": "https://vc.example.com/delete-meeting",
        "userVerifyUrl": "https://vc.example.com/verify-user",
    });
    assert_eq!(hubspot.settings(), Some(registered.clone()));
    assert!(
        set.stdout.contains(
            "createMeetingUrl\n    before  (none)\n    after   https://vc.example.com/create-meeting"
        ),
        "{}",
        set.stdout
    );
    // Once before the change, then until the change is visible.
    assert_eq!(hubspot.methods(), "GET PUT GET GET GET");

    let show = settings("show", &hubspot, &[]).await;
    assert_eq!(show.code, 0);
    assert_eq!(
        show.stdout,
        "createMeetingUrl  https://vc.example.com/create-meeting\n\
         updateMeetingUrl  https://vc.example.com/update-meeting\n\
         deleteMeetingUrl  https://vc.example.com/delete-meeting\n\
         userVerifyUrl     https://vc.example.com/verify-user\n"
    );
    let json = settings("show", &hubspot, &["--json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(shown, registered);

    let clear = settings("clear", &hubspot, &["--yes"]).await;
    assert_eq!(clear.code, 0, "{clear:?}");
    assert_eq!(hubspot.settings(), None);
    let show = settings("show", &hubspot, &[]).await;
    assert_eq!(show.code, 1);
    assert!(
        show.stderr.contains("nothing is registered for app 7"),
        "{show:?}"
    );
    assert!(show.stderr.contains("settings set --app-id 7"), "{show:?}");
}

#[tokio::test]
async fn registering_the_same_urls_again_changes_nothing() {
    let hubspot = FakeHubSpot::start().await;
    settings("set", &hubspot, &SET).await;
    let again = settings("set", &hubspot, &SET).await;
    assert_eq!(again.code, 0);
    assert!(again.stdout.contains("already"), "{again:?}");
    assert_eq!(hubspot.methods(), "GET PUT GET GET");
}

#[tokio::test]
async fn clearing_nothing_succeeds_and_says_so() {
    let hubspot = FakeHubSpot::start().await;
    let clear = settings("clear", &hubspot, &["--yes"]).await;
    assert_eq!(clear.code, 0);
    assert!(
        clear.stdout.contains("nothing is registered for app 7"),
        "{clear:?}"
    );
    assert_eq!(hubspot.methods(), "GET");
}

#[tokio::test]
async fn an_undocumented_field_is_kept_and_an_unwanted_verify_url_is_removed() {
    let hubspot = FakeHubSpot::start().await.with_settings(json!({
        "createMeetingUrl": "https://old.example.com/c",
        "updateMeetingUrl": "",
        "userVerifyUrl": "https://old.example.com/v",
        "fetchAccountsUri": "https://old.example.com/f",
    }));
    let set = settings("set", &hubspot, &[&SET[..], &["--no-verify"]].concat()).await;
    assert_eq!(set.code, 0, "{set:?}");
    let expected = json!({
        "createMeetingUrl": "https://vc.example.com/create-meeting",
        "updateMeetingUrl": "https://vc.example.com/update-meeting",
        "deleteMeetingUrl": "https://vc.example.com/delete-meeting",
        "fetchAccountsUri": "https://old.example.com/f",
    });
    assert_eq!(hubspot.settings(), Some(expected));
    for words in [
        "userVerifyUrl\n    before  https://old.example.com/v\n    after   (none)",
        "fetchAccountsUri\n    stays   https://old.example.com/f",
    ] {
        assert!(set.stdout.contains(words), "{}", set.stdout);
    }
    let show = settings("show", &hubspot, &[]).await;
    assert!(
        show.stdout.contains("fetchAccountsUri  https://old"),
        "{show:?}"
    );
    assert!(show.stdout.contains("userVerifyUrl     (none)"), "{show:?}");
}

#[tokio::test]
async fn every_api_version_has_its_own_path_and_credential() {
    let both = [
        ("HUBSPOT_DEVELOPER_API_KEY", KEY),
        ("HUBSPOT_ACCESS_TOKEN", TOKEN),
    ];
    let key = "hapikey=k3y%2Dn0body%2Dsees";
    let bearer = "Bearer t0ken-n0body-sees";
    for (version, path, query, authorization) in [
        (
            "v3",
            "/crm/v3/extensions/videoconferencing/settings/7",
            key,
            "",
        ),
        (
            "2025-09",
            "/crm/extensions/videoconferencing/2025-09/settings/7",
            key,
            "",
        ),
        (
            "2026-03",
            "/crm/extensions/videoconferencing/2026-03/settings/7",
            "",
            bearer,
        ),
        (
            "2026-09",
            "/crm/extensions/videoconferencing/2026-09/settings/7",
            key,
            "",
        ),
    ] {
        let hubspot = FakeHubSpot::start().await;
        let more = [&SET[..], &["--api-version", version]].concat();
        let set = settings_with("set", &hubspot, &more, &both).await;
        assert_eq!(set.code, 0, "{set:?}");
        for seen in hubspot.seen() {
            assert_eq!(seen.path, path);
            assert_eq!(seen.query, query);
            assert_eq!(seen.authorization, authorization);
        }
    }
}

#[tokio::test]
async fn a_token_alone_works_for_every_version() {
    let hubspot = FakeHubSpot::start().await;
    let token = [("HUBSPOT_ACCESS_TOKEN", TOKEN)];
    let set = settings_with("set", &hubspot, &SET, &token).await;
    assert_eq!(set.code, 0);
    assert_eq!(hubspot.seen()[0].authorization, "Bearer t0ken-n0body-sees");
    assert_eq!(hubspot.seen()[0].query, "");
}

#[tokio::test]
async fn without_a_terminal_nothing_changes_unless_yes_is_given() {
    let hubspot = FakeHubSpot::start().await;
    let set = settings("set", &hubspot, &SET[..2]).await;
    assert_eq!(set.code, 1);
    assert!(set.stderr.contains("add --yes"), "{set:?}");
    // The changes are shown nevertheless.
    assert!(
        set.stdout
            .contains("after   https://vc.example.com/create-meeting")
    );
    settings("set", &hubspot, &SET).await;
    let clear = settings("clear", &hubspot, &[]).await;
    assert_eq!(clear.code, 1);
    assert!(clear.stderr.contains("add --yes"), "{clear:?}");
    let deleted = hubspot
        .seen()
        .iter()
        .any(|seen| seen.method == Method::DELETE);
    assert!(!deleted && hubspot.settings().is_some());
}

#[tokio::test]
async fn a_deployed_stack_names_the_urls() {
    let hubspot = FakeHubSpot::start().await;
    let cloud_formation = fake_aws::cloud_formation(&[
        ("CreateMeetingUrl", "https://a.example.com/create-meeting"),
        ("UpdateMeetingUrl", "https://a.example.com/update-meeting"),
        ("DeleteMeetingUrl", "https://a.example.com/delete-meeting"),
        ("VerifyUserUrl", "https://a.example.com/verify-user"),
    ])
    .await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("HUBSPOT_DEVELOPER_API_KEY", KEY));
    environment.push(("AWS_ENDPOINT_URL_CLOUDFORMATION", &cloud_formation));

    let more = ["--stack", STACK, "--yes"];
    let set = settings_with("set", &hubspot, &more, &environment).await;
    assert_eq!(set.code, 0, "{set:?}");
    let settings = hubspot.settings().unwrap();
    assert_eq!(
        settings["userVerifyUrl"],
        "https://a.example.com/verify-user"
    );

    let more = ["--stack", "nobody", "--yes"];
    let set = settings_with("set", &hubspot, &more, &environment).await;
    assert_eq!(set.code, 1);
    let words = "there is no stack nobody in eu-west-1 (profile default)";
    assert!(set.stderr.contains(words), "{set:?}");
}

#[tokio::test]
async fn another_projects_stack_is_recognized_by_its_outputs() {
    let hubspot = FakeHubSpot::start().await;
    let url = (
        "CreateMeetingUrl",
        "http://plain.example.com/create-meeting",
    );
    let cloud_formation = fake_aws::cloud_formation(&[url]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("HUBSPOT_DEVELOPER_API_KEY", KEY));
    environment.push(("AWS_ENDPOINT_URL_CLOUDFORMATION", &cloud_formation));
    let more = ["--stack", STACK, "--yes"];
    let set = settings_with("set", &hubspot, &more, &environment).await;
    assert_eq!(set.code, 1);
    assert!(
        set.stderr.contains("no usable output CreateMeetingUrl"),
        "{set:?}"
    );
    assert_eq!(hubspot.methods(), "");
}
