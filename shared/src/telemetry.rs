//! What is told about each request: one JSON log line, and one line in CloudWatch's embedded metric
//! format, from which CloudWatch makes metrics without a call of ours. Neither holds a body, an
//! address, a secret or a link.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::identifiers::PortalId;
use crate::outcome::Outcome;
use crate::signature::SignatureVersion;
use crate::timestamp::Timestamp;

/// The metrics' namespace in CloudWatch.
pub const NAMESPACE: &str = "HubSpotConference";

/// What happened to one request.
#[derive(Clone, Debug)]
pub struct Record {
    /// `create`, `update`, `delete`, `verify` or `join`.
    pub webhook: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The signature's version, if it was right.
    pub signature: Option<SignatureVersion>,
    /// Whose meeting, as far as the payload says.
    pub portal_id: Option<PortalId>,
    /// API Gateway's id for the request, which the sender of a refused one has too.
    pub correlation_id: String,
    /// When it came in.
    pub received_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Why it was refused or failed, for us alone.
    pub cause: Option<String>,
}

/// Sets up the log: JSON lines on standard output, ours from `info` on, others' from `warn` on.
/// A panic is logged by its place alone, since its message may quote what came in.
pub fn init() {
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

/// Writes the two lines about one request to standard output.
pub fn report(record: &Record) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "webhook",
                webhook = record.webhook,
                outcome = record.outcome.as_str(),
                status = record.status,
                signature = record.signature.map(SignatureVersion::as_str),
                portalId = record.portal_id.map(PortalId::get),
                correlationId = record.correlation_id,
                durationMs = milliseconds(record.duration),
                cause = record.cause,
                "webhook answered"
            )
        };
    }
    match record.status {
        500.. => line!(error),
        400.. => line!(warn),
        _ => line!(info),
    }
    if let Ok(line) = serde_json::to_string(&Metrics::of(record)) {
        // Not `println!`, which panics when nobody reads.
        drop(writeln!(std::io::stdout().lock(), "{line}"));
    }
}

/// A line in CloudWatch's embedded metric format (CloudWatch User Guide, "Embedded metric format
/// specification"): what its metrics are, and then their values and dimensions by name.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics {
    #[serde(rename = "_aws")]
    announced: Announced,
    webhook: &'static str,
    outcome: Outcome,
    signature_version: &'static str,
    portal_id: Option<PortalId>,
    requests: u8,
    duration: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Announced {
    timestamp: Timestamp,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 3],
    metrics: [Metric; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl Metrics {
    fn of(record: &Record) -> Self {
        let metric = |name, unit| Metric { name, unit };
        Self {
            announced: Announced {
                timestamp: record.received_at,
                cloud_watch_metrics: [Directive {
                    namespace: NAMESPACE,
                    dimensions: [
                        &["Webhook"],
                        &["Webhook", "Outcome"],
                        &["Webhook", "SignatureVersion"],
                    ],
                    metrics: [
                        metric("Requests", "Count"),
                        metric("Duration", "Milliseconds"),
                    ],
                }],
            },
            webhook: record.webhook,
            outcome: record.outcome,
            signature_version: record.signature.map_or("none", SignatureVersion::as_str),
            portal_id: record.portal_id,
            requests: 1,
            duration: milliseconds(record.duration),
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
    fn every_metric_and_dimension_that_is_announced_is_there() {
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
        let line = serde_json::to_value(Metrics::of(&record)).unwrap();
        let announced = &line["_aws"]["CloudWatchMetrics"][0];
        let metrics = announced["Metrics"].as_array().unwrap();
        for metric in metrics {
            assert!(line[metric["Name"].as_str().unwrap()].is_number());
        }
        for dimensions in announced["Dimensions"].as_array().unwrap() {
            for dimension in dimensions.as_array().unwrap() {
                assert!(line[dimension.as_str().unwrap()].is_string());
            }
        }
        assert_eq!(line["Duration"], 1.5);
        assert_eq!(line["_aws"]["Timestamp"], 1_700_000_300_000_i64);
    }
}
