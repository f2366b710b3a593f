//! HubSpot's secret in Secrets Manager: when a function reads it, and how it reports an unusable one.

use testbed::bootstrap::Bootstrap;
use testbed::proxy::{Fault, Proxy};
use testbed::sample_event;
use testbed::secrets_manager::SecretsManager;
use testbed::system::TestStore;

use crate::CREATE;

#[tokio::test]
async fn the_secret_comes_from_secrets_manager_when_it_is_named() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put(
        "AWSCURRENT",
        &stored("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    );
    let mut function = start_with_secret(&store, &secrets).await;
    let (status, body) = function.invoke(&sample_event("create")).await;
    assert_eq!(
        (status, &body["conferenceId"]),
        (200, &"ardnswrqsvwrrjsx6kfcoxqomh".into())
    );
    assert_eq!(secrets.take_requests(), 1, "only the current version");
}

#[tokio::test]
async fn a_rotated_secret_is_read_when_a_signature_fails_and_forgeries_cause_few_reads() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put("AWSCURRENT", &stored("the-secret-before-the-rotation"));
    let mut function = start_with_secret(&store, &secrets).await;
    secrets.put("AWSPREVIOUS", &stored("the-secret-before-the-rotation"));
    secrets.put(
        "AWSCURRENT",
        &stored("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    );
    let (status, _) = function.invoke(&sample_event("create")).await;
    assert_eq!(status, 200);
    assert_eq!(
        secrets.take_requests(),
        3,
        "one at the start, two for the failed signature"
    );
    for _ in 0..3 {
        let (status, _) = function.invoke(&sample_event("create-forged")).await;
        assert_eq!(status, 401);
    }
    assert_eq!(secrets.take_requests(), 0);
}

/// The stored secret's JSON, with this client secret.
pub(crate) fn stored(client_secret: &str) -> String {
    format!(
        "{{\"clientSecret\":\"{client_secret}\",\"conferenceKey\":\"development-only-conference-key\"}}"
    )
}

/// The function with its secret in Secrets Manager, started and ready.
async fn start_with_secret(store: &TestStore, secrets: &SecretsManager) -> Bootstrap {
    let mut function = Bootstrap::start_with_secret(CREATE, store, &secrets.endpoint).await;
    function.ready().await;
    function
}

#[tokio::test]
async fn an_unreachable_secrets_manager_is_503() {
    let store = TestStore::start().await;
    let unreachable = "http://127.0.0.1:9";
    let mut function = Bootstrap::start_with_secret(CREATE, &store, unreachable).await;
    for event in ["create", "create-forged"] {
        assert_eq!(function.invoke(&sample_event(event)).await.0, 503);
    }
}

#[tokio::test]
async fn a_secret_that_is_read_after_the_start_and_unusable_is_500_and_not_503() {
    let store = TestStore::start().await;
    let secrets = SecretsManager::start().await;
    secrets.put("AWSCURRENT", "hush");
    let proxy = Proxy::start(&secrets.endpoint).await;
    proxy.set(Fault::ServerError);
    let mut function = Bootstrap::start_with_secret(CREATE, &store, proxy.endpoint()).await;
    assert_eq!(function.invoke(&sample_event("create")).await.0, 503);
    proxy.set(Fault::None);
    assert_eq!(function.invoke(&sample_event("create")).await.0, 500);
}

#[tokio::test]
async fn an_unusable_secret_keeps_the_function_from_starting_and_is_named() {
    let no_key = "{\"clientSecret\":\"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy\"}";
    let absent = SecretsManager::start().await;
    let forbidden = SecretsManager::start().await;
    forbidden.refuse("AWSCURRENT");
    let malformed = SecretsManager::start().await;
    malformed.put("AWSCURRENT", "hush");
    let without_key = SecretsManager::start().await;
    without_key.put("AWSCURRENT", no_key);
    let wrong = [
        (absent, "Secrets Manager: there is no such secret"),
        (forbidden, "AccessDeniedException"),
        (malformed, "does not hold JSON with a clientSecret"),
        (without_key, "holds a conferenceKey that is not set"),
    ];
    let store = TestStore::start().await;
    for (secrets, message) in wrong {
        let function = Bootstrap::start_with_secret(CREATE, &store, &secrets.endpoint).await;
        let ended = function.wait().await;
        assert!(!ended.status.success(), "{message}");
        assert!(ended.output.contains("HUBSPOT_SECRET_ID"), "{message}");
        assert!(ended.output.contains(message), "{}", ended.output);
    }
}
