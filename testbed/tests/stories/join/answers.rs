//! Rules for every answer: unknown links, headers, languages, logs.

use http::{HeaderMap, HeaderValue, Method};
use shared::timestamp::Timestamp;
use testbed::join_link::{Answers, JoinLink};
use testbed::sample_event;
use testbed::system::System;

use super::scheduled;

#[tokio::test]
async fn a_link_that_is_not_ours_is_unknown() {
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
async fn while_the_join_link_cannot_start_try_again_leads_back_to_the_same_page() {
    let now = Timestamp::from_millis(1_700_000_300_000);
    let link = JoinLink::get_without_secret("/join/abcdefghijklmnopqrstuvwx27", now).await;
    assert_eq!(link.row(), (503, Some("unavailable")));
    assert!(link.html.contains("<form method=\"post\">"));
    // API Gateway has no route for a POST there.
    let host = JoinLink::get_without_secret("/host/123.456.a", now).await;
    assert_eq!(host.row(), (503, Some("unavailable")));
    assert!(host.html.contains("<form method=\"get\">"));
    for path in ["/join", "/join/", "/join/no-id"] {
        let page = JoinLink::get_without_secret(path, now).await;
        assert_eq!(page.row(), (404, Some("unknown")), "{path}");
    }
}

#[tokio::test]
async fn a_head_request_is_answered_like_a_get_without_a_body() {
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
async fn a_malformed_conference_is_unavailable_and_not_cancelled() {
    let system = System::start().await;
    let (meeting, path) = scheduled(&system).await;
    let link = JoinLink::start(&system.store, &[]).await;
    system
        .store
        .corrupt(path.strip_prefix("/join/").unwrap())
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
async fn a_page_is_in_the_visitors_language_and_shows_no_title_host_or_id() {
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
