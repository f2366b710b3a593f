//! Injects every fault between the SDK and the store, for every webhook. The results make a table, which is
//! compared with the one in docs/reliability.md.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use futures_util::future::join_all;
use join::http_client::{Call, HttpClient, Retry};
use shared::aws;
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::signature::SignatureVersion;
use simulator::sample::Meeting;
use simulator::store::Store;
use testbed::IN_TIME;
use testbed::dead_address::DeadFirst;
use testbed::proxy::Fault;
use testbed::system::{Answer, System, TestStore};

/// The maximum time to an answer if the store works, and only its first address is dead.
const IN_SHORT_TIME: Duration = Duration::from_secs(2);

/// The faults and their names in the table.
const FAULTS: [(&str, Fault); 15] = [
    ("throttles", Fault::Throttle),
    ("answers SlowDown", Fault::Refuse(400, "SlowDown")),
    (
        "answers TooManyRequests",
        Fault::Refuse(400, "TooManyRequests"),
    ),
    (
        "answers RequestTimeout",
        Fault::Refuse(400, "RequestTimeout"),
    ),
    ("answers 408", Fault::Refuse(408, "Unknown")),
    ("answers 425", Fault::Refuse(425, "Unknown")),
    ("answers 429", Fault::Refuse(429, "Unknown")),
    ("answers 500", Fault::ServerError),
    ("answers 500 after the write", Fault::ServerErrorAfter),
    ("cuts the connection", Fault::Cut),
    ("cuts the connection after the write", Fault::CutAfter),
    ("answers garbage", Fault::Garbage),
    ("answers garbage after the write", Fault::GarbageAfter),
    ("never answers", Fault::Stall),
    ("never answers after the write", Fault::StallAfter),
];

/// One webhook on its own system, with the fault already set.
struct Cell {
    system: System,
    webhook: WebhookName,
    request: Meeting,
    name: String,
}

impl Cell {
    async fn prepare(store: &Store, webhook: WebhookName, fault: Fault, once: bool) -> Self {
        let system = System::on(TestStore::on(store.clone()).await, |_| {}).await;
        let request = request_for(webhook, &system).await;
        if once {
            system.proxy.set_once(fault);
        } else {
            system.proxy.set(fault);
        }
        Self {
            system,
            webhook,
            request,
            name: format!("{webhook:?}, {fault:?}, once: {once}"),
        }
    }

    /// Sends the request with the fault, then again without it. Checks both answers, and returns their
    /// statuses as the table shows them.
    async fn run(self) -> String {
        let name = &self.name;
        let started = Instant::now();
        let first = self.system.send(self.webhook, &self.request).await;
        let time = started.elapsed();
        assert!(time < IN_TIME, "{name}: {time:?}");
        if first.status == 503 {
            assert_eq!(first.headers["retry-after"], "1", "{name}");
            assert_eq!(first.body["category"], "STORE_UNAVAILABLE", "{name}");
        } else {
            self.assert_success(&first).await;
        }
        self.system.proxy.set(Fault::None);
        let second = self.system.send(self.webhook, &self.request).await;
        self.assert_success(&second).await;
        if first.status == 503 {
            return format!("503, then {}", second.status);
        }
        assert_eq!(first, second, "{name}");
        first.status.to_string()
    }

    /// Checks that the answer is a success, and that its result is stored exactly once.
    async fn assert_success(&self, answer: &Answer) {
        let name = &self.name;
        let conferences = self.system.store.all_conferences().await;
        match self.webhook {
            WebhookName::Verify => {
                assert_eq!((answer.status, &answer.body["id"]), (200, &"4711".into()));
            }
            _ => assert_eq!(conferences.len(), 1, "{name}"),
        }
        match self.webhook {
            WebhookName::Create => {
                assert_eq!(answer.status, 200, "{name}");
                assert_eq!(conferences[0].conference_id.as_str(), answer.id());
                assert_eq!(
                    answer.body["conferenceUrl"],
                    conferences[0].conference_url.as_str()
                );
                assert_eq!(conferences[0].revision, 1, "{name}");
            }
            WebhookName::Update => {
                assert_eq!(answer.status, 204, "{name}");
                assert_eq!(conferences[0].topic, "Another title", "{name}");
                assert_eq!(conferences[0].revision, 2, "{name}");
            }
            WebhookName::Delete => {
                assert_eq!(answer.status, 204, "{name}");
                assert!(conferences[0].deleted_at.is_some(), "{name}");
                assert_eq!(conferences[0].revision, 2, "{name}");
            }
            WebhookName::Verify => {}
        }
    }
}

/// A request of this webhook that succeeds, because the store has what it needs.
async fn request_for(webhook: WebhookName, system: &System) -> Meeting {
    let meeting = Meeting::default();
    let email = &meeting.user_email;
    system.store.add_user(123_123, email, Some("4711")).await;
    match webhook {
        WebhookName::Create | WebhookName::Verify => meeting,
        WebhookName::Update | WebhookName::Delete => {
            let created = system.send(WebhookName::Create, &meeting).await;
            Meeting {
                conference_id: Some(created.id().to_owned()),
                topic: "Another title".to_owned(),
                ..meeting
            }
        }
    }
}

/// The status of a webhook whose connection is opened past a dead address: `at_start`, as a function does
/// before its first request, or by the request itself.
async fn past_a_dead_address(store: &Store, webhook: WebhookName, at_start: bool) -> String {
    let healthy = System::on(TestStore::on(store.clone()).await, |_| {}).await;
    let request = request_for(webhook, &healthy).await;
    let (system, dead_first) = System::behind_a_dead_address(healthy.store).await;
    let started = Instant::now();
    if at_start {
        dead_first.open().await;
    }
    let answer = system.send(webhook, &request).await;
    let time = started.elapsed();
    assert!(time < IN_SHORT_TIME, "{webhook:?}: {time:?}");
    let name = format!("{webhook:?}, a dead first address");
    let cell = Cell {
        system,
        webhook,
        request,
        name,
    };
    cell.assert_success(&answer).await;
    answer.status.to_string()
}

#[tokio::test]
async fn every_fault_ends_in_success_or_503_in_time_and_a_retry_succeeds_as_documented() {
    let store = TestStore::start().await.store;
    let mut rows = Vec::new();
    let mut stalled = Vec::new();
    for (name, fault) in FAULTS {
        for (once, how) in [(true, "once"), (false, "every time")] {
            let mut cells = Vec::new();
            for webhook in WebhookName::ALL {
                cells.push(Cell::prepare(&store, webhook, fault, once).await);
            }
            let row = async move {
                let cells = join_all(cells.into_iter().map(Cell::run)).await;
                format!("| {name}, {how} | {} |", cells.join(" | "))
            };
            // These rows only wait for timeouts, so all of them run at the same time.
            if matches!(fault, Fault::Stall | Fault::StallAfter) {
                stalled.push(row);
            } else {
                rows.push(row.await);
            }
        }
    }
    rows.extend(join_all(stalled).await);
    for (at_start, when) in [(true, "at the start"), (false, "later")] {
        let answers =
            WebhookName::ALL.map(|webhook| past_a_dead_address(&store, webhook, at_start));
        let answers = join_all(answers).await.join(" | ");
        rows.push(format!("| has a dead first address, {when} | {answers} |"));
    }
    let mut table = vec![
        "| the store | create | update | delete | verify |".to_owned(),
        "| --- | --- | --- | --- | --- |".to_owned(),
    ];
    table.extend(rows);
    let table = table.join("\n");
    let documented = include_str!("../../docs/reliability.md");
    assert!(
        documented.contains(&table),
        "docs/reliability.md needs this table:\n{table}"
    );
}

#[tokio::test]
async fn a_video_system_whose_first_address_is_dead_is_reached_in_time() {
    let url = testbed::serve(Router::new().route("/", get(|| async { "hello" }))).await;
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let dead_first = DeadFirst::on(port).await;
    let tls = aws::tls(&Environment::from_variables([])).unwrap();
    let client = HttpClient::new(tls).with_lookup(dead_first.lookup());
    let started = Instant::now();
    let call = Call::get(dead_first.url().parse().unwrap());
    let answer = client.send(&call, Retry::IfNotSent).await.unwrap();
    assert_eq!(answer.body, "hello");
    assert!(started.elapsed() < IN_SHORT_TIME, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_silent_store_is_503_before_the_timeout_that_hubspot_announces() {
    let store = TestStore::start().await.store;
    let limits = [1_000, 2_000, 3_000].map(|millis| {
        let store = store.clone();
        async move {
            let system = System::on(TestStore::on(store).await, |_| {}).await;
            let body = Meeting::default().body(WebhookName::Create).to_string();
            let version = SignatureVersion::V3;
            let mut event = system.event(WebhookName::Create, &body, version, system.now);
            event["headers"]["x-hubspot-timeout-millis"] = millis.to_string().into();
            system.proxy.set(Fault::StallAfter);
            let started = Instant::now();
            let answer = system.deliver(WebhookName::Create, event.clone()).await;
            assert_eq!(answer.status, 503);
            assert!(
                started.elapsed() < Duration::from_millis(millis),
                "{millis}"
            );
            system.proxy.set(Fault::None);
            assert_eq!(system.deliver(WebhookName::Create, event).await.status, 200);
            assert_eq!(system.store.number_of_conferences().await, 1);
        }
    });
    join_all(limits).await;
}
