//! The functions' connection to AWS: one, opened ahead, kept, and opened again when the other side has
//! closed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use shared::aws::Aws;
use shared::aws::connection::Opening;
use shared::config::Environment;
use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::FindUsers;
use testbed::ANY_PORT;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A server that counts, and finds nobody in the table of users.
#[derive(Clone, Default)]
struct Counting {
    failures_ahead: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Counting {
    /// Starts it; `patience` is how many requests it takes on one connection before it hangs up.
    async fn start(patience: usize) -> (Self, String) {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let counting = Self::default();
        let server = counting.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                server.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(server.clone().serve(stream, patience));
            }
        });
        (counting, endpoint)
    }

    async fn serve(self, mut stream: TcpStream, patience: usize) {
        let (reader, mut writer) = stream.split();
        let mut reader = BufReader::new(reader);
        for _ in 0..patience {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).await.unwrap() == 0 {
                    return;
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
            reader.read_exact(&mut vec![0; length]).await.unwrap();
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
            writer.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    fn seen(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.connections), count(&self.requests))
    }
}

/// The table of users at `endpoint`, by the functions' own client.
fn users(endpoint: String) -> (FindUsers, Opening) {
    let settings = [
        ("AWS_REGION", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.leak()),
    ];
    let environment = Environment::of(settings);
    let (client, opening) = Aws::of_function(&environment)
        .unwrap()
        .dynamodb(&environment);
    let credentials = Credentials::new("local", "local", None, None, "local");
    let config = client.config().to_builder();
    let client = Client::from_conf(config.credentials_provider(credentials).build());
    (FindUsers::new(client, "users".to_owned()), opening)
}

#[tokio::test]
async fn a_start_opens_the_connection_and_sends_nothing() {
    let (server, endpoint) = Counting::start(10).await;
    let (users, opening) = users(endpoint);
    opening.finish(users.rehearse()).await;
    let found = users.find(PortalId::new(1), "a@example.com").await.unwrap();
    assert_eq!(found, None);
    assert_eq!(server.seen(), (1, 1));
}

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let (server, endpoint) = Counting::start(10).await;
    let (users, _) = users(endpoint);
    for _ in 0..3 {
        users.find(PortalId::new(1), "a@example.com").await.unwrap();
    }
    assert_eq!(server.seen(), (1, 3));
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_opened_again_and_nothing_is_sent_twice() {
    let (server, endpoint) = Counting::start(1).await;
    let (users, _) = users(endpoint);
    for _ in 0..3 {
        users.find(PortalId::new(1), "a@example.com").await.unwrap();
    }
    assert_eq!(server.seen(), (3, 3));
}

#[tokio::test]
async fn a_connection_over_which_the_store_failed_is_not_used_again() {
    let (server, endpoint) = Counting::start(10).await;
    let (users, _) = users(endpoint);
    users.find(PortalId::new(1), "a@example.com").await.unwrap();
    server.failures_ahead.store(1, Ordering::SeqCst);
    users.find(PortalId::new(1), "a@example.com").await.unwrap();
    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_not_relied_upon() {
    let (server, endpoint) = Counting::start(10).await;
    let (users, _) = users(endpoint);
    for seconds in [89, 91, 0] {
        users.find(PortalId::new(1), "a@example.com").await.unwrap();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    }
    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_opened_ahead_is_no_trouble_yet() {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (users, opening) = users(endpoint);
    opening.finish(users.rehearse()).await;
    let error = users
        .find(PortalId::new(1), "a@example.com")
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
}
