//! A developer gives a function a signed event, as `sam local invoke` does.

use join::Join;
use join::video_system::VideoSystemSecret;
use serde_json::{Value, json};
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::repository::conferences::ReadConferences;
use shared::timestamp::Timestamp;
use simulator::functions::{FunctionSettings, Functions};
use simulator::store::Store;
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;
use simulator::video_system::SECRET;
use verify::UserVerification;

use crate::program;

/// Verify's answer to the event for `base_url`, with this `PUBLIC_BASE_URL`.
async fn status(base_url: &str, public_base_url: Option<&str>) -> Value {
    let event = ["event", "verify", "--base-url", base_url];
    let event = program::run(&event, &[], "").await;
    assert_eq!(event.code, 0, "{event:?}");
    let event = serde_json::from_str(&event.stdout).unwrap();
    let mut settings = FunctionSettings::for_development("http://127.0.0.1:1").unwrap();
    settings.public_base_url = public_base_url.map(|url| url.parse().unwrap());
    settings.verification = UserVerification::Open;
    // It receives no requests.
    let store = Store::at("http://127.0.0.1:1".to_owned()).await;
    let functions = Functions::new(&store.client(), settings, |_| {});
    let now = Timestamp::now();
    let answer = functions.invoke(WebhookName::Verify, event, now).await;
    answer.unwrap()["statusCode"].clone()
}

#[tokio::test]
async fn a_function_without_settings_accepts_an_event_for_any_https_host_port_and_path() {
    for base_url in [
        "https://vc.example.com",
        "https://vc.example.com/",
        "https://vc.example.com:8443",
        "https://vc.example.com:8443/hubspot",
    ] {
        assert_eq!(status(base_url, None).await, 200, "{base_url}");
    }
}

#[tokio::test]
async fn for_plain_http_the_function_has_to_know_its_address() {
    let base_url = "http://127.0.0.1:3000";
    assert_eq!(status(base_url, None).await, 401);
    assert_eq!(status(base_url, Some(base_url)).await, 200);
}

#[tokio::test]
async fn a_client_secret_on_the_command_line_is_refused() {
    let event = ["event", "create", "--client-secret", "hush"];
    let event = program::run(&event, &[], "").await;
    assert_eq!(event.code, 2);
    assert!(event.stderr.contains("--client-secret"), "{event:?}");
}

const ID: &str = "ardnswrqsvwrrjsx6kfcoxqomh";

/// The event of a click, without what depends on the clock.
async fn click(more: &[&str]) -> Value {
    let event = program::run(&[&["event", "join"], more].concat(), &[], "").await;
    assert_eq!(event.code, 0, "{event:?}");
    serde_json::from_str(&event.stdout).unwrap()
}

#[tokio::test]
async fn a_click_is_an_unsigned_request_for_the_samples_conference() {
    let looks = click(&[]).await;
    assert_eq!(looks["routeKey"], "GET /join/{conferenceId}");
    assert_eq!(looks["rawPath"], format!("/join/{ID}"));
    assert_eq!(looks["pathParameters"], json!({"conferenceId": ID}));
    assert_eq!(looks["headers"], json!({"accept": "text/html"}));
    assert_eq!(looks["body"], Value::Null);

    let other = "abcdefghijklmnopqrstuvwx27";
    let joins = click(&["--conference-id", other, "--name", "Zoë 李"]).await;
    assert_eq!(joins["requestContext"]["http"]["method"], "POST");
    assert_eq!(joins["rawPath"], format!("/join/{other}"));
    let event: join::event::Event = serde_json::from_value(joins).unwrap();
    assert_eq!(event.body(), b"name=Zo%C3%AB%20%E6%9D%8E");
}

#[tokio::test]
async fn the_join_link_takes_the_events_of_its_clicks() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let secret = VideoSystemSecret::from_json("VIDEO_SYSTEM_SECRET", SECRET).unwrap();
    let environment = Environment::from_variables([
        ("VIDEO_SYSTEM", "jitsi"),
        ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
    ]);
    let settings = join::settings::Settings::read(&environment).unwrap();
    let conferences = ReadConferences::new(local.store.client(), CONFERENCES_TABLE.to_owned());
    let join = Join::from_settings(&environment, &secret, conferences, settings).unwrap();
    let functions = FunctionSettings::for_development("http://127.0.0.1:1").unwrap();
    let functions = Functions::new(&local.store.client(), functions, |_| {}).with_join(Some(join));
    let create = ["send", "create", "--base-url", &local.base_url];
    let made = program::run(&create, &[], "").await;
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let id = made["conferenceId"].as_str().unwrap();
    for (more, status) in [
        (&["--conference-id", id][..], 200),
        (&["--conference-id", id, "--name", "Zoë"], 303),
        (&["--conference-id", "../create-meeting"], 404),
        (&[], 404),
    ] {
        let answer = functions.follow(click(more).await, Timestamp::now()).await;
        assert_eq!(answer.unwrap()["statusCode"], status, "{more:?}");
    }
}

#[tokio::test]
async fn only_join_accepts_a_name() {
    let event = program::run(&["event", "create", "--name", "Zoë"], &[], "").await;
    assert_eq!(event.code, 1);
    assert!(
        event.stderr.contains("--name is only for join"),
        "{event:?}"
    );
}
