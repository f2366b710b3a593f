//! A person clicks a meeting's link: which page or room they get, depending on the time and the person.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use shared::contract::WebhookName;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::join_link::{Answers, JoinLink};
use testbed::sample_event;
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

#[tokio::test]
async fn an_open_door_asks_for_a_name_and_leads_to_the_room() {
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
    assert_eq!(seen[0]["role"], "host", "with everyone, everybody is");
    let room = seen[0]["room"].as_str().unwrap();
    assert_eq!(
        entered.location(),
        format!("https://video.example.com/{room}")
    );
    assert!(!path.contains(room), "the room has a name of its own");
}

#[tokio::test]
async fn whoever_is_early_is_told_so_and_may_join_anyway() {
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
async fn a_shut_door_opens_when_the_operator_says_and_for_the_host_before() {
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
async fn nought_opens_the_door_at_the_start_and_closes_it_at_the_end() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let nought = [("JOIN_OPENS_MINUTES", "0"), ("JOIN_CLOSES_HOURS", "0")];
    let link = JoinLink::start(&system.store, &nought).await;
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
async fn a_meeting_that_moved_has_its_door_at_the_new_time() {
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
async fn a_cancelled_meeting_has_no_door() {
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
async fn the_cancellation_of_one_meeting_never_closes_the_door_on_its_twin() {
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
async fn a_retry_that_is_surely_one_leaves_no_mark_and_any_other_does() {
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
        assert_eq!(stored.revision, 1);
    }
}

#[tokio::test]
async fn the_times_of_a_repeated_conference_that_moved_inform_and_never_shut() {
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

#[tokio::test]
async fn what_is_no_link_of_ours_is_unknown() {
    let system = System::start().await;
    let (_, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let unknown = "/join/abcdefghijklmnopqrstuvwx27";
    let upper = path.to_uppercase().replace("/JOIN", "/join");
    for path in [
        unknown,
        "/join",
        "/join/",
        "/",
        "/host",
        "/host/",
        "/host/123.456.a",
        "/join/../join",
        &upper,
        "/join/abcdefghijklmnopqrstuvwx2%37%00",
        "/join/%F0%9F%8E%A5",
        "//",
        "/join/<script>",
    ] {
        assert_eq!(
            link.get(path, system.now).await.row(),
            (404, Some("unknown")),
            "{path}"
        );
        assert_eq!(
            link.post(path, "Ada", system.now).await.row(),
            (404, Some("unknown")),
            "{path}"
        );
    }
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let page = link
            .send(&method, &path, &HeaderMap::new(), "", system.now)
            .await;
        assert_eq!(page.row(), (404, Some("unknown")), "{method}");
    }
}

#[tokio::test]
async fn a_head_is_answered_as_a_get_without_a_body() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let none = HeaderMap::new();
    let head = link
        .send(&Method::HEAD, &path, &none, "", meeting.start_time)
        .await;
    let get = link.get(&path, meeting.start_time).await;
    assert_eq!((head.status, head.html.as_str()), (200, ""));
    assert_eq!(head.headers, get.headers);
}

#[tokio::test]
async fn a_video_system_without_names_is_entered_at_once() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let jitsi = [
        ("VIDEO_SYSTEM", "jitsi"),
        ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
    ];
    let link = JoinLink::start(&system.store, &jitsi).await;
    let entered = link.get(&path, meeting.start_time).await;
    assert_eq!(entered.status, 303);
    assert!(entered.location().starts_with("https://meet.example.com/"));
    let early = link.get(&path, system.now).await;
    assert_eq!(early.row(), (200, Some("early")));
    assert!(!early.html.contains("name=\"name\"") && early.has_form());
    let anyway = link.post(&path, "", system.now).await;
    assert_eq!(anyway.status, 303);
}

#[tokio::test]
async fn a_name_that_is_none_is_explained_at_its_field() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let long = "李".repeat(65);
    for (name, reason) in [
        ("", "Please enter your name."),
        (" \u{200b}\u{202e}\u{0} ", "Please enter your name."),
        (&long, "64 characters"),
        (&"x".repeat(1_000_000), "64 characters"),
    ] {
        let page = link.post(&path, name, meeting.start_time).await;
        assert_eq!(page.row(), (422, Some("open")));
        assert!(page.html.contains("aria-invalid=\"true\"") && page.html.contains(reason));
    }
    for body in ["{\"name\":\"Ada\"}", "%%%=&&&", "\u{0}", "nam=Ada"] {
        let none = HeaderMap::new();
        let page = link
            .send(&Method::POST, &path, &none, body, meeting.start_time)
            .await;
        assert_eq!(page.status, 422, "{body}");
    }
    assert!(link.seen().is_empty());
}

#[tokio::test]
async fn a_name_that_attacks_reaches_the_video_system_harmless() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let name = "\u{202e}<script>alert(1)</script>\r\nX: y\u{0}\u{2066}";
    assert_eq!(link.post(&path, name, meeting.start_time).await.status, 303);
    assert_eq!(link.seen()[0]["name"], "<script>alert(1)</script>X: y");
    let failing = JoinLink::answering(&system.store, &[], Answers::Failure).await;
    let page = failing.post(&path, name, meeting.start_time).await;
    assert!(page.html.contains("&lt;script&gt;alert(1)"));
    assert!(!page.html.contains('\u{202e}') && !page.html.contains('\u{0}'));
}

#[tokio::test]
async fn a_video_system_that_fails_brings_the_person_back_by_the_same_form() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::answering(&system.store, &[], Answers::Failure).await;
    let page = link.post(&path, "Zoë", meeting.start_time).await;
    assert_eq!(page.row(), (503, Some("unavailable")));
    assert!(page.html.contains("value=\"Zoë\"") && page.html.contains("Try again"));
    assert!(page.headers["retry-after"].is_string());

    let link = JoinLink::answering(&system.store, &[], Answers::NoSuchRoom).await;
    let page = link.post(&path, "Zoë", meeting.start_time).await;
    assert_eq!(page.row(), (503, Some("unavailable")));
    assert!(page.headers["retry-after"].is_null() && !page.has_form());
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_no_reason_to_say_cancelled() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    system
        .store
        .spoil(path.strip_prefix("/join/").unwrap())
        .await;
    for page in [
        link.get(&path, meeting.start_time).await,
        link.post(&path, "Ada", meeting.start_time).await,
    ] {
        assert_eq!(page.row(), (503, Some("unavailable")));
        assert!(page.has_form());
    }
}

#[tokio::test]
async fn a_hosts_link_makes_a_browser_the_hosts_for_their_own_meetings_alone() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[("MODERATORS", "host")]).await;
    let now = meeting.start_time;
    let token = JoinLink::host_token(meeting.portal_id.get(), meeting.user_id.get());
    let page = link.get(&format!("/host/{token}"), now).await;
    assert_eq!(page.row(), (200, Some("host")));
    let attributes = "Max-Age=34560000; Path=/; Secure; HttpOnly; SameSite=Lax";
    assert_eq!(page.cookies, [format!("__Host-host={token}; {attributes}")]);

    link.post(&path, "Guest", now).await;
    link.as_host(&token, &path, Some("Host"), now).await;
    let elsewhere = JoinLink::host_token(meeting.portal_id.get() + 1, meeting.user_id.get());
    link.as_host(&elsewhere, &path, Some("Stolen"), now).await;
    let somebody = JoinLink::host_token(meeting.portal_id.get(), meeting.user_id.get() + 1);
    link.as_host(&somebody, &path, Some("Colleague"), now).await;
    link.as_host(&format!("{token}x"), &path, Some("Forged"), now)
        .await;
    let roles: Vec<_> = link
        .seen()
        .iter()
        .map(|call| call["role"].clone())
        .collect();
    assert_eq!(roles, ["guest", "host", "guest", "guest", "guest"]);

    let wrong = link.get(&format!("/host/{token}x"), now).await;
    assert_eq!(wrong.row(), (404, Some("unknown")));
    assert!(wrong.cookies.is_empty());
}

#[tokio::test]
async fn a_flood_of_clicks_leads_to_one_room() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let clicks: Vec<String> = (0..50).map(|n| format!("Visitor {n}")).collect();
    let clicks = clicks
        .iter()
        .map(|name| link.post(&path, name, meeting.start_time));
    let entered = futures_util::future::join_all(clicks).await;
    assert!(entered.iter().all(|page| page.status == 303));
    assert!(
        entered
            .iter()
            .all(|page| page.location() == entered[0].location())
    );
}

#[tokio::test]
async fn every_answer_is_kept_from_caches_referrers_indexes_and_frames() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let token = JoinLink::host_token(1, 2);
    for page in [
        link.get(&path, meeting.start_time).await,
        link.post(&path, "Ada", meeting.start_time).await,
        link.post(&path, "", meeting.start_time).await,
        link.get("/join", meeting.start_time).await,
        link.get(&format!("/host/{token}"), meeting.start_time)
            .await,
    ] {
        let header = |name: &str| page.headers[name].as_str().unwrap_or_default();
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-robots-tag"), "noindex");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("form-action"));
    }
}

#[tokio::test]
async fn a_page_speaks_the_visitors_language_and_names_nothing_of_the_meeting() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    let mut headers = HeaderMap::new();
    headers.insert(
        "accept-language",
        HeaderValue::from_static("de-AT,en;q=0.5"),
    );
    let now = meeting.start_time;
    let page = link.send(&Method::GET, &path, &headers, "", now).await;
    assert!(page.html.contains("lang=\"de\"") && page.html.contains("Ihr Name"));
    let secret = [
        &meeting.topic,
        &meeting.user_email,
        &path["/join/".len()..].to_owned(),
    ];
    for word in secret {
        assert!(!page.html.contains(word.as_str()), "{word}");
    }
}

#[tokio::test]
async fn the_sample_clicks_are_for_the_conference_that_the_sample_create_makes() {
    let system = System::start().await;
    system.store.put_sample_conference().await;
    let link = JoinLink::start(&system.store, &[]).await;
    let start = Timestamp::from_millis(1_534_197_600_000);
    let page = link.deliver(sample_event("join"), start).await;
    assert_eq!(page.row(), (200, Some("open")));
    let entered = link.deliver(sample_event("join-post"), start).await;
    assert_eq!(entered.status, 303);
    assert_eq!(link.seen()[0]["name"], "Zoë 李");
}

#[tokio::test]
async fn what_is_recorded_lets_nobody_in_and_names_nobody() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    link.post(&path, "Rosalind Recorded", meeting.start_time)
        .await;
    let room = link.seen()[0]["room"].as_str().unwrap().to_owned();
    let failing = JoinLink::answering(&system.store, &[], Answers::Failure).await;
    failing
        .post(&path, "Rosalind Recorded", meeting.start_time)
        .await;
    let records = JoinLink::records();
    assert!(records.contains("Room") && records.contains("Unavailable"));
    let id = path["/join/".len()..].to_owned();
    for word in [
        "Rosalind",
        &room,
        &id,
        &meeting.topic,
        &meeting.user_email,
        "video.example.com",
    ] {
        assert!(!records.contains(word), "{word}");
    }
}
