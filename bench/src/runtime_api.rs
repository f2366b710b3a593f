//! A [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) that measures
//! times. It uses blocking sockets and its own thread, to add little to the measurement.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A function that takes longer than this for any step counts as hanging.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);

/// What the function did.
enum Call {
    /// Asked for work.
    Next,
    /// Answered an event.
    Answer(String),
    /// Reported an error for an event.
    Error(String),
}

/// The Runtime API of one function.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    /// Host and port.
    pub address: String,
    events: Sender<String>,
    calls: Receiver<(Instant, Call)>,
}

/// The response to an event.
#[derive(Debug)]
pub struct Answered {
    /// The time from delivering the event to receiving the answer.
    pub time: Duration,
    /// When it was received.
    pub at: Instant,
    /// The answer in API Gateway's form.
    pub answer: Value,
}

impl RuntimeApi {
    /// Listens on a free port of loopback.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, next) = channel();
        let (called, calls) = channel();
        let next = Arc::new(Mutex::new(next));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (next, called) = (Arc::clone(&next), called.clone());
                thread::spawn(move || serve(&stream.unwrap(), &next, &called));
            }
        });
        Self {
            address,
            events,
            calls,
        }
    }

    /// Waits until the function asks for work, and returns the time of that.
    pub(crate) fn ready(&self) -> Instant {
        match self.call() {
            (at, Call::Next) => at,
            (_, Call::Answer(other) | Call::Error(other)) => {
                panic!("the function should ask for work: {other}")
            }
        }
    }

    /// Sends the waiting function an event and waits for its answer.
    pub(crate) fn invoke(&self, event: &Value) -> Answered {
        let event = event.to_string();
        let sent = Instant::now();
        self.events.send(event).unwrap();
        match self.call() {
            (at, Call::Answer(answer)) => Answered {
                time: at - sent,
                at,
                answer: serde_json::from_str(&answer).unwrap(),
            },
            (_, Call::Error(error)) => panic!("the function failed: {error}"),
            (_, Call::Next) => panic!("the function should answer before it asks for more"),
        }
    }

    fn call(&self) -> (Instant, Call) {
        self.calls
            .recv_timeout(STEP_TIMEOUT)
            .expect("the function hangs")
    }
}

/// Serves one connection until the function closes it.
fn serve(stream: &TcpStream, events: &Mutex<Receiver<String>>, called: &Sender<(Instant, Call)>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some((head, body)) = read_request(&mut reader) {
        let now = Instant::now();
        if head.contains("/invocation/next ") {
            drop(called.send((now, Call::Next)));
            let Ok(event) = events.lock().unwrap().recv() else {
                return;
            };
            respond(
                stream,
                "200 OK",
                "lambda-runtime-aws-request-id: 00000000-0000-0000-0000-000000000000\r\n\
                 lambda-runtime-deadline-ms: 9999999999999\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:1:function:f\r\n\
                 lambda-runtime-trace-id: Root=1-0-0;Sampled=0\r\n",
                &event,
            );
        } else {
            let call = if head.contains("/response ") {
                Call::Answer(body)
            } else {
                Call::Error(body)
            };
            drop(called.send((now, call)));
            respond(stream, "202 Accepted", "", "");
        }
    }
}

/// The first line and the body of the next request; `None` when there are no more.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
        chunked |= line == "transfer-encoding: chunked";
    }
    let body = if chunked {
        read_chunks(reader)?
    } else {
        read_exactly(reader, length)?
    };
    Some((first, String::from_utf8(body).ok()?))
}

fn read_exactly(reader: &mut BufReader<&TcpStream>, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn read_chunks(reader: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        body.extend(read_exactly(reader, size)?);
        read_exactly(reader, 2)?;
        if size == 0 {
            return Some(body);
        }
    }
}

/// Ignores errors, because the function may have been stopped in the meantime.
fn respond(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let response = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
    stream.write_all(response.as_bytes()).ok();
}
