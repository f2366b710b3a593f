//! Checks what a click on each link shows at the end of a history against the requests and answers before.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::contract::WebhookName;
use shared::repository::conferences::Conference as Stored;
use shared::timestamp::Timestamp;
use testbed::join_link::JoinLink;
use testbed::system::TestStore;

use super::promises::Exchange;

/// The link of a live meeting never says that it was cancelled; that of a deleted one leads to no room
/// unless another meeting may share it. Each click is at the meeting's start, when its times exclude nobody.
pub(crate) async fn check(
    store: &TestStore,
    history: &[Exchange],
    stored: &[Stored],
) -> Result<(), TestCaseError> {
    if stored.is_empty() {
        return Ok(());
    }
    let link = JoinLink::start(store, &[]).await;
    for conference in stored {
        let path = format!("/join/{}", conference.conference_id);
        let start = conference.start_time;
        let opened = link.get(&path, start).await;
        let entered = link.post(&path, "Ada", start).await;
        let is_cancelled = opened.state.as_deref() == Some("cancelled");
        prop_assert_eq!(entered.status, if is_cancelled { 410 } else { 303 });
        let is_for_one = conference.deleted_at.is_some() && conference.repeated.is_none();
        prop_assert_eq!(is_cancelled, is_for_one, "{:?}", conference);
        if is_cancelled {
            let id = conference.conference_id.as_str();
            prop_assert!(was_deleted(history, id), "no request cancelled {}", id);
            prop_assert!(meetings(history, id) <= 1, "a second meeting has {}", id);
        }
    }
    Ok(())
}

/// Whether a delete of `id` was sent that may have taken effect.
fn was_deleted(history: &[Exchange], id: &str) -> bool {
    history.iter().any(|exchange| {
        exchange.webhook == WebhookName::Delete
            && exchange.body["conferenceId"] == id
            && exchange.answer.status != 401
    })
}

/// How many meetings may have got `id`: creates signed at the same time are one request.
fn meetings(history: &[Exchange], id: &str) -> usize {
    let creates = history.iter().filter(|exchange| {
        exchange.webhook == WebhookName::Create
            && exchange.answer.status == 200
            && exchange.answer.body["conferenceId"] == id
    });
    let mut signed: Vec<Timestamp> = creates.map(|exchange| exchange.signed_at).collect();
    signed.sort_unstable();
    signed.dedup();
    signed.len()
}
