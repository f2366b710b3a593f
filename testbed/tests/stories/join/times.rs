//! Which page a link shows at which time: each row of the table in docs/api.md.

use shared::contract::WebhookName;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::join_link::JoinLink;
use testbed::system::System;

use super::{HOUR, MINUTE, meeting, scheduled};

#[tokio::test]
async fn an_open_link_asks_for_a_name_and_leads_to_the_room() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let page = link.get(&path, meeting.start_time).await;
    assert_eq!(page.row(), (200, Some("open")));
    assert!(page.html.contains("<time datetime="));
    assert!(page.html.contains("name=\"name\""));
    assert!(link.seen().is_empty(), "a GET has no side effects");

    let entered = link.post(&path, "Zoë 李", meeting.start_time).await;
    assert_eq!(entered.row(), (303, None));
    let seen = link.seen();
    assert_eq!(seen[0]["name"], "Zoë 李");
    assert_eq!(seen[0]["role"], "host", "MODERATORS is everyone");
    let room = seen[0]["room"].as_str().unwrap();
    assert_eq!(
        entered.location(),
        format!("https://video.example.com/{room}")
    );
    assert!(!path.contains(room), "the room has a name of its own");
}

#[tokio::test]
async fn a_person_who_is_early_is_told_so_and_may_join_anyway() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let page = link.get(&path, system.now).await;
    assert_eq!(page.row(), (200, Some("early")));
    assert!(page.html.contains("Join now anyway"));
    assert_eq!(link.post(&path, "Ada", system.now).await.status, 303);
    // Early is more than 15 minutes before the start.
    let before =
        |minutes: i64| Timestamp::from_millis(meeting.start_time.as_millis() - minutes * 60_000);
    assert_eq!(
        link.get(&path, before(16)).await.row(),
        (200, Some("early"))
    );
    assert_eq!(link.get(&path, before(15)).await.row(), (200, Some("open")));
}

#[tokio::test]
async fn join_opens_minutes_keeps_guests_waiting_and_not_the_host() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[("JOIN_OPENS_MINUTES", "30")]).await;
    let page = link.get(&path, system.now).await;
    assert_eq!(page.row(), (200, Some("early")));
    assert!(!page.has_form());
    let in_half_an_hour = "http-equiv=\"refresh\" content=\"1801\"";
    assert!(page.html.contains(in_half_an_hour));
    let refused = link.post(&path, "Ada", system.now).await;
    assert_eq!(refused.row(), (403, Some("early")));
    assert!(link.seen().is_empty());

    let token = JoinLink::host_token(meeting.portal_id.get(), meeting.user_id.get());
    let host = link.as_host(&token, &path, Some("Host"), system.now).await;
    assert_eq!(host.status, 303);
    let opens = system.now.plus(30 * MINUTE);
    assert_eq!(link.get(&path, opens).await.row(), (200, Some("early")));
    assert_eq!(link.post(&path, "Ada", opens).await.status, 303);
}

#[tokio::test]
async fn zero_opens_the_link_at_the_start_and_closes_it_at_the_end() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let zero = [("JOIN_OPENS_MINUTES", "0"), ("JOIN_CLOSES_HOURS", "0")];
    let link = JoinLink::start(&system.store, &zero).await;
    let just_before = |time: Timestamp| Timestamp::from_millis(time.as_millis() - 1);
    let shut = link.get(&path, just_before(meeting.start_time)).await;
    assert!(!shut.has_form());
    assert_eq!(
        link.get(&path, meeting.start_time).await.row(),
        (200, Some("open"))
    );
    let last = just_before(meeting.end_time);
    assert_eq!(link.get(&path, last).await.row(), (200, Some("open")));
    assert_eq!(
        link.get(&path, meeting.end_time).await.row(),
        (410, Some("over"))
    );
}

#[tokio::test]
async fn a_day_after_its_end_a_meeting_is_over() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let over = meeting.end_time.plus(24 * HOUR);
    let just_before = Timestamp::from_millis(over.as_millis() - 1);
    assert_eq!(
        link.get(&path, just_before).await.row(),
        (200, Some("open"))
    );
    assert_eq!(link.get(&path, over).await.row(), (410, Some("over")));
    assert_eq!(
        link.post(&path, "Ada", over).await.row(),
        (410, Some("over"))
    );
    assert!(link.seen().is_empty());
}

#[tokio::test]
async fn a_meeting_that_moved_opens_at_its_new_time() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let moved = Meeting {
        start_time: meeting.start_time.plus(48 * HOUR),
        end_time: meeting.end_time.plus(48 * HOUR),
        ..meeting.clone()
    };
    assert_eq!(system.send(WebhookName::Update, &moved).await.status, 204);
    assert_eq!(
        link.get(&path, meeting.start_time).await.row(),
        (200, Some("early"))
    );
    assert_eq!(
        link.get(&path, moved.start_time).await.row(),
        (200, Some("open"))
    );
}

#[tokio::test]
async fn a_cancelled_meeting_cannot_be_joined() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    assert_eq!(system.send(WebhookName::Delete, &meeting).await.status, 204);
    for now in [
        system.now,
        meeting.start_time,
        meeting.end_time.plus(48 * HOUR),
    ] {
        assert_eq!(link.get(&path, now).await.row(), (410, Some("cancelled")));
        assert_eq!(
            link.post(&path, "Ada", now).await.row(),
            (410, Some("cancelled"))
        );
    }
    assert!(link.seen().is_empty());
}

#[tokio::test]
async fn cancelling_one_of_two_meetings_with_the_same_link_keeps_the_link_open() {
    let mut system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    system.wait(MINUTE);
    let twin = system.send(WebhookName::Create, &meeting).await;
    assert_eq!(format!("/join/{}", twin.id()), path);
    assert_eq!(system.send(WebhookName::Delete, &meeting).await.status, 204);
    let link = JoinLink::start(&system.store, &[]).await;
    let page = link.get(&path, meeting.start_time).await;
    assert_eq!(page.row(), (200, Some("open")));
    assert!(page.html.contains("was cancelled") && page.has_form());
    assert_eq!(
        link.post(&path, "Ada", meeting.start_time).await.status,
        303
    );
}

#[tokio::test]
async fn every_repeated_create_except_a_certain_retry_marks_the_conference() {
    for (version, later, marked) in [
        (SignatureVersion::V3, 0, false),
        (SignatureVersion::V3, 1, true),
        (SignatureVersion::V2, 1, true),
        (SignatureVersion::V1, 1, true),
    ] {
        let mut system = System::start().await;
        let meeting = meeting(&system);
        let body = meeting.body(WebhookName::Create).to_string();
        let event = system.event(WebhookName::Create, &body, version, system.now);
        let first = system.deliver(WebhookName::Create, event).await;
        system.wait(later * MINUTE);
        let event = system.event(WebhookName::Create, &body, version, system.now);
        let again = system.deliver(WebhookName::Create, event).await;
        assert_eq!(first.body, again.body);
        let stored = system.store.conference(first.id()).await.unwrap();
        assert_eq!(
            stored.repeated.is_some(),
            marked,
            "{version:?}, {later} min later"
        );
        assert_eq!(stored.revision, 1 + u64::from(marked));
    }
}

#[tokio::test]
async fn the_times_of_a_repeated_conference_that_moved_are_shown_and_never_end_its_link() {
    let mut system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    system.wait(MINUTE);
    system.send(WebhookName::Create, &meeting).await;
    let moved = Meeting {
        start_time: meeting.start_time.plus(48 * HOUR),
        end_time: meeting.start_time.plus(49 * HOUR),
        ..meeting.clone()
    };
    assert_eq!(system.send(WebhookName::Update, &moved).await.status, 204);
    let link = JoinLink::start(&system.store, &[("JOIN_OPENS_MINUTES", "5")]).await;
    for now in [meeting.start_time, moved.end_time.plus(1_000 * HOUR)] {
        let page = link.get(&path, now).await;
        assert_eq!(page.status, 200);
        assert!(page.has_form(), "{:?}", page.row());
    }
}
