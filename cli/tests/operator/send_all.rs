//! An operator plays a meeting's lifecycle against a stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use simulator::system::{Options, Simulator};
use tokio::net::TcpListener;

use crate::program::{self, Ended};

async fn send_all(base_url: &str, more: &[&str]) -> Ended {
    send_all_with(base_url, more, &[]).await
}

async fn send_all_with(base_url: &str, more: &[&str], environment: &[(&str, &str)]) -> Ended {
    let arguments = [&["send", "all", "--base-url", base_url], more].concat();
    program::run(&arguments, environment, "").await
}

async fn local() -> Simulator {
    Simulator::start(Options::for_itself()).await.unwrap()
}

#[tokio::test]
async fn a_whole_life_goes_well() {
    let local = local().await;
    for more in [
        &[][..],
        &["--user-email", "nobody@example.com"],
        &["--signature", "v2"],
    ] {
        let ended = send_all(&local.base_url, more).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        let steps = ended.stdout.lines().filter(|line| line.ends_with("ms  ok"));
        // HubSpot's eight and two clicks.
        assert_eq!(steps.count(), 10, "{}", ended.stdout);
        assert_eq!(ended.stderr, "");
    }
}

#[tokio::test]
async fn the_wrong_secret_is_told_at_every_step() {
    let local = local().await;
    let ended = send_all_with(
        &local.base_url,
        &[],
        &[("HUBSPOT_CLIENT_SECRET", "another-secret")],
    )
    .await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("check HUBSPOT_CLIENT_SECRET"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("8 of 8 steps failed"), "{ended:?}");
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
async fn ailing_system(id: &str, deletes: [u16; 3]) -> String {
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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    base
}

#[tokio::test]
async fn what_was_made_is_deleted_even_after_a_failed_step() {
    let base = ailing_system(ID, [401, 503, 204]).await;
    let ended = send_all(&base, &[]).await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("none is left behind"), "{ended:?}");
    assert!(ended.stdout.contains("skipped: the link"), "{ended:?}");
    assert!(ended.stderr.contains("4 of 8 steps failed"), "{ended:?}");
}

#[tokio::test]
async fn what_can_not_be_deleted_is_named() {
    let base = ailing_system(ID, [401, 503, 503]).await;
    let ended = send_all(&base, &[]).await;
    assert_eq!(ended.code, 1);
    let words = "send delete --conference-id aaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert!(ended.stderr.contains(words), "{ended:?}");
}

#[tokio::test]
async fn what_is_no_id_of_ours_is_never_suggested_to_a_shell() {
    let base = ailing_system("x; touch /tmp/gone", [503; 3]).await;
    let ended = send_all(&base, &[]).await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("FAIL: answered with a link"),
        "{ended:?}"
    );
    assert!(!ended.stdout.contains("touch"), "{ended:?}");
    assert!(!ended.stderr.contains("touch"), "{ended:?}");
}
