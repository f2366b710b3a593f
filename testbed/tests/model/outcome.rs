//! The possible results of simultaneous requests. They may take effect in any order, and if the store
//! fails, a request that was answered with 503 may or may not have taken effect.

use shared::timestamp::Timestamp;
use testbed::proxy::Fault;

use super::history::Trouble;
use super::reference::{Model, Reply, Request};

/// One correct outcome: the replies (`None` is 503), and the state afterwards.
pub(crate) type Outcome = (Vec<Option<Reply>>, Model);

/// The result of one request.
#[derive(Clone, Copy)]
enum Fate {
    Answered,
    /// It takes effect, and the answer is 503.
    Lost,
    /// It takes no effect, and the answer is 503.
    Nothing,
}

/// All correct outcomes of `requests` that come in at `now`.
pub(crate) fn outcomes(
    model: &Model,
    requests: &[&Request],
    trouble: Trouble,
    now: Timestamp,
) -> Vec<Outcome> {
    // A rejected request never reaches the store, so the store's failure doesn't affect it.
    let is_refused = |place: &usize| model.clone().take(requests[*place], now) == Reply::Refused;
    let (refused, to_store): (Vec<usize>, Vec<usize>) = (0..requests.len()).partition(is_refused);
    let mut outcomes = Vec::new();
    for fates in fates(trouble, to_store.len()) {
        for order in orders(to_store.len()) {
            let mut after = model.clone();
            let mut replies = vec![None; requests.len()];
            for place in &refused {
                replies[*place] = Some(Reply::Refused);
            }
            for number in order {
                let (place, fate) = (to_store[number], fates[number]);
                let reply = match fate {
                    Fate::Nothing => continue,
                    Fate::Lost | Fate::Answered => after.take(requests[place], now),
                };
                replies[place] = matches!(fate, Fate::Answered).then_some(reply);
            }
            outcomes.push((replies, after));
        }
    }
    outcomes
}

/// The possible results of this many store requests, for each of them.
fn fates(trouble: Trouble, count: usize) -> Vec<Vec<Fate>> {
    let all = |fate| vec![vec![fate; count]];
    let one = |fate| {
        (0..count).map(move |victim| {
            let mut fates = vec![Fate::Answered; count];
            fates[victim] = fate;
            fates
        })
    };
    match trouble {
        _ if count == 0 => all(Fate::Answered),
        // The SDK retries, but treats a response that isn't DynamoDB's as final.
        Trouble::Once(Fault::Garbage) => one(Fate::Nothing).collect(),
        Trouble::Once(Fault::GarbageAfter) => one(Fate::Lost).chain(one(Fate::Nothing)).collect(),
        Trouble::None | Trouble::Once(_) => all(Fate::Answered),
        Trouble::Always(Fault::Throttle | Fault::ServerError | Fault::Cut | Fault::Garbage) => {
            all(Fate::Nothing)
        }
        Trouble::Always(_) => (0..1_usize << count)
            .map(|lost| {
                let fate = |number| match lost >> number & 1 {
                    1 => Fate::Lost,
                    _ => Fate::Nothing,
                };
                (0..count).map(fate).collect()
            })
            .collect(),
    }
}

/// All permutations of this many items.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, count - 1);
        order
    };
    let longer = |order| (0..count).map(move |place| insert(order, place));
    shorter.iter().flat_map(longer).collect()
}
