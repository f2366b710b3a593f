//! The store throttles, fails, doesn't answer or is unreachable: a clear answer in time, and a retry succeeds.

use std::time::Instant;

use futures_util::future::join_all;
use shared::contract::WebhookName;
use shared::signature::SignatureVersion;
use simulator::functions::{FunctionSettings, Functions};
use simulator::sample::Meeting;
use simulator::store::Store;
use testbed::proxy::Fault;
use testbed::system::{BASE_URL, System};
use testbed::{IN_TIME, body_of};

use crate::known_as;

#[tokio::test]
async fn an_overloaded_store_is_503_with_retry_after_in_time_and_a_retry_succeeds() {
    let system = System::start().await;
    system
        .store
        .add_user(123_123, "test.user@example.com", None)
        .await;
    let created = system.send(WebhookName::Create, &Meeting::default()).await;
    let meeting = known_as(created.id(), &Meeting::default());
    for fault in [
        Fault::Throttle,
        Fault::ServerError,
        Fault::Garbage,
        Fault::Stall,
    ] {
        system.proxy.set(fault);
        let started = Instant::now();
        let answers = WebhookName::ALL.map(|webhook| system.send(webhook, &meeting));
        for answer in join_all(answers).await {
            assert_eq!(answer.status, 503, "{fault:?}");
            assert_eq!(answer.body["category"], "STORE_UNAVAILABLE");
            assert_eq!(answer.headers["retry-after"], "1");
        }
        assert!(started.elapsed() < IN_TIME, "{fault:?}");
    }
    system.proxy.set(Fault::None);
    for webhook in WebhookName::ALL {
        let status = system.send(webhook, &meeting).await.status;
        assert!(status < 300, "{webhook:?} {status}");
    }
    assert_eq!(system.store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn every_transient_store_error_is_503_with_retry_after() {
    let system = System::start().await;
    let meeting = known_as("abcdefghijklmnopqrstuvwx27", &Meeting::default());
    for (status, code) in [
        (400, "SlowDown"),
        (400, "TooManyRequests"),
        (400, "RequestTimeout"),
        (400, "RequestLimitExceeded"),
        (408, "Unknown"),
        (425, "Unknown"),
        (429, "Unknown"),
    ] {
        system.proxy.set(Fault::Refuse(status, code));
        let answers = WebhookName::ALL.map(|webhook| system.send(webhook, &meeting));
        for answer in join_all(answers).await {
            assert_eq!(answer.status, 503, "{status} {code}");
            assert_eq!(answer.headers["retry-after"], "1", "{status} {code}");
        }
    }
    system
        .proxy
        .set(Fault::Refuse(400, "AccessDeniedException"));
    let answers = WebhookName::ALL.map(|webhook| system.send(webhook, &meeting));
    for answer in join_all(answers).await {
        assert_eq!(answer.status, 500);
    }
}

#[tokio::test]
async fn the_sdks_retry_of_a_write_whose_answer_was_lost_is_recognized() {
    let system = System::start().await;
    system.proxy.set_once(Fault::ServerErrorAfter);
    let created = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_eq!(created.status, 200);
    assert_eq!(system.proxy.take_operations(), ["PutItem", "PutItem"]);
    assert_eq!(system.store.number_of_conferences().await, 1);

    let meeting = known_as(created.id(), &Meeting::default());
    for (webhook, revision) in [(WebhookName::Update, 2), (WebhookName::Delete, 3)] {
        system.proxy.set_once(Fault::ServerErrorAfter);
        assert_eq!(system.send(webhook, &meeting).await.status, 204);
        let stored = system.store.conference(created.id()).await.unwrap();
        assert_eq!(stored.revision, revision, "once and not twice");
    }
}

#[tokio::test]
async fn an_unreachable_store_is_503_in_time() {
    let system = System::start().await;
    let store = Store::at("http://127.0.0.1:9".to_owned()).await;
    let settings = FunctionSettings::for_development(BASE_URL).unwrap();
    let functions = Functions::new(&store.client(), settings, |_| {});
    for webhook in WebhookName::ALL {
        let body = known_as("abcdefghijklmnopqrstuvwx27", &Meeting::default()).body(webhook);
        let event = system.event(webhook, &body.to_string(), SignatureVersion::V3, system.now);
        let started = Instant::now();
        let answer = functions.invoke(webhook, event, system.now).await.unwrap();
        assert!(started.elapsed() < IN_TIME);
        assert_eq!(answer["statusCode"], 503, "{webhook:?}");
        assert_eq!(
            body_of(&answer)["message"],
            "the service is temporarily unavailable, please try again"
        );
    }
}

#[tokio::test]
async fn a_missing_table_is_500_and_not_named() {
    let system = System::start().await;
    system.proxy.set(Fault::NoSuchTable);
    let answer = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.body["category"], "INTERNAL_ERROR");
    assert!(!answer.body.to_string().contains("table"));
}

#[tokio::test]
async fn a_partly_read_directory_does_not_make_anyone_unknown() {
    let system = System::start().await;
    system.proxy.set(Fault::Unprocessed);
    let answer = system.send(WebhookName::Verify, &Meeting::default()).await;
    assert_eq!(answer.status, 503);
}
