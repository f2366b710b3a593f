//! The functions' connection to AWS: a single one, opened at the start, kept, and reopened when the server has
//! closed it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use shared::aws::{Aws, Connection};
use shared::config::Environment;
use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{FindUsers, Matches};
use testbed::ANY_PORT;

/// A server that counts connections and requests, and answers every request with an empty result. It runs in
/// its own threads, so that it works even while a test doesn't yield to Tokio.
#[derive(Clone, Default)]
struct Counting {
    failures_ahead: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Counting {
    /// Starts the server. It reads up to `max_requests` from a connection, and then closes it when told to.
    fn start(max_requests: usize) -> (Self, String, HangUp) {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (go, told) = channel();
        let (hung_up, done) = channel();
        let told = Arc::new(Mutex::new(told));
        let counting = Self::default();
        let server = counting.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                server.connections.fetch_add(1, Ordering::SeqCst);
                let (server, told, hung_up) = (server.clone(), told.clone(), hung_up.clone());
                thread::spawn(move || {
                    let connection = server.serve(stream.unwrap(), max_requests);
                    told.lock().unwrap().recv().ok();
                    drop(connection);
                    hung_up.send(()).ok();
                });
            }
        });
        (counting, endpoint, HangUp { go, done })
    }

    fn serve(&self, stream: TcpStream, max_requests: usize) -> BufReader<TcpStream> {
        let mut reader = BufReader::new(stream);
        for _ in 0..max_requests {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 {
                    return reader;
                }
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            self.requests.fetch_add(1, Ordering::SeqCst);
            let failures = &self.failures_ahead;
            let fails =
                failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            let status = if fails.is_ok() {
                "500 Failed"
            } else {
                "200 OK"
            };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 16\r\n\r\n{{\"Responses\":{{}}}}");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
        reader
    }

    fn seen(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.connections), count(&self.requests))
    }
}

/// Makes the server close a connection.
struct HangUp {
    go: Sender<()>,
    done: Receiver<()>,
}

impl HangUp {
    /// Closes a connection, and returns once it is closed.
    fn now(&self) {
        self.go.send(()).unwrap();
        self.done.recv().unwrap();
    }
}

/// The table of users at `endpoint`, by the functions' own connection.
fn users(endpoint: String, retries: RetryConfig) -> (FindUsers, Connection) {
    let settings = [
        ("AWS_REGION", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.leak()),
    ];
    let environment = Environment::from_variables(settings);
    let (client, connection) = Aws::for_function(&environment).unwrap().dynamodb();
    let credentials = Credentials::new("local", "local", None, None, "local");
    let config = client
        .config()
        .to_builder()
        .credentials_provider(credentials)
        .retry_config(retries);
    let client = Client::from_conf(config.build());
    (FindUsers::new(client, "users".to_owned()), connection)
}

#[tokio::test]
async fn a_start_opens_the_connection_and_sends_nothing() {
    let (server, endpoint, _hang_up) = Counting::start(10);
    let (users, connection) = users(endpoint, RetryConfig::disabled());
    connection.begin().finish().await;
    let found = users.find(PortalId::new(1), "a@example.com").await.unwrap();
    assert_eq!(found, Matches::default());
    assert_eq!(server.seen(), (1, 1));
}

#[tokio::test]
async fn the_keep_warm_event_reopens_an_idle_connection_before_a_person_needs_it() {
    let (server, endpoint, _hang_up) = Counting::start(10);
    let (users, connection) = users(endpoint, RetryConfig::disabled());
    assert!(connection.begin().finish().await);
    assert!(connection.ensure_open().await);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(91)).await;
    tokio::time::resume();
    assert!(connection.ensure_open().await);
    users.find(PortalId::new(1), "a@example.com").await.unwrap();
    assert_eq!(server.seen(), (2, 1));
}

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let (server, endpoint, _hang_up) = Counting::start(10);
    let (users, _) = users(endpoint, RetryConfig::disabled());
    for _ in 0..3 {
        users.find(PortalId::new(1), "a@example.com").await.unwrap();
    }
    assert_eq!(server.seen(), (1, 3));
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_opened_again() {
    let (server, endpoint, hang_up) = Counting::start(1);
    let (users, _) = users(endpoint, RetryConfig::disabled());
    for _ in 0..3 {
        users.find(PortalId::new(1), "a@example.com").await.unwrap();
        // Let the connection become idle. Then close it while nothing polls it, as while a function is frozen.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        hang_up.now();
    }
    assert_eq!(server.seen(), (3, 3));
}

#[tokio::test]
async fn a_connection_on_which_the_store_failed_is_not_used_again() {
    let (server, endpoint, _hang_up) = Counting::start(10);
    let (users, _) = users(endpoint, RetryConfig::standard());
    users.find(PortalId::new(1), "a@example.com").await.unwrap();
    server.failures_ahead.store(1, Ordering::SeqCst);
    users.find(PortalId::new(1), "a@example.com").await.unwrap();
    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn a_connection_that_was_idle_for_more_than_90_seconds_is_not_reused() {
    let (server, endpoint, _hang_up) = Counting::start(10);
    let (users, _) = users(endpoint, RetryConfig::disabled());
    for seconds in [89, 91, 0] {
        users.find(PortalId::new(1), "a@example.com").await.unwrap();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    }
    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn a_failure_to_open_the_connection_ahead_is_reported_by_the_first_request() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (users, connection) = users(endpoint, RetryConfig::disabled());
    connection.begin().finish().await;
    let error = users
        .find(PortalId::new(1), "a@example.com")
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
}
