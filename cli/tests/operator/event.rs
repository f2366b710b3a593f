//! A developer gives a function a signed event, as `sam local invoke` does.

use serde_json::Value;
use shared::contract::WebhookName;
use shared::timestamp::Timestamp;
use simulator::functions::{Functions, Settings};
use simulator::store::Store;
use verify::UserVerification;

use crate::program;

/// Verify's answer to the event for `base_url`, with this `PUBLIC_BASE_URL`.
async fn status(base_url: &str, public_base_url: Option<&str>) -> Value {
    let event = ["event", "verify", "--base-url", base_url];
    let event = program::run(&event, &[], "").await;
    assert_eq!(event.code, 0, "{event:?}");
    let event = serde_json::from_str(&event.stdout).unwrap();
    let mut settings = Settings::for_development("http://127.0.0.1:1").unwrap();
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
async fn a_function_without_settings_takes_an_event_for_any_https_host_port_and_path() {
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
