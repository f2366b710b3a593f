//! When a function took which step on its connections to a service. The service records it, so that the
//! function needs no code for it.
//!
//! The times are the function's own. A service sees a message half a round trip after the function sent it, and
//! what it answers arrives half a round trip later.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What a function does on a connection, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It begins to open a TCP connection.
    Connect,
    /// The connection is open: it sends its `ClientHello`.
    ClientHello,
    /// It has finished the TLS handshake.
    Handshake,
    /// It sends an HTTP request.
    Request,
    /// It receives an answer, or a part of one.
    Answer,
}

/// What a service saw since the last call of [`Log::take`].
#[derive(Debug)]
pub struct Log {
    steps: Mutex<Vec<(Step, Instant)>>,
    one_way: Duration,
}

impl Log {
    /// The log of a service at this round-trip time.
    pub fn new(round_trip: Duration) -> Self {
        Self {
            steps: Mutex::default(),
            one_way: round_trip / 2,
        }
    }

    /// A connection was accepted. The simulated network passes that on without a delay.
    pub fn connected(&self) {
        self.note(Step::Connect, Instant::now());
    }

    /// The message of this step came in.
    pub fn received(&self, step: Step) {
        self.note(step, Instant::now().checked_sub(self.one_way).unwrap());
    }

    /// The message of this step is about to go out.
    pub fn sending(&self, step: Step) {
        self.note(step, Instant::now() + self.one_way);
    }

    fn note(&self, step: Step, at: Instant) {
        self.steps.lock().unwrap().push((step, at));
    }

    /// What was seen since the last call.
    pub fn take(&self) -> Steps {
        Steps(std::mem::take(&mut self.steps.lock().unwrap()))
    }
}

/// A function's steps on its connections to one service.
#[derive(Clone, Debug, Default)]
pub struct Steps(Vec<(Step, Instant)>);

impl Steps {
    /// When the function took this step for the first time.
    pub fn first(&self, step: Step) -> Option<Instant> {
        self.times(step).min()
    }

    /// When it took this step for the last time.
    pub fn last(&self, step: Step) -> Option<Instant> {
        self.times(step).max()
    }

    fn times(&self, step: Step) -> impl Iterator<Item = Instant> {
        let same = self.0.iter().filter(move |(other, _)| *other == step);
        same.map(|(_, at)| *at)
    }

    /// The counts up to `moment`, and those after it.
    pub(crate) fn counts_around(&self, moment: Instant) -> (Counts, Counts) {
        let steps = self.0.iter().copied();
        let (before, after) = steps.partition(|(_, at)| *at <= moment);
        (Self(before).counts(), Self(after).counts())
    }

    /// All counts.
    pub fn counts(&self) -> Counts {
        let count = |step| self.times(step).count();
        Counts {
            connections: count(Step::Connect),
            handshakes: count(Step::Handshake),
            requests: count(Step::Request),
        }
    }
}

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: usize,
    /// Handshakes that were made.
    pub handshakes: usize,
    /// HTTP requests that came in.
    pub requests: usize,
}

impl Counts {
    /// Round trips: one for a TCP connection, one more for a TLS 1.3 handshake
    /// ([RFC 8446, section 2](https://www.rfc-editor.org/rfc/rfc8446#section-2)), one for a request.
    pub const fn round_trips(self) -> usize {
        2 * self.connections + self.requests
    }
}

/// The round trips that a function's first answer waits for, one after the other: the store's counts and
/// Secrets Manager's, until the function is ready for work and from then on. Until it is ready, it uses
/// the two in parallel; after that, each request waits for the one before it.
pub fn round_trips_in_sequence(
    (store_ready, secrets_ready): (Counts, Counts),
    (store, secrets_manager): (Counts, Counts),
) -> usize {
    let until_ready = store_ready.round_trips().max(secrets_ready.round_trips());
    until_ready + store.round_trips() + secrets_manager.round_trips()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use simulator::tables::CONFERENCES_TABLE;

    use super::*;
    use crate::network::Latency;
    use crate::put_item::PutItem;
    use crate::services::Services;

    const OPENED: Counts = Counts {
        connections: 1,
        handshakes: 1,
        requests: 0,
    };
    const READ: Counts = Counts {
        requests: 1,
        ..OPENED
    };
    const ASKED: Counts = Counts {
        connections: 0,
        handshakes: 0,
        requests: 1,
    };
    const NOTHING: Counts = Counts {
        connections: 0,
        handshakes: 0,
        requests: 0,
    };

    #[test]
    fn what_runs_in_parallel_until_a_function_is_ready_counts_once() {
        let environment = round_trips_in_sequence((OPENED, NOTHING), (ASKED, NOTHING));
        assert_eq!(environment, 3);
        let stored = round_trips_in_sequence((OPENED, READ), (ASKED, NOTHING));
        assert_eq!(stored, 4);
    }

    #[test]
    fn a_connection_that_is_opened_for_the_event_counts_in_full() {
        let lazy = round_trips_in_sequence((NOTHING, READ), (READ, NOTHING));
        assert_eq!(lazy, 6);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_connections_steps_are_as_far_apart_as_its_network_makes_them() {
        let round_trip = Duration::from_millis(20);
        let answer = Duration::from_millis(10);
        let services = Services::start_at(Latency { round_trip, answer }, Latency::NONE).await;
        let put_item = move || {
            let began = Instant::now();
            PutItem::connect(&services, CONFERENCES_TABLE).put(1);
            (began, Instant::now(), services.store.log.take())
        };
        let (began, ended, steps) = tokio::task::spawn_blocking(put_item).await.unwrap();
        let at = |step| steps.first(step).unwrap();
        let answered = steps.last(Step::Answer).unwrap();
        assert!(at(Step::Connect) >= began);
        assert!(at(Step::ClientHello) - began >= round_trip);
        assert!(at(Step::Handshake) - at(Step::ClientHello) >= round_trip);
        assert!(answered - at(Step::Request) >= round_trip + answer);
        assert!(answered <= ended);
        assert_eq!(steps.counts(), READ);
    }
}
