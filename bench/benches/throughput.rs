//! `cargo bench --package bench --bench throughput`: how the latency of a create grows with the number
//! of callers and of stored conferences, on the local system.
//!
//! The load comes from wrk (<https://github.com/wg/wrk>), which has to be installed. `--seconds N` sets
//! the duration for each number of callers, `--stored N` how many conferences are stored before the second
//! round. The functions, the gateway and the store share this machine with wrk: the numbers show how
//! latency grows, not how many webhooks Lambda can handle.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::HashMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use bench::arguments::number;
use bench::events::meeting;
use futures_util::{StreamExt, stream};
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::{REQUEST_TIMESTAMP, SIGNATURE_V3, SignatureVersion};
use shared::timestamp::Timestamp;
use simulator::hubspot::caller::Signer;
use simulator::sample;
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;

const CALLERS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// More creates than any number of callers makes per second here.
const MAX_PER_SECOND: usize = 10_000;

/// DynamoDB's largest batch.
const BATCH: usize = 25;

#[tokio::main]
async fn main() {
    let seconds = number("--seconds", 5);
    let stored = number("--stored", 1_000_000);
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let mut numbers = 0;
    measure(&local, 0, seconds, &mut numbers).await;
    let started = Instant::now();
    fill(&local.store.client(), stored).await;
    println!("\nstored {stored} more in {:.0?}", started.elapsed());
    measure(&local, stored, seconds, &mut numbers).await;
}

/// Prints a line for each number of callers; `numbers` counts the meetings already used.
async fn measure(local: &Simulator, stored: usize, seconds: usize, numbers: &mut usize) {
    println!("\n{stored} conferences before   answers/s   failed   p50 ms   p99 ms");
    for callers in CALLERS {
        let creates = sign(local, *numbers, seconds * MAX_PER_SECOND);
        *numbers += seconds * MAX_PER_SECOND;
        let url = format!("{}{}", local.base_url, WebhookName::Create.path());
        let results = tokio::task::spawn_blocking(move || wrk(&url, &creates, callers, seconds));
        let [requests, failed, duration, p50, p99] = results.await.unwrap();
        println!(
            "{callers:3} callers {:24.0} {failed:8} {:8.2} {:8.2}",
            requests / duration * 1e6,
            p50 / 1e3,
            p99 / 1e3,
        );
    }
}

/// This many creates, each for its own meeting, signed now, in the format of `wrk.lua`.
fn sign(local: &Simulator, first: usize, count: usize) -> String {
    let signer = Signer {
        secret: Secret::new(sample::CLIENT_SECRET),
        version: SignatureVersion::V3,
    };
    let url = format!("{}{}", local.base_url, WebhookName::Create.path());
    let mut lines = String::new();
    for number in first..first + count {
        let body = meeting(number).body(WebhookName::Create).to_string();
        let headers = signer.headers(&url, body.as_bytes(), Timestamp::now());
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let (time, signature) = (header(REQUEST_TIMESTAMP), header(SIGNATURE_V3));
        writeln!(lines, "{time}\t{signature}\t{body}").unwrap();
    }
    lines
}

fn wrk(url: &str, creates: &str, callers: usize, seconds: usize) -> [f64; 5] {
    let file = env::temp_dir().join(format!("creates-{}", std::process::id()));
    fs::write(&file, creates).unwrap();
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &callers.to_string()])
        .args(["--duration", &format!("{seconds}s"), "--timeout", "10s"])
        .arg("--script")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/wrk.lua"))
        .args([url, "--"])
        .arg(&file)
        .output()
        .expect("wrk has to be installed");
    fs::remove_file(&file).unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let results = output.lines().find_map(|line| line.strip_prefix("numbers"));
    let results = results.expect("wrk prints no numbers");
    let results = results
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    results.collect::<Vec<f64>>().try_into().unwrap()
}

/// Stores conferences of other meetings directly, without a webhook.
async fn fill(client: &Client, count: usize) {
    let first = usize::MAX / 2;
    let batches = (0..count.div_ceil(BATCH)).map(|batch| async move {
        let numbers = batch * BATCH..count.min((batch + 1) * BATCH);
        let puts = numbers.map(|number| put(first + number)).collect();
        let written = client
            .batch_write_item()
            .request_items(CONFERENCES_TABLE, puts)
            .send()
            .await
            .unwrap();
        assert!(written.unprocessed_items.unwrap_or_default().is_empty());
    });
    stream::iter(batches)
        .buffer_unordered(8)
        .collect::<()>()
        .await;
}

fn put(number: usize) -> WriteRequest {
    let meeting = meeting(number);
    let update = meeting.body(WebhookName::Update);
    let id = update["conferenceId"].as_str().unwrap().to_owned();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: i64| AttributeValue::N(number.to_string());
    let item = HashMap::from([
        (
            "conferenceUrl",
            text(&format!("https://meet.example.com/{id}")),
        ),
        ("conferenceId", AttributeValue::S(id)),
        ("portalId", number(123_123)),
        ("userId", number(123)),
        ("userEmail", text(&meeting.user_email)),
        ("topic", text(&meeting.topic)),
        ("source", text("MEETINGS")),
        ("startTime", number(1_534_197_600_000)),
        ("endTime", number(1_534_201_200_000)),
        ("createdAt", number(1_534_000_000_000)),
        ("signedAt", number(1_534_000_000_000)),
        ("revision", number(1)),
        ("expiresAt", number(4_000_000_000)),
    ]);
    let item = item
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let put = PutRequest::builder().set_item(Some(item.collect()));
    WriteRequest::builder()
        .put_request(put.build().unwrap())
        .build()
}
