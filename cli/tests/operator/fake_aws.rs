//! Fake AWS services: a CloudFormation with one stack, its functions' logs, a DynamoDB that leaves
//! entries unprocessed or rejects requests, and one that does so in front of a real store.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The environment of a user who is signed in to AWS.
pub(crate) const SIGNED_IN: [(&str, &str); 3] = [
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "development-only-aws-secret-key"),
];

/// The one stack's name.
pub(crate) const STACK: &str = "hubspot-conference";

/// Serves `router` on a port of its own; returns its URL.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    base
}

/// Starts a CloudFormation and returns its URL: its stack [`STACK`] has exactly these outputs.
pub(crate) async fn cloud_formation(outputs: &[(&str, &str)]) -> String {
    cloud_formation_with(outputs, &[]).await
}

/// The same with exactly these parameters as well.
pub(crate) async fn cloud_formation_with(
    outputs: &[(&str, &str)],
    parameters: &[(&str, &str)],
) -> String {
    let member = |(key, value): &(&str, &str)| {
        let (key, value) = (
            format!("<OutputKey>{key}</OutputKey>"),
            format!("<OutputValue>{value}</OutputValue>"),
        );
        ["<member>", &key, &value, "</member>"].concat()
    };
    let members: Vec<_> = outputs.iter().map(member).collect();
    let outputs = format!("<Outputs>{}</Outputs>", members.concat());
    let parameters = parameters.iter().map(|(key, value)| {
        format!(
            "<member><ParameterKey>{key}</ParameterKey>\
             <ParameterValue>{value}</ParameterValue></member>"
        )
    });
    let parameters: String = parameters.collect();
    let stack = format!("{outputs}<Parameters>{parameters}</Parameters>");
    serve(Router::new().fallback(describe_stacks).with_state(stack)).await
}

async fn describe_stacks(State(stack): State<String>, request: String) -> Response {
    let known = request.contains(&format!("StackName={STACK}"));
    let (status, body) = if known {
        let stack = format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>\
             <StackName>{STACK}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <StackStatus>CREATE_COMPLETE</StackStatus>{stack}\
             </member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        );
        (StatusCode::OK, stack)
    } else {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                     <Message>Stack with id nobody does not exist</Message></Error></ErrorResponse>";
        (StatusCode::BAD_REQUEST, error.to_owned())
    };
    (status, [(CONTENT_TYPE, "text/xml")], body).into_response()
}

/// How a DynamoDB handles the next batch, or another request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behavior {
    /// Writes all entries.
    Writes,
    /// Writes this many of the first entries, and leaves the rest unprocessed.
    WritesOnly(usize),
    /// Writes nothing, and answers with a transient error.
    Throttles,
    /// Writes nothing, and answers with a permanent error.
    Denies,
}

/// The requests that a DynamoDB received.
#[derive(Clone, Default)]
pub(crate) struct Batches {
    behaviors: Arc<Mutex<Vec<Behavior>>>,
    written: Arc<Mutex<Vec<String>>>,
}

impl Batches {
    /// The addresses of all entries that were written.
    pub(crate) fn written(&self) -> Vec<String> {
        self.written.lock().unwrap().clone()
    }

    fn write(&self, entries: &[Value]) -> Response {
        let number = match next(&self.behaviors) {
            Behavior::Writes => entries.len(),
            Behavior::WritesOnly(number) => number,
            Behavior::Throttles => return refuse("ProvisionedThroughputExceededException"),
            Behavior::Denies => return refuse("AccessDeniedException"),
        };
        let (written, left) = entries.split_at(number.min(entries.len()));
        let email = |entry: &Value| entry["PutRequest"]["Item"]["email"]["S"].to_string();
        self.written
            .lock()
            .unwrap()
            .extend(written.iter().map(email));
        unprocessed("users", left)
    }
}

/// The next behavior; the last one repeats.
fn next(behaviors: &Mutex<Vec<Behavior>>) -> Behavior {
    let mut behaviors = behaviors.lock().unwrap();
    if behaviors.len() > 1 {
        behaviors.remove(0)
    } else {
        behaviors[0]
    }
}

fn unprocessed(table: &str, left: &[Value]) -> Response {
    let left = match left {
        [] => json!({}),
        left => json!({table: left}),
    };
    (
        [(CONTENT_TYPE, "application/x-amz-json-1.0")],
        json!({"UnprocessedItems": left}).to_string(),
    )
        .into_response()
}

fn refuse(code: &str) -> Response {
    let body =
        json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no"});
    let kind = [(CONTENT_TYPE, "application/x-amz-json-1.0")];
    (StatusCode::BAD_REQUEST, kind, body.to_string()).into_response()
}

/// Starts a DynamoDB with these behaviors, one per batch, the last one repeating. Returns its URL.
pub(crate) async fn dynamodb(behaviors: &[Behavior]) -> (String, Batches) {
    let batches = Batches {
        behaviors: Arc::new(Mutex::new(behaviors.to_vec())),
        ..Batches::default()
    };
    let write = async |State(batches): State<Batches>, request: String| {
        let request: Value = serde_json::from_str(&request).unwrap();
        if let Some(entries) = request["RequestItems"]["users"].as_array() {
            return batches.write(entries);
        }
        // It stores nothing, so it finds nothing.
        let kind = [(CONTENT_TYPE, "application/x-amz-json-1.0")];
        (kind, json!({"Responses": {"users": []}}).to_string()).into_response()
    };
    let router = Router::new().fallback(write).with_state(batches.clone());
    (serve(router).await, batches)
}

/// Starts a DynamoDB with these behaviors, one per request, the last one repeating. It is in front of the
/// store at `endpoint`, which gets the written entries. Returns its URL.
pub(crate) async fn dynamodb_in_front_of(endpoint: &str, behaviors: &[Behavior]) -> String {
    let (endpoint, client) = (endpoint.to_owned(), reqwest::Client::new());
    let behaviors = Arc::new(Mutex::new(behaviors.to_vec()));
    let pass = move |mut headers: HeaderMap, request: String| {
        headers.remove(CONTENT_LENGTH);
        let (endpoint, client, behaviors) = (endpoint.clone(), client.clone(), behaviors.clone());
        async move {
            let number = match next(&behaviors) {
                Behavior::Writes => usize::MAX,
                Behavior::WritesOnly(number) => number,
                Behavior::Throttles => return refuse("ProvisionedThroughputExceededException"),
                Behavior::Denies => return refuse("AccessDeniedException"),
            };
            let mut request: Value = serde_json::from_str(&request).unwrap();
            let batch = request["RequestItems"]["conferences"].as_array_mut();
            let left = batch.map(|batch| batch.split_off(number.min(batch.len())));
            if number > 0 {
                let forwarded = client.post(endpoint).headers(headers);
                let answer = forwarded.body(request.to_string()).send().await.unwrap();
                if left.is_none() {
                    let status = answer.status();
                    return (status, answer.text().await.unwrap()).into_response();
                }
                assert!(answer.status().is_success(), "{answer:?}");
            }
            unprocessed("conferences", &left.unwrap_or_default())
        }
    };
    serve(Router::new().fallback(pass)).await
}

/// A function's log: each line with its time in milliseconds since 1970, or the error code that reading the
/// log returns.
pub(crate) type Log = Result<Vec<(i64, Value)>, &'static str>;

/// Starts a CloudWatch Logs with a log for each of these functions of [`STACK`]; returns its URL. The first
/// page of a log is empty, and the second has all events.
pub(crate) async fn cloudwatch_logs(logs: Vec<(&'static str, Log)>) -> String {
    let answer = async |State(logs): State<Arc<Vec<(&'static str, Log)>>>, request: String| {
        let request: Value = serde_json::from_str(&request).unwrap();
        assert_eq!(request["filterPattern"], r#"{ $.level = "ERROR" }"#);
        let named =
            |(name, _): &&(_, _)| request["logGroupName"] == format!("/aws/lambda/{STACK}/{name}");
        let log = logs.iter().find(named).map(|(_, log)| log.as_ref());
        let (status, body) = match log.unwrap_or(Err(&"ResourceNotFoundException")) {
            Err(code) => (
                StatusCode::BAD_REQUEST,
                json!({"__type": code, "message": "no"}),
            ),
            Ok(_) if request["nextToken"].is_null() => {
                (StatusCode::OK, json!({"events": [], "nextToken": "second"}))
            }
            Ok(lines) => {
                let since = request["startTime"].as_i64().unwrap();
                let wanted = lines
                    .iter()
                    .filter(|(at, line)| *at >= since && line["level"] == "ERROR");
                let event = |(at, line): &(i64, Value)| json!({"timestamp": at, "message": line.to_string()});
                let events: Vec<Value> = wanted.map(event).collect();
                (StatusCode::OK, json!({"events": events}))
            }
        };
        let kind = [(CONTENT_TYPE, "application/x-amz-json-1.1")];
        (status, kind, body.to_string()).into_response()
    };
    serve(Router::new().fallback(answer).with_state(Arc::new(logs))).await
}
