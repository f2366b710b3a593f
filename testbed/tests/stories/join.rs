//! A person clicks a meeting's link: which page or room they get, depending on the time and the person.

mod answers;
mod times;
mod visitors;

use std::time::Duration;

use shared::contract::WebhookName;
use simulator::sample::Meeting;
use testbed::system::System;

use crate::known_as;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A one-hour meeting that starts an hour after `now`.
fn meeting(system: &System) -> Meeting {
    Meeting {
        start_time: system.now.plus(HOUR),
        end_time: system.now.plus(2 * HOUR),
        ..Meeting::default()
    }
}

/// A scheduled meeting, and the path of its link.
async fn scheduled(system: &System) -> (Meeting, String) {
    let meeting = meeting(system);
    let created = system.send(WebhookName::Create, &meeting).await;
    assert_eq!(created.status, 200);
    let path = format!("/join/{}", created.id());
    (known_as(created.id(), &meeting), path)
}
