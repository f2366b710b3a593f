//! The second step: limits of size and time.

use std::time::Duration;

use lambda_http::Request;
use tokio::time::Instant;

use super::event;
use super::refusal::Refusal;
use crate::timestamp::Timestamp;

/// The largest body that is read, in bytes. HubSpot's are well below 1 KiB.
const MAX_BODY: usize = 64 * 1024;

/// The longest that a request may take here. HubSpot's nearest documented limit is 5 s, which includes
/// the network in both directions.
const MAX_HANDLER_TIME: Duration = Duration::from_millis(3_500);

/// The shortest time that a request gets, however long it has waited already: a late answer is better
/// than none.
const MIN_HANDLER_TIME: Duration = Duration::from_millis(500);

/// The part of HubSpot's own limit that is kept for the answer's way through the network.
const RETURN_TRIP: Duration = Duration::from_millis(500);

/// Lambda hands a request to a function within this time; an event that claims more is a sample.
const MAX_START_TIME: Duration = Duration::from_secs(10);

/// How long HubSpot waits for this request, in milliseconds.
const TIMEOUT_MILLIS: &str = "x-hubspot-timeout-millis";

/// Refuses a body of more than [`MAX_BODY`] bytes.
pub(super) fn check_size(body: &[u8]) -> Result<(), Refusal> {
    if body.len() > MAX_BODY {
        return Err(Refusal::TooLarge);
    }
    Ok(())
}

/// When a request has to be answered. The time that it has waited while the function started counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    /// Our own limit alone, because nothing that an unsigned request says counts.
    pub(super) before_signature: Instant,
    /// The earlier of our own limit and the one that HubSpot states.
    pub(super) after_signature: Instant,
}

impl Deadlines {
    /// Those of a request that the function received at `now`, which is this instant.
    pub(super) fn of(request: &Request, now: Timestamp) -> Self {
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

/// What HubSpot says about its own limit.
fn stated_limit(request: &Request) -> Option<Duration> {
    let value = request.headers().get(TIMEOUT_MILLIS)?;
    value.to_str().ok()?.parse().ok().map(Duration::from_millis)
}

/// The result of `work`, or a refusal once `deadline` has passed.
pub(super) async fn until<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let limited = tokio::time::timeout_at(deadline, work).await;
    limited.unwrap_or(Err(Refusal::TimedOut))
}
