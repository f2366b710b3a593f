//! A proxy in front of the store or of Secrets Manager. It records the operations and, on demand, injects
//! faults of the network and of the service. "The store" stands for either.

use std::fmt;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};

/// What happens to a request on its way to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The store throttles the request.
    Throttle,
    /// The store answers with a server error, without handling the request.
    ServerError,
    /// The store rejects the request: no such table.
    NoSuchTable,
    /// No response arrives, and the store never sees the request.
    Stall,
    /// The store handles the request, and no response arrives.
    StallAfter,
    /// The connection ends, and the store never sees the request.
    Cut,
    /// The store handles the request, and the connection ends before the response.
    CutAfter,
    /// The store handles the request, and answers with a server error.
    ServerErrorAfter,
    /// The response isn't from an AWS service, and the store never sees the request.
    Garbage,
    /// The store handles the request, and the response isn't from an AWS service.
    GarbageAfter,
    /// A batch comes back with its keys unprocessed.
    Unprocessed,
    /// The store rejects the request with this status and error code.
    Refuse(u16, &'static str),
}

impl Fault {
    /// Whether the store handles the request before the fault.
    const fn comes_after(self) -> bool {
        matches!(
            self,
            Self::StallAfter | Self::CutAfter | Self::ServerErrorAfter | Self::GarbageAfter
        )
    }
}

#[derive(Default)]
struct Seen {
    fault: Fault,
    once: bool,
    interlude: Option<BoxFuture<'static, ()>>,
    operations: Vec<String>,
}

/// The proxy.
#[derive(Clone)]
pub struct Proxy {
    endpoint: String,
    seen: Arc<Mutex<Seen>>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Proxy {
    /// Starts a proxy in front of `store`.
    pub async fn start(store: &str) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let state = (reqwest::Client::new(), store.to_owned(), Arc::clone(&seen));
        let router = Router::new().fallback(handle).with_state(state);
        Self {
            endpoint: crate::serve(router).await,
            seen,
        }
    }

    /// Its URL.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The port in this URL.
    pub fn port(&self) -> u16 {
        let url: url::Url = self.endpoint.parse().unwrap();
        url.port().unwrap()
    }

    /// Applies this fault to every request from now on.
    pub fn set(&self, fault: Fault) {
        let mut seen = self.seen.lock().unwrap();
        (seen.fault, seen.once) = (fault, false);
    }

    /// Applies this fault to the next request only.
    pub fn set_once(&self, fault: Fault) {
        let mut seen = self.seen.lock().unwrap();
        (seen.fault, seen.once) = (fault, true);
    }

    /// Lets this happen once the store has handled the next request, and before its response arrives.
    pub fn before_next_response(&self, interlude: impl Future<Output = ()> + Send + 'static) {
        self.seen.lock().unwrap().interlude = Some(interlude.boxed());
    }

    /// The names of the operations since the last call, such as `GetItem`.
    pub fn take_operations(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().operations)
    }
}

type Forwarding = (reqwest::Client, String, Arc<Mutex<Seen>>);

async fn handle(
    State((client, store, seen)): State<Forwarding>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let (fault, interlude) = {
        let mut seen = seen.lock().unwrap();
        seen.operations.push(operation);
        let fault = seen.fault;
        if std::mem::take(&mut seen.once) {
            seen.fault = Fault::None;
        }
        (fault, seen.interlude.take())
    };
    let request = client.post(&store).headers(headers).body(body.clone());
    if fault == Fault::None {
        let response = forward(request).await;
        if let Some(interlude) = interlude {
            interlude.await;
        }
        return response;
    }
    if fault.comes_after() {
        forward(request).await;
    }
    match fault {
        Fault::Throttle if target.starts_with("DynamoDB") => {
            error(400, "ProvisionedThroughputExceededException")
        }
        Fault::Throttle => error(400, "ThrottlingException"),
        Fault::NoSuchTable => error(400, "ResourceNotFoundException"),
        Fault::Stall | Fault::StallAfter => std::future::pending().await,
        // A panic without a message, on which the server drops the connection.
        Fault::Cut | Fault::CutAfter => std::panic::resume_unwind(Box::new(())),
        Fault::Garbage | Fault::GarbageAfter => {
            answer(StatusCode::OK, "<html>hello</html>".to_owned())
        }
        Fault::Refuse(status, code) => error(status, code),
        Fault::Unprocessed => {
            let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let unread =
                serde_json::json!({"UnprocessedKeys": asked["RequestItems"], "Responses": {}});
            answer(StatusCode::OK, unread.to_string())
        }
        Fault::None | Fault::ServerError | Fault::ServerErrorAfter => {
            answer(StatusCode::INTERNAL_SERVER_ERROR, "{}".to_owned())
        }
    }
}

async fn forward(request: reqwest::RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let mut passed = Response::new(Body::from(response.bytes().await.unwrap()));
    *passed.status_mut() = status;
    *passed.headers_mut() = headers;
    passed
}

fn error(status: u16, code: &str) -> Response {
    let body = serde_json::json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "injected by the test",
    });
    answer(StatusCode::from_u16(status).unwrap(), body.to_string())
}

fn answer(status: StatusCode, body: String) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(body))
        .unwrap()
}
