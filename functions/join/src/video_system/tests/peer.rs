//! A video system that gives prepared responses and records its requests.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) struct Peer {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Peer {
    /// Gives these responses, one per connection: a status and a body. Status 0 closes the connection
    /// without a response.
    pub(crate) async fn answering(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers: Vec<_> = answers.iter().map(|(s, b)| (*s, (*b).to_owned())).collect();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let server = tokio::spawn(async move {
            for (status, body) in answers {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = read(&mut socket).await;
                seen.lock().unwrap().push(request);
                if status > 0 {
                    let length = body.len();
                    let location = "Location: https://elsewhere.example.com/";
                    let answer = format!(
                        "HTTP/1.1 {status} Test\r\nContent-Length: {length}\r\n{location}\r\n\r\n{body}"
                    );
                    // The client need not read all of it.
                    let _ = socket.write_all(answer.as_bytes()).await;
                }
            }
            // Further connections are not accepted.
            let _listener = listener;
            std::future::pending::<()>().await;
        });
        Self {
            address,
            requests,
            server,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The requests received so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// The address of a port that nothing listens on.
pub(crate) fn unused_address() -> String {
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", reserved.local_addr().unwrap())
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = socket.read(&mut buffer).await.unwrap();
        text.extend_from_slice(&buffer[..read]);
        let so_far = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length || read == 0 {
                return so_far;
            }
        }
    }
}
