//! The record of each request: one JSON line for searching the logs, from which CloudWatch also creates
//! metrics without an API call. It contains no body, email address, topic, secret or link.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Environment;
use crate::identifiers::PortalId;
use crate::outcome::Outcome;
use crate::signature::SignatureVersion;
use crate::timestamp::Timestamp;

/// The metrics' namespace in CloudWatch.
const NAMESPACE: &str = "HubSpotConference";

/// The name of the CloudFormation stack. It separates the metrics of different stacks.
const STACK_NAME: &str = "STACK_NAME";

/// The dimensions of the metrics.
const DIMENSIONS: [&[&str]; 3] = [
    &["Webhook"],
    &["Webhook", "Outcome"],
    &["Webhook", "SignatureVersion"],
];

/// The dimensions if the function belongs to a stack. `template.yaml` uses these.
const DIMENSIONS_WITH_STACK: [&[&str]; 3] = [
    &["Stack", "Webhook"],
    &["Stack", "Webhook", "Outcome"],
    &["Stack", "Webhook", "SignatureVersion"],
];

/// The value of [`STACK_NAME`], read once when the function starts.
static STACK: OnceLock<Option<String>> = OnceLock::new();

/// The record of one request.
#[derive(Clone, Debug)]
pub struct Record {
    /// `create`, `update`, `delete`, `verify` or `join`.
    pub webhook: &'static str,
    /// The request's result.
    pub outcome: Outcome,
    /// The HTTP status of the response.
    pub status: u16,
    /// The signature's version, if the signature was valid.
    pub signature: Option<SignatureVersion>,
    /// The portal that the meeting belongs to, if it is known.
    pub portal_id: Option<PortalId>,
    /// API Gateway's ID for the request. The sender of a refused request gets it too.
    pub correlation_id: String,
    /// When the request came in.
    pub received_at: Timestamp,
    /// How long handling the request took.
    pub duration: Duration,
    /// Why the request was refused or failed. For the log only.
    pub cause: Option<String>,
}

/// Sets up logging: JSON lines on standard output, from level `info` for our code and `warn` for
/// dependencies. A panic is logged with its location only, because its message may quote the request.
pub fn init() {
    STACK.get_or_init(|| Environment::from_process().optional(STACK_NAME));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("webhook", LevelFilter::INFO);
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(target: "webhook", location, "panic");
    }));
}

/// Writes the request's log line to standard output.
pub fn report(record: &Record) {
    let stack = STACK.get().and_then(Option::as_deref);
    if let Ok(line) = serde_json::to_string(&Line::from_record(record, stack)) {
        // Not `println!`, which panics if standard output is closed.
        drop(writeln!(std::io::stdout().lock(), "{line}"));
    }
}

/// A log line that is also in [CloudWatch's embedded metric format][emf]: the metric definitions, their
/// values and dimensions, whose names are capitalized, and all other fields about the request.
///
/// [emf]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    level: &'static str,
    message: &'static str,
    webhook: &'static str,
    outcome: Outcome,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    portal_id: Option<PortalId>,
    correlation_id: &'a str,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(flatten)]
    metrics: Metrics<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics<'a> {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
    webhook: &'static str,
    outcome: Outcome,
    signature_version: &'static str,
    requests: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: Timestamp,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 3],
    metrics: [Metric; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl<'a> Line<'a> {
    fn from_record(record: &'a Record, stack: Option<&'a str>) -> Self {
        let signature = record.signature.map(SignatureVersion::as_str);
        let dimensions = if stack.is_some() {
            DIMENSIONS_WITH_STACK
        } else {
            DIMENSIONS
        };
        Self {
            level: match record.status {
                500.. => "ERROR",
                400.. => "WARN",
                _ => "INFO",
            },
            message: "webhook answered",
            webhook: record.webhook,
            outcome: record.outcome,
            status: record.status,
            signature,
            portal_id: record.portal_id,
            correlation_id: &record.correlation_id,
            duration_ms: milliseconds(record.duration),
            cause: record.cause.as_deref(),
            metrics: Metrics {
                metadata: Metadata {
                    timestamp: record.received_at,
                    cloud_watch_metrics: [Directive {
                        namespace: NAMESPACE,
                        dimensions,
                        metrics: [Metric {
                            name: "Requests",
                            unit: "Count",
                        }],
                    }],
                },
                stack,
                webhook: record.webhook,
                outcome: record.outcome,
                signature_version: signature.unwrap_or("none"),
                requests: 1,
            },
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_metric_and_dimension_has_a_value() {
        let record = Record {
            webhook: "create",
            outcome: Outcome::Created,
            status: 200,
            signature: Some(SignatureVersion::V3),
            portal_id: Some(PortalId::new(123_123)),
            correlation_id: "abc".into(),
            received_at: Timestamp::from_millis(1_700_000_300_000),
            duration: Duration::from_micros(1500),
            cause: None,
        };
        for stack in [None, Some("conferences-staging")] {
            let line = serde_json::to_value(Line::from_record(&record, stack)).unwrap();
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let metrics = directive["Metrics"].as_array().unwrap();
            for metric in metrics {
                assert!(line[metric["Name"].as_str().unwrap()].is_number());
            }
            for dimensions in directive["Dimensions"].as_array().unwrap() {
                for dimension in dimensions.as_array().unwrap() {
                    assert!(line[dimension.as_str().unwrap()].is_string());
                }
                let by_stack = dimensions[0] == "Stack";
                assert_eq!(by_stack, stack.is_some());
            }
            assert_eq!(line["_aws"]["Timestamp"], 1_700_000_300_000_i64);
        }
    }

    #[test]
    fn the_log_line_has_its_level_and_outcome_for_searches() {
        let record = Record {
            webhook: "create",
            outcome: Outcome::InvalidSignature,
            status: 401,
            signature: None,
            portal_id: None,
            correlation_id: "abc".into(),
            received_at: Timestamp::from_millis(1_700_000_300_000),
            duration: Duration::from_micros(1500),
            cause: Some("no signature".into()),
        };
        let mut line = serde_json::to_value(Line::from_record(&record, None)).unwrap();
        line.as_object_mut().unwrap().remove("_aws");
        assert_eq!(
            line,
            serde_json::json!({
                "level": "WARN",
                "message": "webhook answered",
                "webhook": "create",
                "outcome": "invalid_signature",
                "status": 401,
                "correlationId": "abc",
                "durationMs": 1.5,
                "cause": "no signature",
                "Webhook": "create",
                "Outcome": "invalid_signature",
                "SignatureVersion": "none",
                "Requests": 1,
            })
        );
    }
}
