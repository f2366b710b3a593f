//! The client secret is rotated in Secrets Manager while requests come in. Secrets Manager is a fake.

mod timeline;

use std::time::{Duration, Instant};

use ::verify::Verify;
use futures_util::future::join_all;
use http::Method;
use lambda_http::{Context, LambdaEvent};
use serde_json::Value;
use shared::client_secrets::{ClientSecrets, SecretSource, Secrets};
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::edge::{Edge, SignatureCheck};
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::event::{GatewayRequest, event};
use simulator::hubspot::caller::Signer;
use simulator::sample::{CLIENT_SECRET, Meeting};
use testbed::proxy::{Fault, Proxy};
use testbed::secrets_manager::{self, SecretsManager};
use testbed::system::BASE_URL;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn stored(client_secret: &str) -> String {
    format!("{{\"clientSecret\":\"{client_secret}\",\"conferenceKey\":\"sixteen-characters\"}}")
}

async fn read(manager: &SecretsManager) -> Result<Secrets, String> {
    read_from(&manager.endpoint).await
}

async fn read_from(endpoint: &str) -> Result<Secrets, String> {
    let client = secrets_manager::client(endpoint).await;
    let source = SecretSource::read(&Environment::from_variables([(
        "HUBSPOT_SECRET_ID",
        "hubspot",
    )]))
    .unwrap();
    let secrets = source.secrets(|| client, NOW).await;
    secrets.map_err(|error| error.to_string())
}

/// The secrets that are valid for a request at this second.
fn valid(secrets: &ClientSecrets, second: u64) -> Vec<Secret> {
    secrets.valid(at(second)).to_vec()
}

#[tokio::test]
async fn the_previous_secret_is_read_when_a_signature_fails_and_not_before() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-new-client-secret"));
    manager.put("AWSPREVIOUS", &stored("the-old-client-secret"));
    let secrets = read(&manager).await.unwrap();
    assert!(secrets.conference_key().is_ok());
    let secrets = secrets.client_secrets;
    assert_eq!(valid(&secrets, 0), [Secret::new("the-new-client-secret")]);
    assert_eq!(manager.take_requests(), 1);
    assert!(secrets.refresh(at(0)).await);
    assert_eq!(
        valid(&secrets, 0),
        [
            Secret::new("the-new-client-secret"),
            Secret::new("the-old-client-secret")
        ]
    );
    assert_eq!(manager.take_requests(), 2);
}

#[tokio::test]
async fn a_rotation_is_noticed_at_once_and_bad_requests_cause_one_read_in_five_seconds() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-first-client-secret"));
    let secrets = read(&manager).await.unwrap().client_secrets;
    manager.put("AWSPREVIOUS", &stored("the-first-client-secret"));
    manager.put("AWSCURRENT", &stored("the-second-client-secret"));
    manager.take_requests();
    secrets.refresh(at(1)).await;
    assert_eq!(
        valid(&secrets, 1),
        [
            Secret::new("the-second-client-secret"),
            Secret::new("the-first-client-secret")
        ]
    );
    assert_eq!(manager.take_requests(), 2);
    for second in 1..6 {
        for _ in 0..3 {
            assert!(secrets.refresh(at(second)).await);
        }
    }
    assert_eq!(manager.take_requests(), 0);
    secrets.refresh(at(6)).await;
    assert_eq!(manager.take_requests(), 2);
}

#[tokio::test]
async fn secrets_that_cannot_be_read_again_stay_as_they_were() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-first-client-secret"));
    let secrets = read(&manager).await.unwrap().client_secrets;
    manager.clear();
    assert!(!secrets.refresh(at(1)).await);
    manager.put("AWSCURRENT", "no JSON");
    assert!(!secrets.refresh(at(120)).await);
    assert_eq!(
        valid(&secrets, 120),
        [Secret::new("the-first-client-secret")]
    );
}

#[tokio::test]
async fn a_new_current_secret_is_accepted_even_if_the_previous_one_cannot_be_read() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-first-client-secret"));
    let secrets = read(&manager).await.unwrap().client_secrets;
    manager.put("AWSCURRENT", &stored("the-second-client-secret"));
    manager.refuse("AWSPREVIOUS");
    for second in [1, 120] {
        assert!(!secrets.refresh(at(second)).await);
        assert_eq!(
            valid(&secrets, second),
            [
                Secret::new("the-second-client-secret"),
                Secret::new("the-first-client-secret")
            ]
        );
    }
}

#[tokio::test]
async fn a_previous_secret_that_could_be_guessed_is_ignored() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored("the-new-client-secret"));
    for text in [&stored(""), "no JSON"] {
        manager.put("AWSPREVIOUS", text);
        let secrets = read(&manager).await.unwrap().client_secrets;
        assert!(secrets.refresh(at(0)).await);
        let only = [Secret::new("the-new-client-secret")];
        assert_eq!(valid(&secrets, 0), only);
    }
}

/// A webhook that is signed with this client secret at `now`.
fn event_signed_with(client_secret: &str, now: Timestamp) -> Value {
    let body = Meeting::default().body(WebhookName::Verify).to_string();
    let signer = Signer {
        secret: Secret::new(client_secret),
        version: SignatureVersion::V3,
    };
    let path = WebhookName::Verify.path();
    let url = format!("{BASE_URL}{path}");
    event(&GatewayRequest {
        method: &Method::POST,
        path,
        query: None,
        headers: &signer.headers(&url, body.as_bytes(), now),
        body: body.as_bytes(),
        domain_name: "api.example.com",
        source_ip: "203.0.113.7",
        request_id: "rotation",
        now,
    })
}

/// The edge of a verify webhook that accepts every user, and an event signed with the development secret.
async fn edge_and_event(secrets: ClientSecrets) -> (Edge<Verify>, Value) {
    let check = SignatureCheck {
        secrets,
        minimum: SignatureVersion::V1,
        public_base_url: Some(BASE_URL.parse().unwrap()),
    };
    let edge = Edge::new(Verify::Open, check, |_| {});
    (edge, event_signed_with(CLIENT_SECRET, NOW))
}

async fn invoke(edge: &Edge<Verify>, event: &Value, now: Timestamp) -> Value {
    let request = serde_json::from_value(event.clone()).unwrap();
    let event = LambdaEvent::new(request, Context::default());
    let Ok(answer) = edge.invoke(event, now).await;
    serde_json::to_value(answer).unwrap()
}

#[tokio::test]
async fn while_a_new_secret_cannot_be_read_its_signatures_are_503_and_later_accepted() {
    let faults = [
        Fault::Throttle,
        Fault::ServerError,
        Fault::Cut,
        Fault::Garbage,
        Fault::Stall,
    ];
    let tries = faults.map(|fault| async move {
        let manager = SecretsManager::start().await;
        manager.put("AWSCURRENT", &stored("the-first-client-secret"));
        let proxy = Proxy::start(&manager.endpoint).await;
        let secrets = read_from(proxy.endpoint()).await.unwrap().client_secrets;
        manager.put("AWSCURRENT", &stored(CLIENT_SECRET));
        let (edge, event) = edge_and_event(secrets).await;
        proxy.set(fault);
        for second in [0, 1] {
            let started = Instant::now();
            let answer = invoke(&edge, &event, at(second)).await;
            assert!(started.elapsed() < Duration::from_secs(4), "{fault:?}");
            assert_eq!(answer["statusCode"], 503, "{fault:?}");
            assert_eq!(answer["headers"]["retry-after"], "1");
        }
        proxy.set(Fault::None);
        let answer = invoke(&edge, &event, at(60)).await;
        assert_eq!(answer["statusCode"], 200, "{fault:?}");
        let forged = with_another_body(event);
        assert_eq!(invoke(&edge, &forged, at(61)).await["statusCode"], 401);
    });
    join_all(tries).await;
}

#[tokio::test]
async fn a_malformed_signature_is_401_at_once_whatever_secrets_manager_does() {
    let manager = SecretsManager::start().await;
    manager.put("AWSCURRENT", &stored(CLIENT_SECRET));
    let (edge, event) = edge_and_event(read(&manager).await.unwrap().client_secrets).await;
    manager.refuse("AWSCURRENT");
    manager.take_requests();
    for form in ["", "AAAA", "k", "232db2615f3d666fe21a8ec971ac7b54"] {
        let mut malformed = event.clone();
        malformed["headers"]["x-hubspot-signature-v3"] = form.into();
        assert_eq!(invoke(&edge, &malformed, NOW).await["statusCode"], 401);
    }
    assert_eq!(manager.take_requests(), 0);
    let forged = with_another_body(event);
    assert_eq!(invoke(&edge, &forged, NOW).await["statusCode"], 503);
}

fn with_another_body(mut event: Value) -> Value {
    event["body"] = "{}".into();
    event
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
            "HUBSPOT_SECRET_ID does not hold JSON with a clientSecret of at least 16 characters"
        );
    }
    for (text, problem) in [
        ("fifteen-letters", "must have at least 16 characters"),
        (
            "hush hush hush hush",
            "has characters that no client secret of HubSpot's has; copy it again",
        ),
    ] {
        manager.put("AWSCURRENT", &stored(text));
        let error = read(&manager).await.unwrap_err();
        let expected = format!("HUBSPOT_SECRET_ID holds a clientSecret that {problem}");
        assert_eq!(error, expected);
    }
    manager.put("AWSCURRENT", "{\"clientSecret\":\"sixteen-letters-\"}");
    let key = read(&manager).await.unwrap().conference_key().unwrap_err();
    assert_eq!(
        key.to_string(),
        "HUBSPOT_SECRET_ID holds a conferenceKey that is not set"
    );
}
