//! An operator follows a meeting's join link from the command line.

use axum::Router;
use simulator::system::{Options, Simulator};

use crate::fake_aws::serve;
use crate::program::{Ended, run};

async fn send(what: &str, base_url: &str, more: &[&str]) -> Ended {
    let arguments = [&["send", what, "--base-url", base_url], more].concat();
    run(&arguments, &[], "").await
}

#[tokio::test]
async fn the_link_shows_its_page_leads_to_the_room_and_says_when_it_is_cancelled() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let base_url = &local.base_url;
    let unknown = send("join", base_url, &[]).await;
    assert_eq!(unknown.code, 1);
    assert_eq!(unknown.stdout, "status  404\nstate   unknown\n");

    assert_eq!(send("create", base_url, &[]).await.code, 0);
    let early = send("join", base_url, &[]).await;
    assert_eq!(early.code, 0, "{early:?}");
    assert_eq!(early.stdout, "status  200\nstate   early\n");
    let joined = send("join", base_url, &["--name", "Zoë 李"]).await;
    assert_eq!(joined.code, 0, "{joined:?}");
    let room = format!("status  303\nroom    {base_url}/");
    assert!(joined.stdout.starts_with(&room), "{joined:?}");

    assert_eq!(send("delete", base_url, &[]).await.code, 0);
    let cancelled = send("join", base_url, &["--name", "Zoë"]).await;
    assert_eq!(cancelled.code, 1);
    assert_eq!(cancelled.stdout, "status  410\nstate   cancelled\n");
    assert!(cancelled.stderr.contains("answered 410"), "{cancelled:?}");
}

#[tokio::test]
async fn a_system_without_join_links_is_distinguished_from_an_unknown_meeting() {
    let base_url = serve(Router::new()).await;
    let ended = send("join", &base_url, &[]).await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("there is no join link"), "{ended:?}");
}

#[tokio::test]
async fn a_name_is_only_for_the_join_link() {
    let ended = send("create", "http://127.0.0.1:1", &["--name", "Zoë"]).await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("--name is only for join"),
        "{ended:?}"
    );
}
