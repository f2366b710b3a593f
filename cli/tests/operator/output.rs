//! Output of results: a closed or full standard output, and control characters at a terminal.

#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::process::Stdio;

use crate::program::{self, end, program};
use crate::users::{store, users};

/// Commands without dependencies.
const COMMANDS: [&[&str]; 3] = [&["event", "create"], &["completions", "bash"], &["demo"]];

#[tokio::test]
async fn a_full_disk_is_one_line_and_no_panic() {
    for command in COMMANDS {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let child = program(command, &[]).stdout(full).spawn().unwrap();
        let ended = tokio::task::spawn_blocking(|| end(child)).await.unwrap();
        assert_eq!(ended.code, 1, "{command:?} {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
        let words = "error: standard output can't be written";
        assert!(ended.stderr.starts_with(words), "{command:?} {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1);
    }
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_the_command_quietly() {
    for command in COMMANDS {
        let mut child = program(command, &[])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = tokio::task::spawn_blocking(|| end(child)).await.unwrap();
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{command:?}");
    }
}

#[tokio::test]
async fn json_escapes_what_would_act_on_a_terminal() {
    let topic = "a\u{1b}]0;x\u{7}\u{9b}\u{7f}\u{202e}\u{2028}b";
    let event = program::run(&["event", "create", "--topic", topic], &[], "").await;
    assert_eq!(event.code, 0, "{event:?}");
    let unsafe_ones = [
        '\u{1b}', '\u{7}', '\u{9b}', '\u{7f}', '\u{202e}', '\u{2028}',
    ];
    assert!(!event.stdout.contains(unsafe_ones), "{event:?}");
    let json: serde_json::Value = serde_json::from_str(&event.stdout).unwrap();
    let body: serde_json::Value = serde_json::from_str(json["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["topic"], topic);
}

#[tokio::test]
async fn the_question_of_an_erasure_names_the_host_it_is_about() {
    let store = store().await;
    let port = store.endpoint().rsplit(':').next().unwrap().to_owned();
    let purge = [
        "conferences",
        "purge",
        "--portal",
        "7",
        "--user-email",
        "ada@example.com",
    ];
    let place = [
        "--from",
        "2026-11-25",
        "--dry-run",
        "--dynamodb-port",
        &port,
    ];
    let purge = program::run(&[&purge[..], &place].concat(), &[], "").await;
    let words = "0 conferences of host ada@example.com in portal 7, beginning from 2026-11-25 00:00:00 UTC \
                 would be purged; nothing was.\n";
    assert_eq!(purge.stdout, words, "{purge:?}");
    let nothing = users(&store, "list --portal 7 --format csv", "").await;
    assert_eq!(nothing.stdout, "email,nativeId,portalId\n");
}
