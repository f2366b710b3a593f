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

/// The number of concurrent requests.
const CONCURRENT: usize = 100;

/// The maximum number of retries of one request, enough even on a machine under load.
const MAX_RETRIES: usize = 10;

/// The result of one create: the final answer, and the number of retries before it.
struct Sent {
    answer: Answer,
    retries: usize,
}

/// Creates all meetings as fast as the system accepts them, and retries on 503, as HubSpot may.
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
            let mut retries = 0;
            loop {
                let request = signer.sign(url.clone(), body.clone().into(), Timestamp::now());
                let answer = request.send(client).await.unwrap();
                if answer.status != 503 || retries == MAX_RETRIES {
                    return Sent { answer, retries };
                }
                retries += 1;
            }
        }
    };
    let answers = stream::iter(meetings)
        .map(send)
        .buffer_unordered(CONCURRENT);
    answers.collect().await
}

async fn start() -> Simulator {
    Simulator::start(Options::on_free_ports()).await.unwrap()
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
fn print_result(what: &str, sent: &[Sent], conferences: usize, time: Duration) {
    let mut times: Vec<Duration> = sent.iter().map(|sent| sent.answer.time).collect();
    times.sort();
    let accepted = sent.iter().filter(|sent| sent.answer.status == 200);
    println!(
        "{} {what} creates: {} accepted after {} retries, {} links, {conferences} conferences, \
         {:.1} s in all, p50 {} ms, p99 {} ms",
        sent.len(),
        accepted.count(),
        sent.iter().map(|sent| sent.retries).sum::<usize>(),
        links(sent).len(),
        time.as_secs_f64(),
        times[sent.len() / 2].as_millis(),
        times[sent.len() * 99 / 100].as_millis(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_equal_creates_make_one_conference_and_a_thousand_different_ones_make_a_thousand()
 {
    let local = start().await;
    let equal = vec![Meeting::default(); BURST];
    let started = Instant::now();
    let sent = burst(&local, equal).await;
    print_result("equal", &sent, stored(&local).await, started.elapsed());
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
    print_result("different", &sent, conferences, started.elapsed());
    assert!(sent.iter().all(|sent| sent.answer.status == 200));
    assert_eq!(links(&sent).len(), BURST, "each has a link of its own");
    assert_eq!(conferences, BURST);
}
