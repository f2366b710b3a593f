//! The functions' last errors, from their logs in CloudWatch.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use serde::Deserialize;
use shared::aws_error::AwsError;
use shared::printable::printable;
use shared::timestamp::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::finding::Finding;
use crate::aws::Aws;
use crate::stack::Stack;

const CHECK: &str = "errors";

/// How far back to look.
const PERIOD: Duration = Duration::from_hours(24);

/// The lines that `shared::telemetry` writes about what went wrong on our side, in [CloudWatch's filter
/// syntax][syntax].
///
/// [syntax]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
const PATTERN: &str = r#"{ $.level = "ERROR" }"#;

/// The maximum number of pages to read. A page may be empty without being the last one
/// ([`FilterLogEvents`][filter]).
///
/// [filter]: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
const MAX_PAGES: usize = 50;

/// The maximum length of a line's outcome or cause, in characters. The rest is cut off.
const MAX_TEXT_CHARS: usize = 160;

const WEBHOOK_FUNCTIONS: [&str; 4] = [
    "CreateFunction",
    "UpdateFunction",
    "DeleteFunction",
    "VerifyFunction",
];
const JOIN_FUNCTION: &str = "JoinFunction";

/// Checks the log of each of the stack's functions for errors in the 24 hours before `now`.
pub(super) async fn check(aws: &Aws, stack: &Stack, now: Timestamp) -> Vec<Finding> {
    let client = Client::new(&aws.config);
    let join = stack.join_url().map(|_| JOIN_FUNCTION);
    let mut findings = Vec::new();
    for function in WEBHOOK_FUNCTIONS.into_iter().chain(join) {
        let log = stack.log_group(function);
        findings.push(match Errors::read(&client, &log, now).await {
            Ok(errors) => errors.finding(function, &log),
            Err(refusal) => not_checked(function, &log, &refusal),
        });
    }
    findings
}

fn not_checked(function: &str, log: &str, refusal: &AwsError) -> Finding {
    let (why, remedy) = match refusal.code() {
        Some("AccessDeniedException") => (
            "no permission logs:FilterLogEvents".to_owned(),
            format!("grant your AWS identity logs:FilterLogEvents on {log}"),
        ),
        Some("ResourceNotFoundException") => (
            format!("there is no log group {log}"),
            "deploy the stack again; reading it requires logs:FilterLogEvents".to_owned(),
        ),
        _ => (
            refusal.to_string(),
            "try again; reading the log requires logs:FilterLogEvents".to_owned(),
        ),
    };
    Finding::skipped(CHECK, format!("{function}: not checked, {why}"), remedy)
}

/// The errors in a function's log.
#[derive(Default)]
struct Errors {
    count: usize,
    /// Whether there may be earlier ones, in pages that were not read.
    more: bool,
    /// The time of the last one, in milliseconds since 1970, and its summary.
    last: Option<(i64, String)>,
}

impl Errors {
    async fn read(client: &Client, log: &str, now: Timestamp) -> Result<Self, AwsError> {
        let epoch = Timestamp::from_millis(0);
        let from = epoch.plus(now.since(epoch).saturating_sub(PERIOD));
        let request = client
            .filter_log_events()
            .log_group_name(log)
            .filter_pattern(PATTERN)
            .start_time(from.as_millis())
            // Newest first, so that the last error is found however many there are.
            .start_from_head(false);
        let mut pages = request.into_paginator().send();
        let mut errors = Self::default();
        for _ in 0..MAX_PAGES {
            let Some(page) = pages.next().await else {
                return Ok(errors);
            };
            let page = page.map_err(|error| AwsError::from(&error))?;
            page.events
                .unwrap_or_default()
                .iter()
                .for_each(|event| errors.add(event));
        }
        errors.more = true;
        Ok(errors)
    }

    fn add(&mut self, event: &FilteredLogEvent) {
        self.count += 1;
        let at = event.timestamp.unwrap_or_default();
        if self.last.as_ref().is_none_or(|(last, _)| at > *last) {
            self.last = Some((at, summary(event.message().unwrap_or_default())));
        }
    }

    fn finding(self, function: &str, log: &str) -> Finding {
        let Some((at, summary)) = self.last else {
            if self.more {
                let text = format!("{function}: not fully checked, the log is too long");
                return Finding::skipped(CHECK, text, tail(log));
            }
            return Finding::ok(CHECK, format!("{function}: none in the last 24 hours"));
        };
        let at = OffsetDateTime::from_unix_timestamp(at.div_euclid(1000));
        let at = at.ok().and_then(|at| at.format(&Rfc3339).ok());
        let at = at.unwrap_or_else(|| "an unknown time".to_owned());
        let least = if self.more { "at least " } else { "" };
        Finding::failed(
            CHECK,
            format!(
                "{function}: {least}{} in the last 24 hours, the last at {at}: {summary}",
                self.count
            ),
            format!(
                "docs/operations.md explains the outcome; see all: {}",
                tail(log)
            ),
        )
    }
}

/// The AWS CLI's command that shows a log's errors.
fn tail(log: &str) -> String {
    format!("aws logs tail {log} --since 24h --filter-pattern '{PATTERN}'")
}

/// The fields of a log line that are shown. A line about a failed start or a panic has no outcome.
#[derive(Deserialize)]
struct Line {
    outcome: Option<String>,
    message: Option<String>,
    cause: Option<String>,
    location: Option<String>,
}

/// A log line in a few words.
fn summary(line: &str) -> String {
    let Ok(line) = serde_json::from_str::<Line>(line) else {
        return "a line that can't be read".to_owned();
    };
    let what = line.outcome.or(line.message);
    let what = what.map_or("no message".to_owned(), |text| shorten(&text));
    match line.cause.or(line.location) {
        Some(cause) => format!("{what} ({})", shorten(&cause)),
        None => what,
    }
}

fn shorten(text: &str) -> String {
    let mut start: String = text.chars().take(MAX_TEXT_CHARS).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    printable(&start)
}
