//! One meeting, one conference, one link; another meeting, another conference.

use std::time::Duration;

use futures_util::future::join_all;
use shared::contract::WebhookName;
use shared::identifiers::{PortalId, UserId};
use shared::retention::Retention;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::system::System;

use crate::{known_as, renamed};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_retried_create_answers_what_the_first_one_answered() {
    let mut system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    for _ in 0..3 {
        system.wait(8 * HOUR);
        let again = system.send(WebhookName::Create, &Meeting::default()).await;
        assert_eq!(again, first);
    }
    assert_eq!(system.store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn twenty_equal_creates_at_the_same_instant_make_one_conference_and_one_link() {
    let system = System::start().await;
    let meeting = Meeting::default();
    let creates = (0..20).map(|_| system.send(WebhookName::Create, &meeting));
    let answers = join_all(creates).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(system.store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn the_same_details_more_than_a_day_later_are_another_meeting() {
    let mut system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    system.wait(DAY + Duration::from_millis(1));
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_ne!(second.body["conferenceId"], first.body["conferenceId"]);
    assert_ne!(second.body["conferenceUrl"], first.body["conferenceUrl"]);
    let again = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_eq!(again, second);
}

#[tokio::test]
async fn the_same_details_after_a_delete_are_another_meeting() {
    let mut system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    system
        .send(
            WebhookName::Delete,
            &known_as(first.id(), &Meeting::default()),
        )
        .await;
    system.wait(HOUR);
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_ne!(second.id(), first.id());
    assert!(
        system
            .store
            .conference(first.id())
            .await
            .unwrap()
            .deleted_at
            .is_some()
    );
    assert!(
        system
            .store
            .conference(second.id())
            .await
            .unwrap()
            .deleted_at
            .is_none()
    );
}

#[tokio::test]
async fn the_same_details_after_an_update_are_another_meeting() {
    let mut system = System::start().await;
    let first = system.send(WebhookName::Create, &Meeting::default()).await;
    let meeting = known_as(first.id(), &Meeting::default());
    system
        .send(WebhookName::Update, &renamed(&meeting, "Moved away"))
        .await;
    system.wait(HOUR);
    let second = system.send(WebhookName::Create, &Meeting::default()).await;
    assert_ne!(second.id(), first.id());
}

#[tokio::test]
async fn the_very_same_signed_create_makes_nothing_new_even_after_an_update_and_a_delete() {
    let mut system = System::start().await;
    let signed_at = system.now;
    let meeting = Meeting::default();
    let first = system
        .send_signed_at(WebhookName::Create, &meeting, signed_at)
        .await;
    let known = known_as(first.id(), &meeting);
    for webhook in [WebhookName::Update, WebhookName::Delete] {
        system.wait(Duration::from_mins(1));
        system.send(webhook, &known).await;
        let before = system.store.conference(first.id()).await;
        let replayed = system
            .send_signed_at(WebhookName::Create, &meeting, signed_at)
            .await;
        assert_eq!(replayed, first);
        assert_eq!(system.store.conference(first.id()).await, before);
    }
    assert_eq!(system.store.number_of_conferences().await, 1);
}

#[tokio::test]
async fn every_detail_tells_meetings_apart() {
    let system = System::start().await;
    let meeting = Meeting::default();
    let others = [
        Meeting {
            portal_id: PortalId::new(1),
            ..meeting.clone()
        },
        Meeting {
            user_id: UserId::new(1),
            ..meeting.clone()
        },
        Meeting {
            user_email: "4711".into(),
            ..meeting.clone()
        },
        Meeting {
            topic: String::new(),
            ..meeting.clone()
        },
        Meeting {
            source: "MANUAL".into(),
            ..meeting.clone()
        },
        Meeting {
            start_time: Timestamp::from_millis(1),
            ..meeting.clone()
        },
        Meeting {
            end_time: Timestamp::from_millis(1),
            ..meeting.clone()
        },
        meeting,
    ];
    for other in &others {
        assert_eq!(system.send(WebhookName::Create, other).await.status, 200);
    }
    assert_eq!(system.store.number_of_conferences().await, others.len());
}

#[tokio::test]
async fn a_link_stays_what_it_was_when_the_template_changes() {
    let old = System::start().await;
    let first = old.send(WebhookName::Create, &Meeting::default()).await;
    let table = old.store.conferences.clone();
    let endpoint = old.store.store.clone();
    let mut settings =
        simulator::functions::FunctionSettings::for_development(testbed::system::BASE_URL).unwrap();
    settings.conferences_table = table;
    settings.create.url = "https://new.example.com/{room}".parse().unwrap();
    let functions = simulator::functions::Functions::new(&endpoint.client(), settings, |_| {});
    let body = Meeting::default().body(WebhookName::Create).to_string();
    let version = shared::signature::SignatureVersion::V3;
    let event = old.event(WebhookName::Create, &body, version, old.now);
    let answer = functions
        .invoke(WebhookName::Create, event, old.now)
        .await
        .unwrap();
    assert_eq!(testbed::body_of(&answer), first.body);
}

#[tokio::test]
async fn a_conference_is_kept_until_its_meeting_is_long_over() {
    let system = System::with(|settings| {
        settings.create.retention = Retention(10 * DAY);
        settings.update.retention = Retention(10 * DAY);
    })
    .await;
    let now = system.now;
    let future = Meeting {
        start_time: now.plus(HOUR),
        end_time: now.plus(2 * HOUR),
        ..Meeting::default()
    };
    let created = system.send(WebhookName::Create, &future).await;
    let stored = system.store.conference(created.id()).await.unwrap();
    assert_eq!(stored.expires_at, future.end_time.as_seconds() + 864_000);

    let past = Meeting::default();
    let created = system.send(WebhookName::Create, &past).await;
    let stored = system.store.conference(created.id()).await.unwrap();
    assert_eq!(
        stored.expires_at,
        now.as_seconds() + 864_000,
        "the link was given out today"
    );

    let moved = known_as(created.id(), &future);
    system.send(WebhookName::Update, &moved).await;
    let stored = system.store.conference(created.id()).await.unwrap();
    assert_eq!(stored.expires_at, future.end_time.as_seconds() + 864_000);

    system.send(WebhookName::Delete, &moved).await;
    let stored = system.store.conference(created.id()).await.unwrap();
    assert_eq!(
        stored.expires_at,
        now.as_seconds() + 30 * 86_400,
        "the tombstone"
    );
}
