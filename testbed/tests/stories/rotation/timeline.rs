//! The result of each webhook in the seconds around a rotation, and how often the secret is read.

use std::time::Duration;

use shared::timestamp::Timestamp;
use testbed::secrets_manager::SecretsManager;

use super::{at, edge_and_event, event_signed_with, invoke, read, stored};

const OLD: &str = "the-client-secret-before";
const NEW: &str = "the-client-secret-after-it";
const WRONG: &str = "not-the-client-secret";

/// HubSpot signs with the new secret from this second on.
const SWITCHED: u64 = 100;

/// How many seconds after storing the new secret its signatures may still be refused.
const NOTICED_AFTER: u64 = 5;

/// Whether an attacker sends a forged webhook in this second.
type Forgeries = fn(second: u64, stored_at: u64) -> bool;

const FORGERIES: [Forgeries; 4] = [
    |_, _| false,
    |_, _| true,
    |second, stored_at| second + 1 == stored_at || second == stored_at,
    |second, stored_at| second.abs_diff(stored_at) % 4 == 3,
];

#[tokio::test]
async fn once_the_new_secret_is_stored_no_valid_signature_is_refused_despite_forgeries() {
    for after in [0, 1, 4, 5, 6, 59, 60, 120] {
        for forgeries in FORGERIES {
            rotate(SWITCHED + after, forgeries).await;
        }
    }
}

async fn rotate(stored_at: u64, forgeries: Forgeries) {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(OLD));
    let (edge, _) = edge_and_event(read(&manager).await.unwrap().client_secrets).await;
    manager.take_requests();
    let mut reads = 0;
    let end = stored_at + 20;
    for second in SWITCHED - 20..end {
        if second == stored_at {
            manager.put("AWSPREVIOUS", &stored(OLD));
            manager.put("AWSCURRENT", &stored(NEW));
        }
        let now = at(second);
        let answer = async |secret| {
            let event = event_signed_with(secret, now);
            invoke(&edge, &event, now).await["statusCode"].clone()
        };
        if forgeries(second, stored_at) {
            assert_eq!(answer(WRONG).await, 401, "forged at {second}");
        }
        if second < SWITCHED {
            assert_eq!(answer(OLD).await, 200, "signed before the switch: {second}");
            continue;
        }
        let status = answer(NEW).await;
        if second >= stored_at + NOTICED_AFTER {
            assert_eq!(status, 200, "{second}, stored at {stored_at}");
            assert_eq!(answer(OLD).await, 200, "signed before the switch: {second}");
        }
        reads += manager.take_requests();
    }
    let seconds = usize::try_from(end - (SWITCHED - 20)).unwrap();
    let most = 2 * (seconds / 5 + 1);
    assert!(
        reads <= most,
        "{reads} reads in {seconds} s, {most} at most"
    );
}

#[tokio::test]
async fn a_signature_is_wrong_only_if_the_secrets_were_read_after_it_or_just_before() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(OLD));
    let (edge, _) = edge_and_event(read(&manager).await.unwrap().client_secrets).await;
    let status = async |secret, second| {
        let event = event_signed_with(secret, at(second));
        invoke(&edge, &event, at(second)).await["statusCode"].clone()
    };
    assert_eq!(status(WRONG, 0).await, 401);
    manager.refuse("AWSCURRENT");
    manager.take_requests();
    assert_eq!(status(NEW, 4).await, 401, "read four seconds ago");
    assert_eq!(manager.take_requests(), 0);
    for second in 5..10 {
        assert_eq!(status(NEW, second).await, 503, "can't be read");
    }
    assert_eq!(manager.take_requests(), 1, "one attempt in five seconds");
}

#[tokio::test]
async fn reading_the_secret_continues_after_its_request_is_given_up() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(OLD));
    let (edge, _) = edge_and_event(read(&manager).await.unwrap().client_secrets).await;
    manager.put("AWSPREVIOUS", &stored(OLD));
    manager.put("AWSCURRENT", &stored(NEW));
    manager.hold();
    let event = event_signed_with(NEW, at(0));
    tokio::select! {
        answer = invoke(&edge, &event, at(0)) => panic!("answered: {answer}"),
        () = manager.held() => {}
    }
    manager.release();
    manager.take_requests();
    let event = event_signed_with(NEW, at(1));
    assert_eq!(invoke(&edge, &event, at(1)).await["statusCode"], 200);
    assert!(manager.take_requests() <= 2, "there was no other read");
}

#[tokio::test]
async fn secrets_older_than_fifteen_minutes_are_renewed_without_delaying_the_next_request() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(NEW));
    manager.put("AWSPREVIOUS", &stored(OLD));
    let secrets = read(&manager).await.unwrap().client_secrets;
    assert!(secrets.refresh(at(0)).await);
    assert_eq!(secrets.valid(at(0)).len(), 2);
    // The previous secret was revoked: its version is empty.
    manager.put("AWSPREVIOUS", &stored(""));
    manager.take_requests();
    assert_eq!(secrets.valid(at(14 * 60)).len(), 2, "not old yet");
    manager.hold();
    assert_eq!(secrets.valid(at(15 * 60)).len(), 2, "waits for nothing");
    manager.held().await;
    manager.release();
    // The next failing signature needs both versions; the refresh has already read one of them.
    assert!(secrets.refresh(at(15 * 60)).await);
    assert_eq!(secrets.valid(at(15 * 60)).len(), 1, "it no longer counts");
}

#[tokio::test]
async fn a_renewal_reads_the_previous_secret_only_if_the_current_one_has_changed() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(OLD));
    let secrets = read(&manager).await.unwrap().client_secrets;
    manager.take_requests();
    secrets.renew(at(15 * 60)).await;
    assert_eq!(manager.take_requests(), 1, "only the current version");
    manager.put("AWSPREVIOUS", &stored(OLD));
    manager.put("AWSCURRENT", &stored(NEW));
    secrets.renew(at(30 * 60)).await;
    assert_eq!(manager.take_requests(), 2, "the current version is new");
    assert_eq!(secrets.valid(at(30 * 60)).len(), 2);
    manager.refuse("AWSCURRENT");
    for second in 0..60 {
        secrets.renew(at(45 * 60 + second)).await;
    }
    assert_eq!(manager.take_requests(), 1, "one attempt in a minute");
}

#[tokio::test]
async fn every_webhook_is_503_until_a_client_secret_is_stored() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(""));
    let secrets = read(&manager).await.unwrap();
    assert!(secrets.conference_key().is_ok(), "the key already exists");
    let (edge, _) = edge_and_event(secrets.client_secrets).await;
    manager.take_requests();
    let status = async |secret, now: Timestamp| {
        let event = event_signed_with(secret, now);
        let answer = invoke(&edge, &event, now).await;
        (
            answer["statusCode"].clone(),
            answer["headers"]["retry-after"].clone(),
        )
    };
    for second in 0..10 {
        for secret in [NEW, WRONG] {
            let (status, retry_after) = status(secret, at(second)).await;
            assert_eq!((status, retry_after), (503.into(), "1".into()));
        }
    }
    assert_eq!(manager.take_requests(), 2, "one read in five seconds");
    manager.put("AWSPREVIOUS", &stored(""));
    manager.put("AWSCURRENT", &stored(NEW));
    let noticed = at(10).plus(Duration::from_secs(NOTICED_AFTER));
    assert_eq!(status(NEW, noticed).await.0, 200);
    assert_eq!(status(WRONG, noticed).await.0, 401);
}
