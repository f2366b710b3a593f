//! The client secret is rotated in Secrets Manager while requests come in. Secrets Manager is a fake.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{Credentials, Region};
use shared::client_secrets::{SecretSource, Secrets};
use shared::config::Environment;
use shared::secret::Secret;
use shared::timestamp::Timestamp;
use testbed::secrets_manager::SecretsManager;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn stored(client_secret: &str) -> String {
    format!("{{\"clientSecret\":\"{client_secret}\",\"conferenceKey\":\"sixteen-characters\"}}")
}

async fn read(manager: &SecretsManager) -> Result<Secrets, String> {
    let config = shared::aws::loader()
        .endpoint_url(&manager.endpoint)
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .load()
        .await;
    let source = SecretSource::read(&Environment::of([("HUBSPOT_SECRET_ID", "hubspot")])).unwrap();
    let secrets = source.secrets(|| Client::new(&config)).await;
    secrets.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_current_and_the_previous_secret_count() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-new-client-secret"));
    manager.put("AWSPREVIOUS", &stored("the-old-client-secret"));
    let secrets = read(&manager).await.unwrap();
    assert_eq!(
        secrets.client.valid()[..],
        [
            Secret::new("the-new-client-secret"),
            Secret::new("the-old-client-secret")
        ]
    );
    assert!(secrets.conference_key().is_ok());
}

#[tokio::test]
async fn a_rotation_is_noticed_at_once_and_bad_requests_cause_one_reading_a_minute() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-first-client-secret"));
    let secrets = read(&manager).await.unwrap().client;
    manager.put("AWSPREVIOUS", &stored("the-first-client-secret"));
    manager.put("AWSCURRENT", &stored("the-second-client-secret"));
    manager.take_requests();
    assert!(secrets.refresh(at(1)).await, "the first failed signature");
    assert_eq!(
        secrets.valid()[..],
        [
            Secret::new("the-second-client-secret"),
            Secret::new("the-first-client-secret")
        ]
    );
    assert_eq!(manager.take_requests(), 2);
    for second in 2..61 {
        assert!(!secrets.refresh(at(second)).await);
    }
    assert_eq!(manager.take_requests(), 0);
    assert!(!secrets.refresh(at(61)).await, "nothing has changed");
    assert_eq!(manager.take_requests(), 2);
}

#[tokio::test]
async fn secrets_that_cannot_be_read_again_stay_as_they_were() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-first-client-secret"));
    let secrets = read(&manager).await.unwrap().client;
    manager.clear();
    assert!(!secrets.refresh(at(1)).await);
    manager.put("AWSCURRENT", "no JSON");
    assert!(!secrets.refresh(at(120)).await);
    assert_eq!(
        secrets.valid()[..],
        [Secret::new("the-first-client-secret")]
    );
}

#[tokio::test]
async fn a_previous_secret_that_could_be_guessed_does_not_count() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-new-client-secret"));
    for text in [&stored(""), "no JSON"] {
        manager.put("AWSPREVIOUS", text);
        let secrets = read(&manager).await.unwrap();
        let only = [Secret::new("the-new-client-secret")];
        assert_eq!(secrets.client.valid()[..], only);
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_stored_secret_is_said_without_quoting_it() {
    let manager = SecretsManager::start().await;
    let missing = read(&manager).await.unwrap_err();
    assert!(
        missing.contains("HUBSPOT_SECRET_ID") && missing.contains("no such secret"),
        "{missing}"
    );
    for text in [
        "hush",
        "{\"hush\":1}",
        "{\"clientSecret\":{\"hush\":1}}",
        "{\"clientSecret\":\"\"}",
        "{\"clientSecret\":\"fifteen-letters\"}",
    ] {
        manager.put("AWSCURRENT", text);
        let error = read(&manager).await.unwrap_err();
        assert_eq!(
            error,
            "HUBSPOT_SECRET_ID does not hold JSON with a clientSecret of at least 16 characters"
        );
    }
    manager.put("AWSCURRENT", "{\"clientSecret\":\"sixteen-letters!\"}");
    let key = read(&manager).await.unwrap().conference_key().unwrap_err();
    assert_eq!(
        key.to_string(),
        "HUBSPOT_SECRET_ID holds a conferenceKey that is not set"
    );
}
