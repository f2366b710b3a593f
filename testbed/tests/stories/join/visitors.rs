//! Visitors: their names, hosts, and what the video system gets and answers.

use http::{HeaderMap, Method};
use testbed::join_link::{Answers, JoinLink};
use testbed::system::System;

use super::scheduled;

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
async fn an_invalid_name_is_explained_at_its_field() {
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
async fn a_malicious_name_reaches_the_video_system_harmless() {
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
async fn after_a_failure_of_the_video_system_the_page_offers_the_same_form_again() {
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
async fn a_hosts_link_makes_a_browser_host_only_their_own_meetings() {
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
    let colleague = JoinLink::host_token(meeting.portal_id.get(), meeting.user_id.get() + 1);
    link.as_host(&colleague, &path, Some("Colleague"), now)
        .await;
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
