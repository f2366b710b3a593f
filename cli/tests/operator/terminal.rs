//! An operator at a real terminal: stored text can't control it, tables fit it, prompts appear on it, and it
//! shows what a slow command waits for.

use std::net::TcpListener;
use std::process::Stdio;

use simulator::store::Store;
use simulator::system::{Options, Simulator};

use crate::conferences::{conference, insert, stored};
use crate::fake_aws::{SIGNED_IN, STACK, cloud_formation};
use crate::fake_secrets::FakeSecrets;
use crate::program::program;
use crate::pty::Terminal;
use crate::users::{port, store, users};

/// Characters that control a terminal or the direction of text: ESC, BEL, CSI, DEL, RIGHT-TO-LEFT OVERRIDE,
/// LINE SEPARATOR.
const CONTROL_CHARACTERS: [char; 6] = [
    '\u{1b}', '\u{7}', '\u{9b}', '\u{7f}', '\u{202e}', '\u{2028}',
];

const TOPIC: &str = "a\u{1b}]0;x\u{7}\u{9b}\u{7f}\u{202e}\u{2028}b";

fn at_store<'a>(store: &'a Store, command: &'a str) -> Vec<&'a str> {
    let place = ["--dynamodb-port", port(store.endpoint())];
    command.split(' ').chain(place).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_cannot_control_the_terminal_and_a_file_gets_it_unchanged() {
    let store = store().await;
    let mut hostile = conference(1, 7);
    hostile.topic = TOPIC.to_owned();
    let show = format!("conferences show {}", hostile.conference_id);
    insert(&store, [hostile]).await;
    for command in [
        "conferences list --portal 7",
        "conferences list --portal 7 --format csv",
        "conferences list --portal 7 --format json",
        &show,
    ] {
        let terminal = Terminal::start(&at_store(&store, command), &[], 200);
        let (code, shown) = terminal.end();
        assert_eq!(code, 0, "{shown}");
        assert!(!shown.contains(CONTROL_CHARACTERS), "{command}: {shown:?}");
        assert!(
            shown.contains("u{202e}") || shown.contains("\\u202e"),
            "{command}: {shown:?}"
        );
    }

    let csv = at_store(&store, "conferences list --portal 7 --format csv");
    let file = std::env::temp_dir().join(format!("titles-{}.csv", std::process::id()));
    let output = std::fs::File::create(&file).unwrap();
    let status = program(&csv, &[])
        .stdin(Stdio::null())
        .stdout(output)
        .status()
        .unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(status.success());
    assert!(written.contains(TOPIC), "{written:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_fits_sixty_columns_and_loses_nothing() {
    let store = store().await;
    let mut long = conference(1, 7);
    long.topic = "A title that is much longer than the sixty columns of this terminal".to_owned();
    let id = long.conference_id.to_string();
    insert(&store, [long]).await;
    users(
        &store,
        "add somebody-with-a-long-name@a-long-domain.example.com --portal 7 --native-id host-number-4711",
        "",
    )
    .await;
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let all = ["send", "all", "--base-url", &local.base_url];
    let conferences = at_store(&store, "conferences list --portal 7");
    let listed = at_store(&store, "users list --portal 7");
    for (command, words) in [
        (
            &conferences[..],
            [id.as_str(), "2018-08-13", "Ada@example.com", "thisterminal"],
        ),
        (
            &listed[..],
            ["EMAIL", "NATIVE ID", "a-long-domain", "host-number-4711"],
        ),
        (
            &all[..],
            ["STEP", "RESULT", "The meeting is deleted", "ok: the room"],
        ),
    ] {
        let (code, shown) = Terminal::start(command, &[], 60).end();
        assert_eq!(code, 0, "{shown}");
        for line in shown.lines() {
            assert!(line.chars().count() <= 60, "{line}");
        }
        for word in words {
            // A long cell continues on the next line.
            let joined = shown.replace("\n  ", "").replace(' ', "");
            assert!(joined.contains(&word.replace(' ', "")), "{word}: {shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_asks_and_accepts_only_a_yes() {
    let store = store().await;
    insert(&store, [conference(1, 7), conference(2, 7)]).await;
    let purge = at_store(&store, "conferences purge --portal 7");
    for (answer, left, words) in [
        ("", 2, "error: nothing was changed"),
        ("no", 2, "error: nothing was changed"),
        ("yes", 0, "2 conferences of portal 7 purged."),
    ] {
        let mut terminal = Terminal::start(&purge, &[], 200);
        terminal.until("Erase 2 conferences of portal 7 from the table conferences");
        terminal.until("permanently? [y/N] ");
        terminal.enter(answer);
        let (code, shown) = terminal.end();
        assert_eq!(code, i32::from(left > 0), "{shown}");
        assert!(shown.contains(words), "{shown}");
        assert_eq!(stored(&store, 7).await.len(), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_asked_for_and_never_shown() {
    const SECRET: &str = "n0body00-0000-0000-0000-0000000000ee";
    let stored = r#"{"clientSecret":"","conferenceKey":"the-key-that-all-links-depend-on"}"#;
    let secrets = FakeSecrets::start(stored).await;
    let cloud = cloud_formation(&[("HubSpotSecretArn", "arn:aws:secret")]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.extend([
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud.as_str()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.endpoint),
    ]);
    let set = ["secret", "set", "--stack", STACK];
    let mut terminal = Terminal::start(&set, &environment, 100);
    terminal.until("Client secret of the app (not shown): ");
    terminal.until_hidden();
    terminal.enter(SECRET);
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("The client secret is set."), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert_eq!(secrets.current()["clientSecret"], SECRET);
}

/// Every command that waits for an answer, and what it says it waits for.
const WAITS: [(&str, &str); 19] = [
    ("users list --portal 7", "Reading the table"),
    ("users add a@example.com --portal 7", "Writing to the table"),
    (
        "users remove a@example.com --portal 7",
        "Writing to the table",
    ),
    ("conferences list --portal 7", "Reading the table"),
    (
        "conferences show abcdefghijklmnopqrstuvwx27",
        "Reading the table",
    ),
    (
        "conferences find --url https://example.com/a",
        "items read in",
    ),
    ("conferences purge --portal 7 --dry-run", "items read in"),
    (
        "users list --portal 7 --stack any",
        "Reading the stack's outputs",
    ),
    ("secret set --stack any", "Reading the stack's secret"),
    ("video set --stack any", "Reading the stack's outputs"),
    ("video check --stack any", "Reading the stack's secret"),
    (
        "hosts link --portal 7 --user-id 1 --stack any",
        "Reading the stack's secret",
    ),
    ("doctor --stack any", "Checking the stack"),
    ("send all --stack any", "Reading the stack's outputs"),
    ("send create", "Waiting for the webhook's answer"),
    ("send join", "Waiting for the join link's answer"),
    ("settings show --app-id 7", "Asking HubSpot"),
    (
        "settings set --app-id 7 --base-url https://vc.example.com",
        "Asking HubSpot",
    ),
    ("settings clear --app-id 7", "Asking HubSpot"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_command_shows_what_it_waits_for() {
    // It accepts every connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let url = format!("http://127.0.0.1:{port}");
    let mut environment = SIGNED_IN.to_vec();
    environment.extend([
        ("AWS_ENDPOINT_URL", url.as_str()),
        // Without it, no spinner is drawn.
        ("TERM", "xterm"),
        (
            "HUBSPOT_CLIENT_SECRET",
            "n0body00-0000-0000-0000-0000000000ee",
        ),
        ("HUBSPOT_DEVELOPER_API_KEY", "a-key-that-nobody-sees"),
    ]);
    let start = |(command, words): (&'static str, &'static str)| {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        match arguments[0] {
            "settings" => arguments.extend(["--api-base", &url]),
            _ if arguments.contains(&"--stack") => {}
            "send" => arguments.extend(["--base-url", &url]),
            _ => arguments.extend(["--dynamodb-port", &port]),
        }
        (Terminal::start(&arguments, &environment, 120), words)
    };
    for (mut terminal, words) in WAITS.map(start) {
        terminal.until(words);
    }
}
