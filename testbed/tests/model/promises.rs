//! The backend's promises, checked against the requests, the answers and the final store. It uses neither
//! the model nor the backend's own rules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use shared::contract::WebhookName;
use shared::repository::conferences::Conference as Stored;
use shared::timestamp::Timestamp;
use testbed::system::Answer;

const RETRY_WINDOW: Duration = Duration::from_hours(24);

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Exchanges with the same number happened at the same time.
    pub step: usize,
    pub webhook: WebhookName,
    pub body: Value,
    pub forged: bool,
    /// When it came in.
    pub now: Timestamp,
    /// When it was signed; the time of arrival if the signature has no timestamp.
    pub signed_at: Timestamp,
    /// How often the clock had been set back before.
    pub clock_resets: usize,
    pub answer: Answer,
}

impl Exchange {
    /// The ID in create's answer.
    fn given(&self) -> Option<&str> {
        let is_given = self.webhook == WebhookName::Create && self.answer.status == 200;
        is_given.then(|| self.answer.id())
    }

    /// Whether it could change the conference `id`.
    fn names(&self, id: &str) -> bool {
        matches!(self.webhook, WebhookName::Update | WebhookName::Delete)
            && self.body["conferenceId"] == id
    }

    fn is_done(&self) -> bool {
        self.answer.status == 204
    }
}

/// Checks a history against every promise.
pub(crate) fn check(history: &[Exchange], stored: &[Stored]) -> Result<(), TestCaseError> {
    for exchange in history.iter().filter(|exchange| exchange.forged) {
        prop_assert_eq!(
            exchange.answer.status,
            401,
            "accepted forgery: {:?}",
            exchange
        );
    }
    // From here on, nothing stored may come from a forgery or a rejected request.
    let accepted: Vec<&Exchange> = history
        .iter()
        .filter(|exchange| exchange.answer.status != 401)
        .collect();
    let of = |webhook| -> Vec<&Exchange> {
        let all = accepted.iter().copied();
        all.filter(|exchange| exchange.webhook == webhook).collect()
    };
    let creates = of(WebhookName::Create);
    a_retry_after_503_succeeds(&accepted)?;
    one_link_for_ever(&creates)?;
    no_second_conference_without_a_reason(&creates, &accepted)?;
    no_conference_for_two_meetings(&creates, &accepted)?;
    a_repeated_create_finds_what_it_made(&creates)?;
    every_answered_conference_is_stored(&creates, stored)?;
    every_stored_conference_was_requested(&creates, stored)?;
    for conference in stored {
        let naming = |webhook| -> Vec<&Exchange> {
            let id = conference.conference_id.as_str();
            of(webhook).into_iter().filter(|e| e.names(id)).collect()
        };
        let (updates, deletes) = (naming(WebhookName::Update), naming(WebhookName::Delete));
        the_newest_update_of_the_own_portal_is_applied(conference, &updates, &deletes)?;
        deleting_is_final(conference, &updates, &deletes)?;
    }
    Ok(())
}

/// A 503 isn't final: a retry is answered.
fn a_retry_after_503_succeeds(accepted: &[&Exchange]) -> Result<(), TestCaseError> {
    for failed in accepted.iter().filter(|e| e.answer.status == 503) {
        let is_answered = accepted.iter().any(|later| {
            later.step > failed.step
                && (later.webhook, &later.body) == (failed.webhook, &failed.body)
                && later.answer.status != 503
        });
        prop_assert!(is_answered, "never answered: {:?}", failed);
    }
    Ok(())
}

/// An ID belongs to one meeting of one portal and has one link, which no other ID has.
fn one_link_for_ever(creates: &[&Exchange]) -> Result<(), TestCaseError> {
    let mut known: BTreeMap<&str, &Exchange> = BTreeMap::new();
    let mut links = BTreeSet::new();
    for create in creates {
        let Some(id) = create.given() else { continue };
        if let Some(first) = known.get(id) {
            prop_assert_eq!(&first.body, &create.body, "two meetings share {}", id);
            prop_assert_eq!(&first.answer.body, &create.answer.body);
        } else {
            let link = create.answer.body["conferenceUrl"].to_string();
            prop_assert!(links.insert(link), "two IDs share a link: {:?}", create);
            known.insert(id, create);
        }
    }
    Ok(())
}

/// If a create gets a new ID, every other ID that the meeting's creates got belongs to a conference for
/// which an update or delete was sent, or that may be too old.
fn no_second_conference_without_a_reason(
    creates: &[&Exchange],
    accepted: &[&Exchange],
) -> Result<(), TestCaseError> {
    for (place, create) in creates.iter().enumerate() {
        let before = &creates[..place];
        if create.given().is_none() || before.iter().any(|e| e.given() == create.given()) {
            continue;
        }
        for other in before.iter().filter(|e| e.body == create.body) {
            let Some(id) = other.given() else { continue };
            let touched = accepted
                .iter()
                .any(|e| e.names(id) && e.step <= create.step);
            let maybe_old = creates.iter().any(|e| {
                e.body == create.body
                    && e.step <= other.step
                    && create.now.since(e.now) > RETRY_WINDOW
            });
            prop_assert!(
                touched || maybe_old,
                "one meeting, two conferences: {:?} and {:?}",
                other,
                create
            );
        }
    }
    Ok(())
}

/// A newly signed create never gets a conference that was changed, deleted or is too old.
fn no_conference_for_two_meetings(
    creates: &[&Exchange],
    accepted: &[&Exchange],
) -> Result<(), TestCaseError> {
    for create in creates {
        let Some(id) = create.given() else { continue };
        let alike = || creates.iter().filter(|e| e.body == create.body);
        let same = |e: &&&Exchange| e.step <= create.step && e.signed_at == create.signed_at;
        if alike().filter(same).count() > 1 {
            continue;
        }
        let touched = accepted
            .iter()
            .any(|e| e.names(id) && e.is_done() && e.step < create.step);
        let given = alike().find(|e| e.given() == Some(id)).map(|e| e.step);
        let mut makers = alike().filter(|e| Some(e.step) <= given);
        let old = makers.all(|e| create.now.since(e.now) > RETRY_WINDOW);
        prop_assert!(
            !touched && !old,
            "two meetings, one conference: {:?}",
            create
        );
    }
    Ok(())
}

/// The create that made a conference always gets it again, even after changes or a delete.
fn a_repeated_create_finds_what_it_made(creates: &[&Exchange]) -> Result<(), TestCaseError> {
    for maker in creates.iter().filter(|e| e.given().is_some()) {
        // It made the conference if no other request can have.
        let is_maker = creates
            .iter()
            .filter(|e| e.body == maker.body && e.step <= maker.step)
            .all(|e| {
                let same = (e.step, e.signed_at) == (maker.step, maker.signed_at);
                same || e.given().is_some_and(|id| maker.given() != Some(id))
            });
        if !is_maker {
            continue;
        }
        let again = creates.iter().filter(|e| {
            e.step > maker.step
                && (&e.body, e.signed_at, e.clock_resets)
                    == (&maker.body, maker.signed_at, maker.clock_resets)
        });
        for again in again.filter(|e| e.given().is_some()) {
            prop_assert_eq!(maker.given(), again.given(), "{:?}, {:?}", maker, again);
        }
    }
    Ok(())
}

fn every_answered_conference_is_stored(
    creates: &[&Exchange],
    stored: &[Stored],
) -> Result<(), TestCaseError> {
    for create in creates {
        let Some(id) = create.given() else { continue };
        let found = stored.iter().find(|c| c.conference_id.as_str() == id);
        let link = found.map(|found| found.conference_url.as_str());
        prop_assert_eq!(create.answer.body["conferenceUrl"].as_str(), link);
    }
    Ok(())
}

/// Each conference was made by a create, and no create made two, however often it was sent.
fn every_stored_conference_was_requested(
    creates: &[&Exchange],
    stored: &[Stored],
) -> Result<(), TestCaseError> {
    let mut makers = BTreeSet::new();
    for conference in stored {
        let maker = creates.iter().find(|create| {
            create.body["portalId"] == conference.portal_id.get()
                && create.body["startTime"] == conference.start_time.as_millis()
                && (create.signed_at, create.now) == (conference.signed_at, conference.created_at)
        });
        let maker = maker.map(|maker| (maker.body.to_string(), maker.signed_at));
        prop_assert!(maker.is_some(), "no create made {:?}", conference);
        prop_assert!(makers.insert(maker), "made twice: {:?}", conference);
    }
    Ok(())
}

/// The stored update is from the conference's own portal, and no acknowledged update is newer.
fn the_newest_update_of_the_own_portal_is_applied(
    conference: &Stored,
    updates: &[&Exchange],
    deletes: &[&Exchange],
) -> Result<(), TestCaseError> {
    let is_own = |update: &&&Exchange| update.body["portalId"] == conference.portal_id.get();
    let (own, foreign): (Vec<&Exchange>, Vec<_>) = updates.iter().partition(is_own);
    for update in foreign {
        prop_assert!([404, 503].contains(&update.answer.status), "{:?}", update);
    }
    let is_there = match conference.updated_at {
        None => conference.topic.is_empty(),
        Some(at) => own
            .iter()
            .any(|e| e.signed_at == at && e.body["topic"] == conference.topic),
    };
    prop_assert!(is_there, "no update made {:?}", conference);
    // After the first delete, an update may have no effect.
    let end = deletes.iter().map(|e| e.step).min();
    let counting = own
        .iter()
        .filter(|e| e.is_done() && end.is_none_or(|end| e.step < end));
    for update in counting {
        let counts = conference.updated_at >= Some(update.signed_at);
        prop_assert!(counts, "{:?} is lost in {:?}", update, conference);
    }
    Ok(())
}

/// After an acknowledged delete, nothing changes.
fn deleting_is_final(
    conference: &Stored,
    updates: &[&Exchange],
    deletes: &[&Exchange],
) -> Result<(), TestCaseError> {
    let end = deletes.iter().filter(|e| e.is_done()).map(|e| e.step).min();
    let until_then = |e: &&&Exchange| end.is_none_or(|end| e.step <= end);
    let ends = deletes.iter().filter(until_then).map(|e| e.now);
    let changes = updates.iter().filter(until_then).map(|e| e.signed_at);
    let is_requested = match conference.deleted_at {
        None => end.is_none(),
        Some(at) => ends.clone().any(|now| now == at),
    };
    prop_assert!(is_requested, "not when it was deleted: {:?}", conference);
    let mut changed_at = conference.updated_at.into_iter();
    let is_earlier = changed_at.all(|at| changes.clone().any(|signed_at| signed_at == at));
    prop_assert!(is_earlier, "changed after its delete: {:?}", conference);
    let marks = usize::from(conference.repeated.is_some());
    let most = 1 + marks + ends.count() + changes.count();
    prop_assert!(conference.revision <= most as u64, "{:?}", conference);
    Ok(())
}
