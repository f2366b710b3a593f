//! The bare `PutItem` that a create contains: sends the finished bytes of the request over an open TLS
//! connection, and reads the store's response.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::services::Services;
use crate::tls::provider;

/// An open connection to the store.
#[derive(Debug)]
pub struct PutItem {
    connection: StreamOwned<ClientConnection, TcpStream>,
    table: String,
}

impl PutItem {
    /// Connects to the store.
    pub fn connect(services: &Services, table: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(services.authority.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let address = services.store.endpoint.trim_start_matches("https://");
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            connection: StreamOwned::new(client, socket),
            table: table.to_owned(),
        }
    }

    /// Stores an item like a conference, under a key derived from `number`, and returns the time that this took.
    pub fn put(&mut self, number: usize) -> Duration {
        let body = json!({
            "TableName": self.table,
            "Item": {
                "conferenceId": {"S": format!("bare-{number:021}")},
                "portalId": {"N": "123123"},
                "userId": {"N": "123"},
                "userEmail": {"S": "test.user@example.com"},
                "topic": {"S": format!("Meeting {number}")},
                "source": {"S": "MEETINGS"},
                "startTime": {"N": "1534197600000"},
                "endTime": {"N": "1534201200000"},
                "conferenceUrl": {"S": "https://meet.example.com/abcdefghijklmnopqrstuvwxyz"},
                "createdAt": {"N": "1700000300000"},
                "signedAt": {"N": "1700000300000"},
                "revision": {"N": "1"},
                "expiresAt": {"N": "1707776300"},
            },
            "ConditionExpression": "attribute_not_exists(conferenceId)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        })
        .to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-target: DynamoDB_20120810.PutItem\r\nx-amz-date: 20261123T120000Z\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-target, Signature={:064}\r\n\
             content-length: {}\r\n\r\n{body}",
            0,
            body.len()
        );
        let started = Instant::now();
        self.connection.write_all(request.as_bytes()).unwrap();
        self.connection.flush().unwrap();
        let answer = self.read_answer();
        let time = started.elapsed();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        time
    }

    fn read_answer(&mut self) -> String {
        let mut answer = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            let length = self.connection.read(&mut bytes).unwrap();
            assert!(length > 0, "the store has hung up");
            answer.extend_from_slice(&bytes[..length]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && body.len() >= content_length(head)
            {
                return text.into_owned();
            }
        }
    }
}

fn content_length(head: &str) -> usize {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    found.unwrap().1.parse().unwrap()
}
