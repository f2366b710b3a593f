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
    manager.put("AWSCURRENT", &stored("new"));
    manager.put("AWSPREVIOUS", &stored("old"));
    let secrets = read(&manager).await.unwrap();
    assert_eq!(
        secrets.client.valid()[..],
        [Secret::new("new"), Secret::new("old")]
    );
    assert!(secrets.conference_key().is_ok());
}

#[tokio::test]
async fn a_rotation_is_noticed_at_once_and_bad_requests_cause_one_reading_a_minute() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("first"));
    let secrets = read(&manager).await.unwrap().client;
    manager.put("AWSPREVIOUS", &stored("first"));
    manager.put("AWSCURRENT", &stored("second"));
    manager.take_requests();
    assert!(secrets.refresh(at(1)).await, "the first failed signature");
    assert_eq!(
        secrets.valid()[..],
        [Secret::new("second"), Secret::new("first")]
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
    manager.put("AWSCURRENT", &stored("first"));
    let secrets = read(&manager).await.unwrap().client;
    manager.clear();
    assert!(!secrets.refresh(at(1)).await);
    manager.put("AWSCURRENT", "no JSON");
    assert!(!secrets.refresh(at(120)).await);
    assert_eq!(secrets.valid()[..], [Secret::new("first")]);
}

#[tokio::test]
async fn what_is_wrong_with_the_stored_secret_is_said_without_quoting_it() {
    let manager = SecretsManager::start().await;
    let missing = read(&manager).await.unwrap_err();
    assert!(
        missing.contains("HUBSPOT_SECRET_ID") && missing.contains("no such secret"),
        "{missing}"
    );
    for text in ["hush", "{\"hush\":1}", "{\"clientSecret\":{\"hush\":1}}"] {
        manager.put("AWSCURRENT", text);
        let error = read(&manager).await.unwrap_err();
        assert_eq!(
            error,
            "HUBSPOT_SECRET_ID does not hold JSON with the text clientSecret"
        );
    }
    manager.put("AWSCURRENT", "{\"clientSecret\":\"hush\"}");
    let key = read(&manager).await.unwrap().conference_key().unwrap_err();
    assert_eq!(
        key.to_string(),
        "HUBSPOT_SECRET_ID holds a conferenceKey that is not set"
    );
}
