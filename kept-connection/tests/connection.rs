//! One connection: opened before the first request, to whichever address responds, and with a limit on the
//! size of a response.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use kept_connection::{KeptConnection, Lookup};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const ALIVE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DEAD: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The time limit of a request, whichever addresses are dead.
const IN_TIME: Duration = Duration::from_secs(2);

fn kept_connection(addresses: Vec<IpAddr>) -> KeptConnection {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    KeptConnection::new(Arc::new(tls)).with_lookup(Lookup::new(move |_| {
        let addresses = addresses.iter();
        Ok(addresses.map(|ip| SocketAddr::new(*ip, 0)).collect())
    }))
}

/// A server that answers every request with this many bytes, and counts its connections.
fn serve(length: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((ALIVE, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut reader = BufReader::new(stream.unwrap());
            thread::spawn(move || {
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                    if line == "\r\n" {
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                        let stream = reader.get_mut();
                        stream.write_all(head.as_bytes()).ok();
                        std::io::copy(&mut std::io::repeat(b'a').take(length as u64), stream).ok();
                    }
                    line.clear();
                }
            });
        }
    });
    (port, connections)
}

/// Makes the address dead on this port: a connection attempt gets no answer at all, because the listener
/// accepts nothing and its queue is full.
async fn kill(port: u16) -> Vec<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    let address = SocketAddr::new(DEAD, port);
    socket.bind(address).unwrap();
    let listener = Box::new(socket.listen(1).unwrap());
    // It has to live as long as the test.
    Box::leak(listener);
    let mut waiting = Vec::new();
    let timeout = Duration::from_millis(200);
    while let Ok(stream) = tokio::time::timeout(timeout, TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    waiting
}

async fn get(connection: &KeptConnection, port: u16) -> Result<HttpResponse, ConnectorError> {
    let request = HttpRequest::get(format!("http://store.example:{port}/")).unwrap();
    connection.call(request).await
}

#[tokio::test]
async fn a_connection_that_was_opened_ahead_serves_the_requests() {
    let (port, connections) = serve(2);
    let connection = kept_connection(vec![ALIVE]);
    let url = format!("http://store.example:{port}");
    assert!(connection.begin(&url).finish().await);
    for _ in 0..3 {
        assert_eq!(get(&connection, port).await.unwrap().status().as_u16(), 200);
    }
    assert!(connection.ensure_open(&url).await);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_dead_first_address_costs_less_than_two_seconds_at_the_start_and_later() {
    let (port, _) = serve(2);
    let _waiting = kill(port).await;
    let url = format!("http://store.example:{port}");

    let connection = kept_connection(vec![DEAD, ALIVE]);
    let started = Instant::now();
    assert!(connection.begin(&url).finish().await);
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());

    let connection = kept_connection(vec![DEAD, ALIVE]);
    let started = Instant::now();
    assert_eq!(get(&connection, port).await.unwrap().status().as_u16(), 200);
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_name_whose_addresses_are_all_dead_is_an_error_in_time() {
    let (port, _) = serve(2);
    let _waiting = kill(port).await;
    let connection = kept_connection(vec![DEAD, DEAD]);
    let started = Instant::now();
    assert!(get(&connection, port).await.is_err());
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error() {
    let (port, _) = serve(2 * 1024 * 1024);
    let connection = kept_connection(vec![ALIVE]);
    assert!(get(&connection, port).await.is_ok());
    let (port, _) = serve(2 * 1024 * 1024 + 1);
    assert!(get(&connection, port).await.is_err());
}

#[tokio::test]
async fn a_text_that_is_not_a_url_is_not_opened() {
    let connection = kept_connection(vec![ALIVE]);
    assert!(!connection.begin("").finish().await);
    assert!(!connection.ensure_open("/path").await);
}
