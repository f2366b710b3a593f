//! The second step: limits on size and time.

use std::time::Duration;

use lambda_http::Request;
use tokio::time::Instant;

use super::event;
use super::refusal::Refusal;
use crate::timestamp::Timestamp;

/// The maximum size of a body, in bytes. HubSpot's are well below 1 KiB.
const MAX_BODY: usize = 64 * 1024;

/// The maximum time that the function spends on a request. HubSpot documents no timeout for these webhooks. For
/// a similar request, a CRM card's, it waits 5 s ([HubSpot, "Legacy CRM cards"][cards]), which includes the
/// network in both directions.
///
/// [cards]: https://developers.hubspot.com/docs/api-reference/legacy/crm/extensions/crm-cards/guide
const MAX_HANDLER_TIME: Duration = Duration::from_millis(3_500);

/// The minimum time that a request gets, even if it has already waited too long: a late answer is better
/// than none.
const MIN_HANDLER_TIME: Duration = Duration::from_millis(500);

/// The part of HubSpot's timeout that is reserved for sending the answer back over the network.
const RETURN_TRIP: Duration = Duration::from_millis(500);

/// Lambda passes a request to a function within this time, the limit of its init phase ([AWS Lambda,
/// "Execution environment"](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)).
/// An event that is older than this is a sample event, and its age doesn't count.
const MAX_START_TIME: Duration = Duration::from_secs(10);

/// The header with HubSpot's timeout for this request, in milliseconds. HubSpot doesn't document it, but some of
/// its requests have it.
const TIMEOUT_MILLIS: &str = "x-hubspot-timeout-millis";

/// Refuses a body of more than [`MAX_BODY`] bytes.
pub(super) fn check_size(body: &[u8]) -> Result<(), Refusal> {
    if body.len() > MAX_BODY {
        return Err(Refusal::TooLarge);
    }
    Ok(())
}

/// The deadlines of a request. The time that it waited while the function started counts too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    /// From our own time limit alone, because an unsigned request's header can't be trusted.
    pub(super) before_signature: Instant,
    /// The earlier of our own deadline and the one from HubSpot's header.
    pub(super) after_signature: Instant,
}

impl Deadlines {
    /// The deadlines of a request that the function received at `now`, which is this instant.
    pub(super) fn for_request(request: &Request, now: Timestamp) -> Self {
        let begin = Instant::now();
        let waited = event::accepted_at(request)
            .map(|accepted_at| now.since(accepted_at))
            .filter(|waited| *waited <= MAX_START_TIME)
            .unwrap_or_default();
        let after = |limit: Duration| begin + limit.saturating_sub(waited).max(MIN_HANDLER_TIME);
        let stated = stated_limit(request).map_or(MAX_HANDLER_TIME, |limit| {
            limit.saturating_sub(RETURN_TRIP).min(MAX_HANDLER_TIME)
        });
        Self {
            before_signature: after(MAX_HANDLER_TIME),
            after_signature: after(stated),
        }
    }
}

/// The timeout that HubSpot's header states.
fn stated_limit(request: &Request) -> Option<Duration> {
    let value = request.headers().get(TIMEOUT_MILLIS)?;
    value.to_str().ok()?.parse().ok().map(Duration::from_millis)
}

/// The result of `work`, or a refusal if `deadline` passes first.
pub(super) async fn until<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let limited = tokio::time::timeout_at(deadline, work).await;
    limited.unwrap_or(Err(Refusal::TimedOut))
}
