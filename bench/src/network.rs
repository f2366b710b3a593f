//! Simulates the network latency to a server, which loopback lacks: each direction is delayed by half a
//! round trip.
//!
//! Uses blocking sockets and threads, because an asynchronous timer's resolution of a millisecond is as long
//! as the round trip itself.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The latency to a server, and the time that it takes to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The round-trip time of a packet.
    pub round_trip: Duration,
    /// The additional time that the server takes for a request.
    pub answer: Duration,
}

impl Latency {
    /// Loopback.
    pub(crate) const NONE: Self = Self {
        round_trip: Duration::ZERO,
        answer: Duration::ZERO,
    };
}

/// Puts this latency in front of the server on `port`, and returns the new port.
pub fn start(port: u16, round_trip: Duration) -> u16 {
    if round_trip.is_zero() {
        return port;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let far = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let connected = Instant::now() + round_trip;
            let half = round_trip / 2;
            // On loopback the client is connected at once, so its first bytes wait for
            // the round trip that connecting takes.
            delay(&client, &server, half, connected + half);
            delay(&server, &client, half, connected);
        }
    });
    far
}

fn delay(from: &TcpStream, to: &TcpStream, half: Duration, earliest: Instant) {
    let (mut from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let (send, receive) = channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            let due = (Instant::now() + half).max(earliest);
            if send.send((due, bytes[..length].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || deliver(&receive, to));
}

fn deliver(receive: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    while let Ok((due, bytes)) = receive.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            return;
        }
    }
    // A peer that has already closed its side needs no shutdown.
    to.shutdown(Shutdown::Write).ok();
}
