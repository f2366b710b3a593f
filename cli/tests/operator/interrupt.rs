//! An operator presses Ctrl-C while a long command runs, or the process is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Notify;

use crate::conferences::{conference, insert, stored};
use crate::fake_aws::serve;
use crate::program::{Ended, end, program};
use crate::users::{port, store, users};

/// A DynamoDB in front of a real store that holds one write back.
struct Holding {
    endpoint: String,
    held: Arc<Notify>,
    released: Arc<Notify>,
}

impl Holding {
    /// Holds the `nth` batch of writes, and passes everything else on to the store at `endpoint`.
    async fn back(nth: u32, endpoint: &str) -> Self {
        let (held, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (writes, client) = (Arc::new(AtomicU32::new(0)), reqwest::Client::new());
        let (endpoint, arrived, go_on) = (endpoint.to_owned(), held.clone(), released.clone());
        let pass = move |mut headers: HeaderMap, request: String| {
            let (endpoint, client) = (endpoint.clone(), client.clone());
            let (writes, arrived, go_on) = (writes.clone(), arrived.clone(), go_on.clone());
            async move {
                let is_write = headers["x-amz-target"] == "DynamoDB_20120810.BatchWriteItem";
                if is_write && writes.fetch_add(1, Ordering::Relaxed) + 1 == nth {
                    arrived.notify_one();
                    go_on.notified().await;
                }
                headers.remove(CONTENT_LENGTH);
                let forwarded = client.post(endpoint).headers(headers).body(request);
                let answer = forwarded.send().await.unwrap();
                let status = answer.status();
                let answered: Response = (status, answer.text().await.unwrap()).into_response();
                answered
            }
        };
        Self {
            endpoint: serve(Router::new().fallback(pass)).await,
            held,
            released,
        }
    }
}

/// A running command.
struct RunningCommand {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl RunningCommand {
    fn start(command: &str, endpoint: &str) -> Self {
        let place = ["--dynamodb-port", port(endpoint)];
        let arguments: Vec<_> = command.split(' ').chain(place).collect();
        let mut child = program(&arguments, &[]).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    /// Waits until the command says that it is about to stop.
    fn wait_until_stopping(&mut self) {
        let mut line = String::new();
        while !line.starts_with("Stopping after the requests in progress.") {
            line.clear();
            assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0);
        }
    }

    fn end(mut self) -> Ended {
        let mut stderr = String::new();
        std::io::Read::read_to_string(&mut self.stderr, &mut stderr).unwrap();
        Ended {
            stderr,
            ..end(self.child)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_purge_reports_how_far_it_got_and_the_next_one_finishes_it() {
    let store = store().await;
    insert(&store, (0..100).map(|n| conference(n, 7))).await;
    let holding = Holding::back(2, store.endpoint()).await;
    let purge = "conferences purge --portal 7 --yes";
    let mut first = RunningCommand::start(purge, &holding.endpoint);
    holding.held.notified().await;
    first.interrupt();
    first.wait_until_stopping();
    holding.released.notify_one();
    let first = first.end();
    assert_eq!((first.code, first.stdout.as_str()), (130, ""), "{first:?}");
    let words = "Stopped: at least 50 conferences purged. Running it again is safe.";
    assert!(first.stderr.contains(words), "{first:?}");
    assert_eq!(stored(&store, 7).await.len(), 50);

    let second = RunningCommand::start(purge, store.endpoint()).end();
    assert_eq!(
        second.stdout, "50 conferences of portal 7 purged.\n",
        "{second:?}"
    );
    assert_eq!(stored(&store, 7).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_purge_is_finished_by_the_next_one() {
    let store = store().await;
    insert(&store, (0..100).map(|n| conference(n, 7))).await;
    insert(&store, (100..110).map(|n| conference(n, 8))).await;
    let holding = Holding::back(2, store.endpoint()).await;
    let purge = "conferences purge --portal 7 --yes";
    let mut first = RunningCommand::start(purge, &holding.endpoint);
    holding.held.notified().await;
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert_eq!(stored(&store, 7).await.len(), 75);

    let second = RunningCommand::start(purge, store.endpoint()).end();
    assert_eq!(
        second.stdout, "75 conferences of portal 7 purged.\n",
        "{second:?}"
    );
    assert_eq!(stored(&store, 7).await, []);
    assert_eq!(stored(&store, 8).await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_import_reports_how_far_it_got_and_the_next_one_finishes_it() {
    let rows = |numbers: std::ops::Range<u32>| -> String {
        let rows = numbers.map(|n| format!("user{n}@example.com,native-{n}\n"));
        rows.collect::<Vec<_>>().concat()
    };
    let store = store().await;
    let holding = Holding::back(3, store.endpoint()).await;
    let mut first = RunningCommand::start("users import - --portal 7", &holding.endpoint);
    let mut input = first.child.stdin.take().unwrap();
    input
        .write_all(format!("email,nativeId\n{}", rows(0..100)).as_bytes())
        .unwrap();
    holding.held.notified().await;
    first.interrupt();
    first.wait_until_stopping();
    holding.released.notify_one();
    input.write_all(rows(100..200).as_bytes()).unwrap();
    let first = first.end();
    assert_eq!((first.code, first.stdout.as_str()), (130, ""), "{first:?}");
    let words = ": 100 rows are written, 0 were refused. Running it again is safe.";
    assert!(first.stderr.contains(words), "{first:?}");

    let all = format!("email,nativeId\n{}", rows(0..200));
    let second = users(&store, "import - --portal 7", &all).await;
    assert!(
        second.stdout.contains("100 new, 0 changed, 100 unchanged."),
        "{second:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_ctrl_c_stops_immediately() {
    let store = store().await;
    insert(&store, (0..30).map(|n| conference(n, 7))).await;
    let holding = Holding::back(1, store.endpoint()).await;
    let mut purge = RunningCommand::start("conferences purge --portal 7 --yes", &holding.endpoint);
    holding.held.notified().await;
    purge.interrupt();
    purge.wait_until_stopping();
    purge.interrupt();
    assert_eq!(purge.end().code, 130);
}
