//! An operator stores the app's client secret in the stack, and rotates it.

use serde_json::json;

use crate::fake_aws::{self, SIGNED_IN, STACK};
use crate::fake_secrets::FakeSecrets;
use crate::program::{self, Ended};

const OLD: &str = "0ld00000-0000-0000-0000-00000000n0b0dy";
const NEW: &str = "new00000-0000-0000-0000-00000000n0b0dy";
const KEY: &str = "the-key-that-all-links-depend-on";

async fn secret_set(secrets: &FakeSecrets, client_secret: &str, more: &[&str]) -> Ended {
    let cloud = fake_aws::cloud_formation(&[("HubSpotSecretArn", "arn:aws:secret")]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.extend([
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud.as_str()),
        (
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            secrets.endpoint.as_str(),
        ),
        ("HUBSPOT_CLIENT_SECRET", client_secret),
    ]);
    let mut arguments = vec!["secret", "set", "--stack", STACK];
    arguments.extend(more);
    let ended = program::run(&arguments, &environment, "").await;
    let said = format!("{}{}", ended.stdout, ended.stderr);
    for secret in [OLD, NEW, KEY] {
        assert!(!said.contains(secret), "{said}");
    }
    ended
}

fn stored(client_secret: &str) -> String {
    json!({"clientSecret": client_secret, "conferenceKey": KEY, "more": 1}).to_string()
}

#[tokio::test]
async fn the_first_client_secret_and_every_later_one_keep_the_conference_key() {
    let secrets = FakeSecrets::start(&stored("")).await;
    let first = secret_set(&secrets, &format!("\u{feff}\"{OLD}\"\r\n"), &[]).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert!(!first.stdout.contains("previous"), "{}", first.stdout);
    let expected = json!({"clientSecret": OLD, "conferenceKey": KEY, "more": 1});
    assert_eq!(secrets.current(), expected);

    let next = secret_set(&secrets, NEW, &[]).await;
    assert_eq!(next.code, 0, "{next:?}");
    assert!(
        next.stdout.contains("stays valid until the next"),
        "{}",
        next.stdout
    );
    assert_eq!(secrets.current()["clientSecret"], NEW);
    assert_eq!(secrets.previous(), Some(stored(OLD)));
}

#[tokio::test]
async fn setting_the_same_secret_again_changes_nothing_and_can_revoke_the_previous_one() {
    let secrets = FakeSecrets::start(&stored(OLD)).await;
    secret_set(&secrets, NEW, &[]).await;
    let again = secret_set(&secrets, NEW, &[]).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stdout.contains("set already"), "{}", again.stdout);
    assert_eq!(secrets.previous(), Some(stored(OLD)));

    let ended = secret_set(&secrets, NEW, &["--end-previous"]).await;
    assert!(
        ended.stdout.contains("The previous one is revoked"),
        "{}",
        ended.stdout
    );
    assert_eq!(secrets.previous(), None);
    assert_eq!(secrets.current()["clientSecret"], NEW);
    let ended = secret_set(&secrets, NEW, &["--end-previous"]).await;
    assert!(ended.stdout.contains("no previous one"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_leaked_secret_is_replaced_and_revoked_in_one_command() {
    let secrets = FakeSecrets::start(&stored(OLD)).await;
    let ended = secret_set(&secrets, NEW, &["--end-previous"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(secrets.current()["clientSecret"], NEW);
    assert_eq!(secrets.previous(), None);
}

#[tokio::test]
async fn a_malformed_client_secret_or_stored_secret_changes_nothing() {
    let secrets = FakeSecrets::start(&stored(OLD)).await;
    for (bad, reason) in [
        ("too-short", "at least 16"),
        ("with a space inside of it", "copy it again"),
    ] {
        let ended = secret_set(&secrets, bad, &[]).await;
        assert_eq!(ended.code, 1);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
    secrets.refuse("PutSecretValue");
    let ended = secret_set(&secrets, NEW, &[]).await;
    assert!(
        ended.stderr.contains("secretsmanager:PutSecretValue"),
        "{}",
        ended.stderr
    );
    assert_eq!(secrets.current()["clientSecret"], OLD);

    let foreign = FakeSecrets::start(r#"{"password":"another-project"}"#).await;
    let ended = secret_set(&foreign, NEW, &[]).await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("conferenceKey"), "{}", ended.stderr);
    assert_eq!(foreign.previous(), None);
}
