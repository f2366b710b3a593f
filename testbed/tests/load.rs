//! A burst through the local system's HTTP gateway loses no request and duplicates no conference.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::http_client::HttpClient;
use simulator::hubspot::caller::{Answer, Signer};
use simulator::sample::{self, Meeting};
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;

const BURST: usize = 1_000;

/// Number of concurrent requests.
const AT_ONCE: usize = 100;

/// The maximum number of attempts, enough even on a busy machine.
const MOST_TRIES: usize = 10;

/// The result of one create: the final answer, and how many 503s came before it.
struct Sent {
    answer: Answer,
    busy: usize,
}

/// Sends all of them as fast as they are accepted, and retries on 503, as HubSpot may.
async fn burst(local: &Simulator, meetings: Vec<Meeting>) -> Vec<Sent> {
    let client = HttpClient::new().unwrap();
    let signer = Signer {
        secret: Secret::new(sample::CLIENT_SECRET),
        version: SignatureVersion::V3,
    };
    let send = |meeting: Meeting| {
        let (client, signer) = (&client, &signer);
        async move {
            let url = format!("{}{}", local.base_url, WebhookName::Create.path());
            let body = meeting.body(WebhookName::Create).to_string();
            let mut busy = 0;
            loop {
                let request = signer.sign(url.clone(), body.clone().into(), Timestamp::now());
                let answer = request.send(client).await.unwrap();
                if answer.status != 503 || busy == MOST_TRIES {
                    return Sent { answer, busy };
                }
                busy += 1;
            }
        }
    };
    let answers = stream::iter(meetings).map(send).buffer_unordered(AT_ONCE);
    answers.collect().await
}

async fn start() -> Simulator {
    Simulator::start(Options::for_itself()).await.unwrap()
}

async fn stored(local: &Simulator) -> usize {
    let client = local.store.client();
    let pages = client.scan().table_name(CONFERENCES_TABLE).into_paginator();
    let items = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    items.unwrap().len()
}

fn links(sent: &[Sent]) -> BTreeSet<&str> {
    let links = sent.iter().map(|sent| &sent.answer.body["conferenceUrl"]);
    links.filter_map(Value::as_str).collect()
}

/// Prints the results: the numbers in docs/reliability.md.
fn tell(what: &str, sent: &[Sent], conferences: usize, time: Duration) {
    let mut times: Vec<Duration> = sent.iter().map(|sent| sent.answer.time).collect();
    times.sort();
    let accepted = sent.iter().filter(|sent| sent.answer.status == 200);
    println!(
        "{} {what} creates: {} accepted, {} times busy before, {} links, {conferences} conferences, \
         {:.1} s in all, p50 {} ms, p99 {} ms",
        sent.len(),
        accepted.count(),
        sent.iter().map(|sent| sent.busy).sum::<usize>(),
        links(sent).len(),
        time.as_secs_f64(),
        times[sent.len() / 2].as_millis(),
        times[sent.len() * 99 / 100].as_millis(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_equal_creates_are_one_conference_and_a_thousand_others_are_a_thousand() {
    let local = start().await;
    let equal = vec![Meeting::default(); BURST];
    let started = Instant::now();
    let sent = burst(&local, equal).await;
    tell("equal", &sent, stored(&local).await, started.elapsed());
    assert!(sent.iter().all(|sent| sent.answer.status == 200));
    let first = &sent[0].answer.body;
    assert!(sent.iter().all(|sent| sent.answer.body == *first));
    assert_eq!(stored(&local).await, 1);

    let different = |number| Meeting {
        topic: format!("Meeting {number}"),
        ..Meeting::default()
    };
    let started = Instant::now();
    let sent = burst(&local, (0..BURST).map(different).collect()).await;
    let conferences = stored(&local).await - 1;
    tell("different", &sent, conferences, started.elapsed());
    assert!(sent.iter().all(|sent| sent.answer.status == 200));
    assert_eq!(links(&sent).len(), BURST, "each has a link of its own");
    assert_eq!(conferences, BURST);
}
