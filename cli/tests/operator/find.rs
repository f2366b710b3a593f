//! An operator gets a link forwarded, or a date, and looks for the conference.

use shared::repository::conferences::Conference;
use shared::timestamp::Timestamp;
use simulator::system::{Options, Simulator};

use crate::conferences::{conference, conferences, insert};
use crate::program;
use crate::users::store;

fn with_link(n: u32, portal: u64, link: &str) -> Conference {
    Conference {
        conference_url: serde_json::from_value(link.into()).unwrap(),
        ..conference(n, portal)
    }
}

/// The ID of the conference that is found, or the message.
async fn find(endpoint: &str, arguments: &str) -> Result<String, String> {
    let ended = conferences(endpoint, &format!("find {arguments}")).await;
    let id = ended.stdout.lines().next();
    let id = id.and_then(|line| line.strip_prefix("conferenceId   "));
    match (ended.code, id) {
        (0, Some(id)) => Ok(id.to_owned()),
        _ => Err(ended.stderr),
    }
}

#[tokio::test]
async fn a_forwarded_join_link_is_resolved_without_a_scan() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let create = ["send", "create", "--base-url", &local.base_url];
    let created = program::run(&create, &[], "").await;
    let created: serde_json::Value = serde_json::from_str(&created.stdout).unwrap();
    let id = created["conferenceId"].as_str().unwrap();
    let link = created["conferenceUrl"].as_str().unwrap();
    let encoded = link.replace(':', "%3A").replace('/', "%2F");
    for forwarded in [
        link.to_owned(),
        format!("<{link}/>"),
        link.trim_start_matches("http://").to_owned(),
        format!("https://eur01.safelinks.example.com/?url={encoded}&data=05"),
        // The stack has moved since.
        format!("https://another.example.com/join/{id}"),
    ] {
        let found = find(&local.dynamodb_url, &format!("--url {forwarded}")).await;
        assert_eq!(found.as_deref(), Ok(id), "{forwarded}");
    }
    let found = find(
        &local.dynamodb_url,
        &format!("--portal 123123 --url {link}"),
    )
    .await;
    assert_eq!(found.as_deref(), Ok(id));
    let other = find(&local.dynamodb_url, &format!("--portal 7 --url {link}")).await;
    let words = "has no conference with this link in portal 7";
    assert!(other.unwrap_err().contains(words));
}

#[tokio::test]
async fn a_link_without_the_id_is_searched_for_in_the_whole_table() {
    let store = store().await;
    // Also a room that looks like an ID.
    let room = "zzzzzzzzzzzzzzzzzzzzzzzzzz";
    insert(
        &store,
        [
            with_link(1, 7, &format!("https://meet.example.com/{room}")),
            with_link(2, 7, "https://meet.example.com/?room=two"),
            with_link(3, 8, "https://meet.example.com/?room=three"),
        ],
    )
    .await;
    for (arguments, n) in [
        (
            format!("--url https://meet.example.com/{room}#config.subject=x"),
            1,
        ),
        ("--url meet.example.com/?room=two".to_owned(), 2),
        ("--url https://meet.example.com/?room=three".to_owned(), 3),
        (
            "--portal 8 --url https://meet.example.com/?room=three".to_owned(),
            3,
        ),
    ] {
        let found = find(store.endpoint(), &arguments).await;
        let id = conference(n, 7).conference_id.to_string();
        assert_eq!(found, Ok(id), "{arguments}");
    }
    for arguments in [
        "--url https://meet.example.com/?room=four",
        "--url https://meet.example.com/",
        "--url nonsense",
        "--portal 7 --url https://meet.example.com/?room=three",
    ] {
        let missing = find(store.endpoint(), arguments).await.unwrap_err();
        assert!(
            missing.contains("has no conference with this link"),
            "{arguments}: {missing}"
        );
    }
}

#[tokio::test]
async fn dates_limit_a_list_and_a_purge() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let store = store().await;
    // At 22:00 UTC on the 13th, 14th and 15th of August 2018.
    let days = (0..3).map(|n| Conference {
        start_time: Timestamp::from_millis(1_534_197_600_000 + i64::from(n) * DAY),
        ..conference(n, 7)
    });
    insert(&store, days).await;
    for (dates, expected) in [
        ("--from 2018-08-14", &["2018-08-14", "2018-08-15"][..]),
        ("--to 2018-08-14", &["2018-08-13"]),
        ("--from 2018-08-14 --to 2018-08-15", &["2018-08-14"]),
        // The start belongs to the range, the end doesn't.
        (
            "--from 2018-08-14T00:00:00+02:00 --to 2018-08-15T22:00:00Z",
            &["2018-08-13", "2018-08-14"],
        ),
        ("--from 1534370400001", &[]),
    ] {
        let list = conferences(store.endpoint(), &format!("list --portal 7 {dates}")).await;
        let begins = list.stdout.lines().skip(1);
        let mut begins: Vec<_> = begins
            .map(|line| line.split_whitespace().nth(1).unwrap())
            .collect();
        begins.sort_unstable();
        assert_eq!(begins, expected, "{dates}: {list:?}");
    }
    let tomorrow = conferences(store.endpoint(), "list --portal 7 --from tomorrow").await;
    assert_eq!(tomorrow.code, 2);
    assert!(
        tomorrow
            .stderr
            .contains("such as 2026-11-25T09:00:00+01:00"),
        "{tomorrow:?}"
    );

    let purge = "purge --portal 7 --yes --to 2018-08-14";
    let purge = conferences(store.endpoint(), purge).await;
    let words = "1 conference of portal 7, starting before 2018-08-14 00:00:00 UTC purged.\n";
    assert_eq!(purge.stdout, words, "{purge:?}");
}
