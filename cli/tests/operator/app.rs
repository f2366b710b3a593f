//! An operator installs the app in a HubSpot account and uninstalls it: the real binary, the simulator's
//! HubSpot, and a minimal browser between them, all over HTTP.

mod browser;

use std::io::BufRead;
use std::io::BufReader;
use std::net::TcpStream;

use http::Method;
use serde_json::{Value, json};
use simulator::http_client::HttpClient;
use simulator::sample;
use simulator::system::{Options, Simulator};

use self::browser::{Waiting, decide, open};
use crate::program::program;

const SECRET: &str = sample::CLIENT_SECRET;

async fn simulator() -> Simulator {
    Simulator::start(Options::on_free_ports()).await.unwrap()
}

async fn schedule(base: &str, account: u64) -> (u16, String) {
    let meeting = json!({
        "title": "Kick-off", "host": "test.user@example.com", "source": "MANUAL",
        "startTime": 1_900_000_000_000_i64, "endTime": 1_900_000_900_000_i64, "portalId": account,
    });
    let client = HttpClient::new().unwrap();
    let url = format!("{base}/hubspot/meetings");
    let request = client.request(Method::POST, &url);
    let request = request.header("content-type", "application/json");
    let answer = request.body(meeting.to_string()).send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let said = body["message"].as_str().or(body["conferenceUrl"].as_str());
    (status, said.unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn meetings_are_scheduled_once_the_app_is_installed_and_no_longer_once_it_is_uninstalled() {
    let local = simulator().await;
    let base = local.base_url.as_str();

    let waiting = Waiting::start("install", base, &["--app-id", "1"]);
    let address = decide(base, &waiting.url, 123_123, "allow").await;
    let page = open(Method::GET, &address, None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("You can close this page"),
        "{}",
        page.text
    );
    let ended = waiting.end();
    assert!(ended.success, "{}", ended.shown);
    for line in [
        "account   123123 (example.com)",
        "user      test.user@example.com",
        "app       1",
        "scopes    oauth",
        "Next steps",
    ] {
        assert!(ended.shown.contains(line), "{line}: {}", ended.shown);
    }

    let key = [("HUBSPOT_DEVELOPER_API_KEY", "any-key")];
    let set = [
        "settings",
        "set",
        "--app-id",
        "1",
        "--base-url",
        base,
        "--api-base",
        base,
        "--yes",
    ];
    let set = crate::program::run(&set, &key, "").await;
    assert_eq!(set.code, 0, "{set:?}");
    let (status, link) = schedule(base, 123_123).await;
    assert_eq!(status, 200, "{link}");
    assert!(link.starts_with("http"), "{link}");

    let waiting = Waiting::start("uninstall", base, &["--yes", "--hub-id", "123123"]);
    assert!(
        waiting.url.contains("/oauth/123123/authorize?"),
        "{}",
        waiting.url
    );
    let address = decide(base, &waiting.url, 123_123, "allow").await;
    let page = open(Method::GET, &address, None).await;
    assert!(page.text.contains("uninstalled"), "{}", page.text);
    let ended = waiting.end();
    assert!(ended.success, "{}", ended.shown);

    let (status, reason) = schedule(base, 123_123).await;
    assert_eq!(status, 409, "{reason}");
    assert!(
        reason.contains("not installed in account 123123"),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_can_be_pasted_and_a_second_one_is_refused() {
    let local = simulator().await;
    let base = local.base_url.as_str();
    let mut waiting = Waiting::start("install", base, &[]);
    waiting.paste("what is this?");
    let address = decide(base, &waiting.url, 456_456, "allow").await;
    waiting.paste(&format!("  {address} "));
    let ended = waiting.end();
    assert!(ended.success, "{}", ended.shown);
    assert!(
        ended.shown.contains("456456 (example.org)"),
        "{}",
        ended.shown
    );
    assert!(
        ended.shown.contains("Refused: that is not the address"),
        "{}",
        ended.shown
    );

    // The code is used up, so the URL is worthless to anyone who sees it later.
    let waiting = Waiting::start("install", base, &[]);
    let state = waiting.url.split_once("&state=").unwrap().1;
    let code = address
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let again = format!("{}?code={code}&state={state}", waiting.redirect_uri());
    let page = open(Method::GET, &again, None).await;
    assert_eq!(page.status, 400, "{}", page.text);
    let ended = waiting.end();
    assert!(!ended.success);
    assert!(ended.shown.contains("BAD_AUTH_CODE"), "{}", ended.shown);
    assert!(
        ended.shown.contains("Run the command again"),
        "{}",
        ended.shown
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_not_an_answer_do_not_end_the_wait() {
    let local = simulator().await;
    let base = local.base_url.as_str();
    let waiting = Waiting::start("install", base, &[]);
    let redirect_uri = waiting.redirect_uri();
    let origin = redirect_uri.strip_suffix("/callback").unwrap().to_owned();
    let port: u16 = origin.rsplit_once(':').unwrap().1.parse().unwrap();
    let silent: Vec<_> = (0..3)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();

    let address = decide(base, &waiting.url, 456_456, "allow").await;
    let code = address
        .split_once('?')
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    for (method, url, status) in [
        (Method::GET, format!("{origin}/favicon.ico"), 404),
        (Method::GET, format!("{origin}/"), 404),
        (Method::HEAD, address.clone(), 404),
        (Method::POST, address.clone(), 404),
        (Method::GET, format!("{redirect_uri}?{code}"), 400),
        (
            Method::GET,
            format!("{redirect_uri}?{code}&state=another"),
            400,
        ),
        (
            Method::GET,
            format!("{redirect_uri}?error=access_denied"),
            400,
        ),
    ] {
        let page = open(method, &url, None).await;
        assert_eq!(page.status, status, "{url}");
    }
    let page = open(Method::GET, &address, None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let ended = waiting.end();
    assert!(ended.success, "{}", ended.shown);
    assert!(ended.shown.contains("its state differs"), "{}", ended.shown);
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_a_remedy_and_installs_nothing() {
    let local = simulator().await;
    let base = local.base_url.as_str();

    let waiting = Waiting::start("install", base, &[]);
    let address = decide(base, &waiting.url, 456_456, "deny").await;
    let page = open(Method::GET, &address, None).await;
    assert_eq!(page.status, 400);
    let ended = waiting.end();
    assert!(!ended.success);
    assert!(
        ended
            .shown
            .contains("denied the authorization: access_denied"),
        "{}",
        ended.shown
    );

    let other = [("HUBSPOT_CLIENT_SECRET", "another-secret-that-nobody-sees")];
    let arguments = [
        "app",
        "install",
        "--app-base",
        base,
        "--api-base",
        base,
        "--port",
        "0",
    ];
    let mut child = program(&arguments, &other).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("/authorize?") {
        assert_ne!(stdout.read_line(&mut shown).unwrap(), 0, "{shown}");
    }
    let url = shown.lines().last().unwrap().trim().to_owned();
    let address = decide(base, &url, 456_456, "allow").await;
    open(Method::GET, &address, None).await;
    let ended = crate::program::end(child);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("BAD_CLIENT_SECRET"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("Auth tab"), "{}", ended.stderr);

    let (status, reason) = schedule(base, 456_456).await;
    assert_eq!(status, 409, "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_other_than_expected_is_reported() {
    let local = simulator().await;
    let base = local.base_url.as_str();
    let waiting = Waiting::start("install", base, &["--app-id", "7"]);
    let address = decide(base, &waiting.url, 123_123, "allow").await;
    open(Method::GET, &address, None).await;
    let ended = waiting.end();
    assert!(!ended.success);
    assert!(
        ended.shown.contains("belongs to app 1, not to --app-id 7"),
        "{}",
        ended.shown
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_port_in_use_is_reported_with_a_remedy() {
    let local = simulator().await;
    let base = local.base_url.as_str();
    let waiting = Waiting::start("install", base, &[]);
    let port = waiting.redirect_uri();
    let port = port.rsplit_once(':').unwrap().1.split('/').next().unwrap();
    let arguments = [
        "app",
        "install",
        "--app-base",
        base,
        "--api-base",
        base,
        "--port",
        port,
    ];
    let ended = crate::program::run(&arguments, &[], "").await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("choose --port"), "{}", ended.stderr);
    let mut waiting = waiting;
    waiting.child.kill().unwrap();
    waiting.child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_uninstall_asks_for_yes_before_anything_else() {
    let arguments = ["app", "uninstall", "--client-id", "some-client"];
    let environment = [("HUBSPOT_CLIENT_SECRET", "a-secret-that-nobody-sees")];
    let ended = crate::program::run(&arguments, &environment, "").await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("add --yes"), "{}", ended.stderr);
    let arguments = ["app", "install"];
    let ended = crate::program::run(&arguments, &environment, "").await;
    assert!(
        ended.stderr.contains("give --client-id"),
        "{}",
        ended.stderr
    );
}

/// All processes' command lines. Other users can see them, unlike the environment.
fn command_lines() -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&line));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_secret_nor_code_nor_token_is_ever_shown() {
    let local = simulator().await;
    let base = local.base_url.as_str();
    let waiting = Waiting::start("install", base, &[]);
    let address = decide(base, &waiting.url, 456_456, "allow").await;
    let code = address
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let listed = command_lines();
    assert!(!listed.contains(SECRET) && !listed.contains(code));
    let page = open(Method::GET, &address, None).await;
    let ended = waiting.end();
    assert!(ended.success, "{}", ended.shown);
    for text in [&page.text, &ended.shown] {
        assert!(!text.contains(SECRET) && !text.contains(code), "{text}");
        assert!(
            !text.contains("access_token") && !text.contains("refresh_token"),
            "{text}"
        );
    }
}
