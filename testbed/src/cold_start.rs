//! A function that starts while Secrets Manager is failing.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::timestamp::Timestamp;

use crate::IN_TIME;
use crate::bootstrap::Bootstrap;
use crate::proxy::{Fault, Proxy};
use crate::sample_event;
use crate::secrets_manager::SecretsManager;
use crate::system::TestStore;

/// The maximum time to an answer when the request announces this timeout.
const IN_SHORT_TIME: Duration = Duration::from_secs(2);

/// Starts `program` once for each kind of failure, and sends it the sample event `name`. Checks that while
/// the failure lasts, the answer is 503 and comes in time, and that a retry afterwards is answered with the
/// status `expected`.
pub async fn assert_recovery(program: &str, store: &TestStore, name: &str, expected: u64) {
    let faults = [
        Fault::Throttle,
        Fault::ServerError,
        Fault::Cut,
        Fault::Garbage,
        Fault::Stall,
    ];
    let answers = faults.map(|fault| start_with_fault(program, store, name, fault));
    let answers = join_all(answers).await;
    for (answer, fault) in answers.iter().zip(faults) {
        assert_eq!(answer["statusCode"], expected, "{fault:?}: {answer}");
        assert_eq!(answer["body"], answers[0]["body"], "{fault:?}");
    }
}

/// Returns the answer after the failure.
async fn start_with_fault(program: &str, store: &TestStore, name: &str, fault: Fault) -> Value {
    let settings = sample_event("env")["Parameters"].clone();
    let secret = json!({
        "clientSecret": settings["HUBSPOT_CLIENT_SECRET"],
        "conferenceKey": settings["CONFERENCE_KEY"],
    });
    let secrets = SecretsManager::start().await;
    secrets.put("AWSCURRENT", &secret.to_string());
    let proxy = Proxy::start(&secrets.endpoint).await;
    proxy.set(fault);

    let mut event = sample_event(name);
    let started = Instant::now();
    event["requestContext"]["timeEpoch"] = Timestamp::now().as_millis().into();
    let mut function = Bootstrap::start_with_secret(program, store, proxy.endpoint()).await;
    assert_unavailable(&function.answer_to(&event).await, fault);
    let waited = started.elapsed();
    assert!(waited < IN_TIME, "{fault:?}: {waited:?}");

    let mut short = event.clone();
    short["headers"]["x-hubspot-timeout-millis"] = IN_SHORT_TIME.as_millis().to_string().into();
    let asked = Instant::now();
    short["requestContext"]["timeEpoch"] = Timestamp::now().as_millis().into();
    assert_unavailable(&function.answer_to(&short).await, fault);
    let waited = asked.elapsed();
    assert!(waited < IN_SHORT_TIME, "{fault:?}: {waited:?}");

    proxy.set(Fault::None);
    secrets.take_requests();
    event["requestContext"]["timeEpoch"] = Timestamp::now().as_millis().into();
    let answer = function.answer_to(&event).await;
    assert_eq!(secrets.take_requests(), 1, "only AWSCURRENT: {fault:?}");
    assert_eq!(function.answer_to(&event).await, answer, "{fault:?}");
    assert_eq!(secrets.take_requests(), 0, "the secret is known: {fault:?}");

    let lines = function.end().await.log();
    assert_eq!(
        lines.len(),
        5,
        "one at the start, and one for each request: {lines:?}"
    );
    assert_eq!(lines[0]["level"], "WARN");
    let named = "HUBSPOT_SECRET_ID can't be read from Secrets Manager";
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(cause.starts_with(named), "{cause}");
    assert_eq!(lines[1]["outcome"], "store_unavailable");
    assert_eq!(lines[1]["Outcome"], "store_unavailable");
    answer
}

fn assert_unavailable(answer: &Value, fault: Fault) {
    assert_eq!(answer["statusCode"], 503, "{fault:?}");
    assert_eq!(answer["headers"]["retry-after"], "1", "{fault:?}");
    let body = crate::body_of(answer);
    assert_eq!(body["category"], "STORE_UNAVAILABLE", "{fault:?}");
    let id = body["correlationId"].as_str().unwrap();
    assert!(id.starts_with("sample-"), "{id}");
}
