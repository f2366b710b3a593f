//! An operator plays a meeting's lifecycle against a stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use shared::config::Environment;
use simulator::system::{Options, Simulator};

use crate::fake_aws::serve;
use crate::program::{self, Ended};

async fn send_all(base_url: &str, more: &[&str]) -> Ended {
    send_all_with(base_url, more, &[]).await
}

async fn send_all_with(base_url: &str, more: &[&str], environment: &[(&str, &str)]) -> Ended {
    let arguments = [&["send", "all", "--base-url", base_url], more].concat();
    program::run(&arguments, environment, "").await
}

async fn local() -> Simulator {
    Simulator::start(Options::on_free_ports()).await.unwrap()
}

#[tokio::test]
async fn a_whole_lifecycle_passes() {
    let local = local().await;
    for more in [
        &[][..],
        &["--user-email", "nobody@example.com"],
        &["--signature", "v2"],
    ] {
        let ended = send_all(&local.base_url, more).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        let steps = ended.stdout.lines();
        let steps =
            steps.filter(|line| line.ends_with("ms  ok") || line.ends_with("ms  ok: the room"));
        // HubSpot's ten requests, and two to the page at each of four moments.
        assert_eq!(steps.count(), 18, "{}", ended.stdout);
        let rooms = ended.stdout.lines();
        let rooms =
            rooms.filter(|line| line.ends_with("ms  ok: the room") && line.contains(" 303 "));
        let closes = !more.contains(&"v2");
        assert_eq!(
            rooms.count(),
            if closes { 2 } else { 4 },
            "{}",
            ended.stdout
        );
        for (title, status) in [
            ("an hour early", 200),
            ("when the meeting starts", 200),
            ("long after the meeting", if closes { 410 } else { 200 }),
            ("of the deleted meeting", if closes { 410 } else { 200 }),
        ] {
            let mut lines = ended.stdout.lines();
            let line = lines.find(|line| line.contains(title)).unwrap();
            assert!(line.contains(&format!(" {status} ")), "{line}");
        }
        assert_eq!(ended.stderr, "");
    }
}

/// The status and the result in each row about the link.
fn results(ended: &Ended) -> Vec<String> {
    let rows = ended
        .stdout
        .lines()
        .skip_while(|line| !line.contains("an hour early"));
    let rows = rows.filter(|line| line.starts_with("A participant") || line.starts_with("They"));
    rows.map(|row| {
        let status = row[56..].split_whitespace().next().unwrap();
        format!("{status} {}", row.rsplit("ms  ").next().unwrap())
    })
    .collect()
}

#[tokio::test]
async fn a_system_that_needs_no_name_leads_to_the_room_at_the_first_click() {
    let jitsi = || {
        Environment::from_variables([
            ("VIDEO_SYSTEM", "jitsi"),
            ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
            (
                "VIDEO_SYSTEM_SECRET",
                r#"{"roomKey":"development-only-room-key"}"#,
            ),
        ])
    };
    let options = Options {
        environment: jitsi,
        ..Options::on_free_ports()
    };
    let local = Simulator::start(options).await.unwrap();
    let ended = send_all(&local.base_url, &[]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let (early, rest) = (["200 ok", "303 ok: the room"], ["410 ok"; 4]);
    let expected = [&early[..], &["303 ok: the room"; 2], &rest].concat();
    assert_eq!(results(&ended), expected);
    // A room's link may hold a token.
    assert!(!ended.stdout.contains("meet.example.com"), "{ended:?}");
}

#[tokio::test]
async fn a_link_that_opens_later_and_a_video_system_that_is_down_are_distinguished() {
    let strict = || {
        Environment::from_variables([
            ("VIDEO_SYSTEM", "webhook"),
            ("VIDEO_SYSTEM_URL", "http://127.0.0.1:9/nobody"),
            ("VIDEO_SYSTEM_SECRET", simulator::video_system::SECRET),
            ("JOIN_OPENS_MINUTES", "5"),
        ])
    };
    let options = Options {
        environment: strict,
        ..Options::on_free_ports()
    };
    let local = Simulator::start(options).await.unwrap();
    let ended = send_all(&local.base_url, &[]).await;
    assert_eq!(ended.code, 1);
    let results = results(&ended);
    assert_eq!(
        results[..3],
        [
            "200 ok",
            "403 ok: too early, as JOIN_OPENS_MINUTES says",
            "200 ok",
        ]
    );
    assert!(
        results[3].starts_with("503 FAIL: the room; "),
        "{results:?}"
    );
    assert!(results[3].contains("video check"), "{results:?}");
    assert!(ended.stderr.contains("1 of 18 steps failed"), "{ended:?}");
}

#[tokio::test]
async fn a_wrong_secret_is_reported_at_every_step() {
    let local = local().await;
    let ended = send_all_with(
        &local.base_url,
        &[],
        &[("HUBSPOT_CLIENT_SECRET", "another-secret-than-the-functions")],
    )
    .await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("check HUBSPOT_CLIENT_SECRET"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("10 of 10 steps failed"), "{ended:?}");
}

#[tokio::test]
async fn a_deployed_stack_is_never_called_with_the_example_secret() {
    let ended = send_all("https://vc.example.com", &[]).await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("set HUBSPOT_CLIENT_SECRET"),
        "{ended:?}"
    );
}

const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A system that creates conferences with this ID, fails updates, and answers deletes with these statuses
/// in order.
async fn failing_system(id: &str, deletes: [u16; 3]) -> String {
    let conference = json!({
        "conferenceId": id,
        "conferenceUrl": "https://meet.example.com/room",
        "conferenceDetails": "Join",
    });
    let next = Arc::new(AtomicU32::new(0));
    let delete = async move || {
        let number = next.fetch_add(1, Ordering::Relaxed) as usize;
        StatusCode::from_u16(deletes[number]).unwrap()
    };
    let router = Router::new()
        .route("/verify-user", post(async || StatusCode::NOT_FOUND))
        .route("/create-meeting", post(async || Json(conference)))
        .route("/update-meeting", post(async || StatusCode::BAD_GATEWAY))
        .route("/delete-meeting", post(delete));
    serve(router).await
}

#[tokio::test]
async fn the_conference_is_deleted_even_after_a_failed_step() {
    let base = failing_system(ID, [401, 503, 204]).await;
    let ended = send_all(&base, &[]).await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("none is left behind"), "{ended:?}");
    assert!(ended.stdout.contains("skipped: the link"), "{ended:?}");
    assert!(ended.stderr.contains("6 of 10 steps failed"), "{ended:?}");
}

#[tokio::test]
async fn a_conference_that_cannot_be_deleted_is_named() {
    let base = failing_system(ID, [401, 503, 503]).await;
    let ended = send_all(&base, &[]).await;
    assert_eq!(ended.code, 1);
    let words = "send delete --conference-id aaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert!(ended.stderr.contains(words), "{ended:?}");
}

#[tokio::test]
async fn a_malformed_id_is_never_suggested_as_a_command() {
    let base = failing_system("x; touch /tmp/gone", [503; 3]).await;
    let ended = send_all(&base, &[]).await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("FAIL: answered with a link"),
        "{ended:?}"
    );
    assert!(!ended.stdout.contains("touch"), "{ended:?}");
    assert!(!ended.stderr.contains("touch"), "{ended:?}");
}
