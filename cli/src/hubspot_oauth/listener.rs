//! Receives the browser's redirect from HubSpot on this machine.
//!
//! Exactly one answer is accepted. A browser's other requests, idle connections and answers with another
//! state don't end the wait, and a second answer is rejected. The browser that delivered the
//! answer shows the outcome, because that is where the user looks.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::{Method, StatusCode};
use shared::secret::Secret;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::authorization::{AnswerError, Authorization, CALLBACK_PATH};

/// How long the final page may take to reach the browser.
const LAST_PAGE_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum number of unprocessed answers.
const QUEUE: usize = 16;

/// The port is not available.
#[derive(Debug, thiserror::Error)]
#[error(
    "can't listen on port {port} of localhost, where HubSpot sends the browser: stop what uses it (is \
     another app install waiting?), or choose --port and add its redirect URL to the app"
)]
pub(crate) struct ListenError {
    port: u16,
    #[source]
    source: io::Error,
}

/// The bound sockets, before the admin is sent to HubSpot.
#[derive(Debug)]
pub(crate) struct Sockets {
    port: u16,
    listeners: Vec<TcpListener>,
}

impl Sockets {
    /// Binds `port` on both loopback addresses that browsers use for localhost; 0 means any free port.
    ///
    /// # Errors
    /// [`ListenError`] if another process uses the port.
    pub(crate) async fn bind(port: u16) -> Result<Self, ListenError> {
        let failed = |source| ListenError { port, source };
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(failed)?;
        let port = four.local_addr().map_err(failed)?.port();
        let mut listeners = vec![four];
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(six) => listeners.push(six),
            // Another process would receive the browser's answer.
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => return Err(failed(source)),
            // This machine has no IPv6.
            Err(_) => {}
        }
        Ok(Self { port, listeners })
    }

    /// The port in use.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }
}

/// The outcome, for the page.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Success, with one sentence about it.
    Done(String),
    /// Failure; the terminal explains it.
    Failed,
}

/// A request that a browser made.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// HubSpot's answer, and the channel for the outcome that the page shows.
    Answer(Result<Secret, AnswerError>, oneshot::Sender<Ending>),
    /// A rejected answer; the wait goes on.
    Refused(AnswerError),
}

/// The running listener.
#[derive(Debug)]
pub(crate) struct Listener {
    arrivals: mpsc::Receiver<Arrival>,
    is_answered: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

#[derive(Clone)]
struct CallbackState {
    authorization: Arc<Authorization>,
    is_answered: Arc<AtomicBool>,
    arrivals: mpsc::Sender<Arrival>,
}

impl Listener {
    /// Starts to serve `sockets`, for this `authorization` only.
    pub(crate) fn start(sockets: Sockets, authorization: Arc<Authorization>) -> Self {
        let (sender, arrivals) = mpsc::channel(QUEUE);
        let (stop, stopped) = watch::channel(false);
        let is_answered = Arc::new(AtomicBool::new(false));
        let state = CallbackState {
            authorization,
            is_answered: Arc::clone(&is_answered),
            arrivals: sender,
        };
        let router = Router::new().fallback(answer).with_state(state);
        let mut servers = JoinSet::new();
        for listener in sockets.listeners {
            let mut stopped = stopped.clone();
            let server = axum::serve(listener, router.clone());
            let server = server.with_graceful_shutdown(async move {
                stopped.wait_for(|stopped| *stopped).await.ok();
            });
            servers.spawn(async move {
                server.await.ok();
            });
        }
        Self {
            arrivals,
            is_answered,
            stop,
            servers,
        }
    }

    /// The next answer from a browser; `None` if the server has stopped.
    pub(crate) async fn next(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }

    /// Rejects every answer from now on, because one was pasted.
    pub(crate) fn reject_further_answers(&self) {
        self.is_answered.store(true, Ordering::SeqCst);
    }

    /// Waits until the final page has reached the browser, then stops.
    pub(crate) async fn stop(mut self) {
        self.stop.send(true).ok();
        let ended = async { while self.servers.join_next().await.is_some() {} };
        timeout(LAST_PAGE_TIMEOUT, ended).await.ok();
    }
}

async fn answer(State(state): State<CallbackState>, request: Request) -> Response {
    if request.method() != Method::GET || request.uri().path() != CALLBACK_PATH {
        let text = "This address only receives HubSpot's answer to app install or app uninstall.";
        return page(StatusCode::NOT_FOUND, "Nothing here", text);
    }
    let query = request.uri().query().unwrap_or_default();
    let found = state.authorization.read_query(query);
    if let Err(error @ AnswerError::OtherState) = found {
        let text = error.to_string();
        state.arrivals.try_send(Arrival::Refused(error)).ok();
        return page(StatusCode::BAD_REQUEST, "Not this command's answer", &text);
    }
    if state.is_answered.swap(true, Ordering::SeqCst) {
        let text = "HubSpot's answer has already arrived, so this second one is refused. The terminal \
            shows how the first one ended.";
        return page(StatusCode::CONFLICT, "Already answered", text);
    }
    let (sender, ending) = oneshot::channel();
    let arrival = Arrival::Answer(found, sender);
    if state.arrivals.send(arrival).await.is_err() {
        return page(StatusCode::GONE, "Too late", "The command has ended.");
    }
    match ending.await {
        Ok(Ending::Done(text)) => {
            let text = format!("{text} You can close this page.");
            page(StatusCode::OK, "Done", &text)
        }
        Ok(Ending::Failed) | Err(_) => {
            let text = "The terminal says why, and what to do. You can close this page.";
            page(StatusCode::BAD_REQUEST, "It did not work", text)
        }
    }
}

/// A page without external resources. Its URL contains the code, so the page sends no referrer and is not
/// cached.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:30rem;\
         padding:0 1rem}}</style><main><h1>{title}</h1><p>{text}</p></main></html>",
        title = escape(title),
        text = escape(text),
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, Html(html)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
