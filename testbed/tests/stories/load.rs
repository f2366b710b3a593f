//! Everybody at once: a burst through the local system's HTTP gateway loses nothing and doubles nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use hubspot_conference::hubspot::{Answer, Signer};
use hubspot_conference::local::{CONFERENCES_TABLE, Local, Options};
use hubspot_conference::sample::{self, Meeting, Webhook};
use serde_json::Value;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

const BURST: usize = 1_000;

/// As many requests are under way at any time.
const AT_ONCE: usize = 100;

/// Sends all of them, as fast as they are taken, again where the answer is 503.
async fn burst(local: &Local, meetings: Vec<Meeting>) -> Vec<Answer> {
    let client = reqwest::Client::new();
    let signer = Signer {
        secret: Secret::new(sample::CLIENT_SECRET),
        version: SignatureVersion::V3,
    };
    let send = |meeting: Meeting| {
        let (client, signer) = (&client, &signer);
        async move {
            let url = format!("{}{}", local.base_url, Webhook::Create.path());
            let body = meeting.body(Webhook::Create).to_string();
            signer
                .sign(url, body, Timestamp::now())
                .send(client)
                .await
                .unwrap()
        }
    };
    stream::iter(meetings)
        .map(send)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn start() -> Local {
    let options = Options {
        host: [127, 0, 0, 1].into(),
        port: 0,
        dynamodb_port: 0,
        data: None,
        report: |_| {},
    };
    Local::start(options).await.unwrap()
}

async fn stored(local: &Local) -> usize {
    let client = local.store.client();
    let pages = client.scan().table_name(CONFERENCES_TABLE).into_paginator();
    let items = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    items.unwrap().len()
}

fn links(answers: &[Answer]) -> BTreeSet<&str> {
    let links = answers.iter().map(|answer| &answer.body["conferenceUrl"]);
    links.filter_map(Value::as_str).collect()
}

/// Says what came of it: the figures in docs/reliability.md.
fn tell(what: &str, answers: &[Answer], conferences: usize, time: Duration) {
    let mut times: Vec<Duration> = answers.iter().map(|answer| answer.time).collect();
    times.sort();
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    println!(
        "{} {what} creates: {accepted} accepted, {} errors, {} links, {conferences} conferences, \
         {:.1} s in all, p50 {} ms, p99 {} ms",
        answers.len(),
        answers.len() - accepted,
        links(answers).len(),
        time.as_secs_f64(),
        times[answers.len() / 2].as_millis(),
        times[answers.len() * 99 / 100].as_millis(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_equal_creates_are_one_conference_and_a_thousand_others_are_a_thousand() {
    let local = start().await;
    let equal = vec![Meeting::default(); BURST];
    let started = Instant::now();
    let answers = burst(&local, equal).await;
    tell("equal", &answers, stored(&local).await, started.elapsed());
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(stored(&local).await, 1);

    let different = |number| Meeting {
        topic: format!("Meeting {number}"),
        ..Meeting::default()
    };
    let started = Instant::now();
    let answers = burst(&local, (0..BURST).map(different).collect()).await;
    let conferences = stored(&local).await - 1;
    tell("different", &answers, conferences, started.elapsed());
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(links(&answers).len(), BURST, "each has a link of its own");
    assert_eq!(conferences, BURST);
}
