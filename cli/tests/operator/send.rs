//! An operator sends single webhooks to a running system.

use serde_json::Value;
use shared::identifiers::PortalId;
use shared::repository::conferences::{Conference, ListConferences};
use shared::timestamp::Timestamp;
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;

use crate::program::{self, Ended};

async fn send(local: &Simulator, arguments: &str, environment: &[(&str, &str)]) -> Ended {
    let place = ["--base-url", &local.base_url];
    let arguments: Vec<_> = arguments.split(' ').chain(place).collect();
    program::run(&arguments, environment, "").await
}

/// The only conference.
async fn stored(local: &Simulator) -> Conference {
    let list = ListConferences::new(local.store.client(), CONFERENCES_TABLE.to_owned());
    let page = list.in_portal(PortalId::new(123_123)).next().await.unwrap();
    let [conference] = <[_; 1]>::try_from(page.unwrap()).unwrap();
    conference.unwrap()
}

#[tokio::test]
async fn a_meeting_starts_when_the_option_says_and_tomorrow_without_it() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let before = Timestamp::now();
    let created = send(&local, "send create", &[]).await;
    assert_eq!(created.code, 0, "{created:?}");
    let until = |time: Timestamp| time.since(before).as_secs() / 3600;
    let tomorrow = stored(&local).await;
    assert!(
        (10..=34).contains(&until(tomorrow.start_time)),
        "{tomorrow:?}"
    );
    assert_eq!(tomorrow.end_time.since(tomorrow.start_time).as_secs(), 3600);
    assert_eq!(tomorrow.start_time.as_seconds() % (24 * 3600), 10 * 3600);

    let id = tomorrow.conference_id.to_string();
    let update = format!(
        "send update --conference-id {id} --start-time 2026-11-25T09:00:00+01:00 \
         --end-time 2026-11-25T08:30:00Z"
    );
    assert_eq!(send(&local, &update, &[]).await.code, 0);
    let moved = stored(&local).await;
    assert_eq!(moved.start_time.as_millis(), 1_795_593_600_000);
    assert_eq!(moved.end_time.as_millis(), 1_795_595_400_000);

    let wrong = send(&local, "send create --start-time 9:00", &[]).await;
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("such as 2026-11-25T09:00:00+01:00"),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn a_secret_that_the_local_system_does_not_know_is_reported_as_the_cause() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let foreign = [(
        "HUBSPOT_CLIENT_SECRET",
        "n0body00-0000-0000-0000-0000000000ee",
    )];
    let refused = send(&local, "send create", &foreign).await;
    assert_eq!(refused.code, 1);
    let words = "note: signed with HUBSPOT_CLIENT_SECRET, which is not the example secret: a local \
                 system that was started without it answers 401\n401 in ";
    assert!(refused.stderr.starts_with(words), "{refused:?}");
    let answer: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(answer["category"], "INVALID_SIGNATURE");

    let example = [("HUBSPOT_CLIENT_SECRET", simulator::sample::CLIENT_SECRET)];
    for environment in [&example[..], &[]] {
        let created = send(&local, "send create", environment).await;
        assert!(!created.stderr.contains("note:"), "{created:?}");
    }
}
