//! A host name with two addresses, the first of which is dead: it never answers a connection attempt.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use kept_connection::{KeptConnection, Lookup};
use shared::aws;
use shared::config::Environment;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::ANY_PORT;

const DEAD: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A host name for a server on this machine. The dead address exists as long as this value.
#[derive(Debug)]
pub struct DeadFirst {
    url: String,
    lookup: Lookup,
    connection: KeptConnection,
    _silent: (TcpListener, TcpStream),
}

impl DeadFirst {
    /// Creates the dead address as the first of the name's addresses; the second is the server on `port`.
    pub async fn on(port: u16) -> Self {
        let dead = SocketAddr::new(DEAD, port);
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(dead).unwrap();
        // The queue has room for one connection, which is never accepted. Linux ignores all further attempts.
        let listener = socket.listen(0).unwrap();
        let queued = TcpStream::connect(dead).await.unwrap();
        let tls = aws::tls(&Environment::from_variables([])).unwrap();
        let lookup = Lookup::new(move |_| Ok(vec![dead, ANY_PORT]));
        let connection = KeptConnection::new(tls).with_lookup(lookup.clone());
        Self {
            url: format!("http://server.example:{port}"),
            lookup,
            connection,
            _silent: (listener, queued),
        }
    }

    /// The server's URL, with the name.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Resolves the name.
    pub fn lookup(&self) -> Lookup {
        self.lookup.clone()
    }

    /// A connection that resolves the name. It isn't open yet.
    pub fn connection(&self) -> KeptConnection {
        self.connection.clone()
    }

    /// Opens the connection, as a function does while it starts.
    pub async fn open(&self) {
        assert!(self.connection.begin(&self.url).finish().await);
    }
}
