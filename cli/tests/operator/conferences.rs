//! An operator is asked what is stored about a user's meetings.

use std::time::Duration;

use serde_json::{Value, json};
use shared::conference_id::ConferenceId;
use shared::identifiers::{PortalId, UserId};
use shared::repository::conferences::{
    Conference, DeleteConferences, Deletion, InsertConferences, ListConferences,
};
use shared::timestamp::Timestamp;
use simulator::store::Store;
use simulator::tables::CONFERENCES_TABLE;

use crate::fake_aws::{self, Behavior, SIGNED_IN, STACK};
use crate::program::{self, Ended};
use crate::users::{port, store};

/// Runs `conferences` on the store at `endpoint`; a space separates arguments.
pub(crate) async fn conferences(endpoint: &str, arguments: &str) -> Ended {
    let place = ["--dynamodb-port", port(endpoint)];
    let words = arguments.split(' ').chain(place);
    let arguments: Vec<_> = std::iter::once("conferences").chain(words).collect();
    program::run(&arguments, &[], "").await
}

/// The `n`th ID: the number in letters.
pub(crate) fn id(n: u32) -> ConferenceId {
    let letter = |digit| char::from(digit - b'0' + b'a');
    let letters: String = format!("{n:026}").bytes().map(letter).collect();
    ConferenceId::parse(&letters).unwrap()
}

pub(crate) fn conference(n: u32, portal: u64) -> Conference {
    let at = Timestamp::from_millis;
    Conference {
        conference_id: id(n),
        portal_id: PortalId::new(portal),
        user_id: UserId::new(11),
        user_email: "Ada@example.com".into(),
        topic: "=A \"Test\", Meeting\u{1b}".into(),
        source: "MEETINGS".into(),
        start_time: at(1_534_197_600_000),
        end_time: at(1_534_201_200_000),
        conference_url: serde_json::from_str("\"https://meet.example.com/a\"").unwrap(),
        created_at: at(1_534_000_000_000),
        signed_at: at(1_533_999_999_000),
        updated_at: None,
        deleted_at: None,
        repeated: None,
        revision: 1,
        expires_at: 9_999_999_999,
    }
}

pub(crate) async fn insert(store: &Store, conferences: impl IntoIterator<Item = Conference>) {
    let insert = InsertConferences::new(store.client(), CONFERENCES_TABLE.to_owned());
    for conference in conferences {
        insert.insert(&conference).await.unwrap();
    }
}

/// The portal's conferences, sorted by ID.
pub(crate) async fn stored(store: &Store, portal: u64) -> Vec<Conference> {
    let list = ListConferences::new(store.client(), CONFERENCES_TABLE.to_owned());
    let mut pages = list.in_portal(PortalId::new(portal));
    let mut stored = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        stored.extend(page.into_iter().map(Result::unwrap));
    }
    stored.sort_by_key(|conference| conference.conference_id.to_string());
    stored
}

pub(crate) async fn delete(store: &Store, n: u32) {
    let delete = DeleteConferences::new(store.client(), CONFERENCES_TABLE.to_owned());
    let now = Timestamp::from_millis(1_534_100_000_000);
    let deletion = Deletion {
        deleted_at: now,
        expires_at: now.plus(Duration::from_hours(30 * 24)).as_seconds(),
    };
    delete.delete(&id(n), deletion).await.unwrap();
}

#[tokio::test]
async fn everything_that_is_stored_about_a_conference_is_shown() {
    let store = store().await;
    insert(&store, [conference(1, 7)]).await;
    delete(&store, 1).await;
    let id = id(1);
    let grouped = format!("{}-{}", &id.as_str()[..4], &id.as_str()[4..]).to_uppercase();
    for written in [id.as_str(), &grouped] {
        let show = conferences(store.endpoint(), &format!("show {written}")).await;
        let expected = format!(
            "conferenceId   {id}\n\
             portalId       7\n\
             userId         11\n\
             userEmail      Ada@example.com\n\
             topic          =A \"Test\", Meeting\\u{{1b}}\n\
             source         MEETINGS\n\
             startTime      2018-08-13 22:00:00 UTC\n\
             endTime        2018-08-13 23:00:00 UTC\n\
             conferenceUrl  https://meet.example.com/a\n\
             createdAt      2018-08-11 15:06:40 UTC\n\
             signedAt       2018-08-11 15:06:39 UTC\n\
             updatedAt      -\n\
             deletedAt      2018-08-12 18:53:20 UTC\n\
             repeated       -\n\
             revision       2\n\
             expiresAt      2018-09-11 18:53:20 UTC\n"
        );
        assert_eq!(show.stdout, expected, "{show:?}");
    }
}

#[tokio::test]
async fn an_unknown_id_is_distinguished_from_a_malformed_one() {
    let store = store().await;
    let unknown = conferences(store.endpoint(), &format!("show {}", id(1))).await;
    assert_eq!(unknown.code, 1);
    let words = format!(
        "the table conferences at {} has no conference {}",
        store.endpoint(),
        id(1)
    );
    assert!(unknown.stderr.contains(&words), "{unknown:?}");
    for malformed in ["abcd", "abcdefghijklmnopqrstuvwxy1"] {
        let show = conferences(store.endpoint(), &format!("show {malformed}")).await;
        assert_eq!(show.code, 2);
        let words = "must be 26 letters a-z and digits 2-7";
        assert!(show.stderr.contains(words), "{show:?}");
    }
}

#[tokio::test]
async fn a_portal_s_conferences_are_listed_and_the_deleted_ones_marked() {
    let store = store().await;
    let empty = conferences(store.endpoint(), "list --portal 7 --format json").await;
    assert_eq!(empty.stdout, "[]\n");
    insert(&store, [conference(1, 7), conference(2, 7)]).await;
    insert(&store, [conference(3, 8)]).await;
    delete(&store, 2).await;

    let table = conferences(store.endpoint(), "list --portal 7").await;
    let mut lines: Vec<_> = table.stdout.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{table:?}");
    for (line, n, deleted) in [(lines[0], 1, "-"), (lines[1], 2, "yes")] {
        let words: Vec<_> = line.split_whitespace().collect();
        let begins = ["2018-08-13", "22:00:00", "UTC"];
        assert_eq!(words[0], id(n).as_str());
        assert_eq!(words[1..4], begins);
        assert_eq!(words[4..7], [deleted, "11", "Ada@example.com"]);
        assert!(line.ends_with("=A \"Test\", Meeting\\u{1b}"), "{line}");
    }

    let json = conferences(store.endpoint(), "list --portal 7 --format json").await;
    let mut json: Vec<Conference> = serde_json::from_str(&json.stdout).unwrap();
    json.sort_by_key(|conference| conference.conference_id.to_string());
    assert_eq!(json, stored(&store, 7).await);
}

#[tokio::test]
async fn csv_has_what_json_has() {
    let store = store().await;
    insert(&store, [conference(1, 7)]).await;
    delete(&store, 1).await;
    let csv = conferences(store.endpoint(), "list --portal 7 --format csv").await;
    let mut csv = csv::Reader::from_reader(csv.stdout.as_bytes());
    let names = csv.headers().unwrap().clone();
    let cells = csv.records().next().unwrap().unwrap();
    let json = conferences(store.endpoint(), "list --portal 7 --format json").await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let in_json = |name| match &json[0][name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        number => number.to_string(),
    };
    // A spreadsheet would run the title as a formula.
    let escaped = |text: String| {
        if text.starts_with('=') {
            format!("'{text}")
        } else {
            text
        }
    };
    let in_json: Vec<_> = names.iter().map(in_json).map(escaped).collect();
    assert_eq!(cells.iter().collect::<Vec<_>>(), in_json);
    // JSON omits the times of an update and of a repeated create, because this conference has neither.
    assert_eq!(names.len(), json[0].as_object().unwrap().len() + 2);
}

/// Four conferences of portal 7 that differ in their host, and the same in portal 8.
pub(crate) fn of_several_hosts() -> impl Iterator<Item = Conference> {
    let hosts = [
        ("Ada@example.com", 11),
        ("ADA@EXAMPLE.COM", 12),
        ("Native-1", 11),
        ("native-1", 13),
    ];
    let of = move |portal: u32| {
        hosts
            .into_iter()
            .zip(0..)
            .map(move |((email, user), n)| Conference {
                user_email: email.into(),
                user_id: UserId::new(user),
                ..conference(portal * 10 + n, portal.into())
            })
    };
    of(7).chain(of(8))
}

#[tokio::test]
async fn a_host_is_found_by_address_by_id_and_by_hubspot_s_number() {
    let store = store().await;
    insert(&store, of_several_hosts()).await;
    for (host, found) in [
        // An address is compared without case, an ID exactly.
        ("--user-email ada@Example.com", [70, 71].as_slice()),
        ("--user-email Native-1", &[72]),
        ("--user-id 11", &[70, 72]),
        ("--user-id 99", &[]),
    ] {
        let list = format!("list --portal 7 {host} --format json");
        let list = conferences(store.endpoint(), &list).await;
        let list: Vec<Value> = serde_json::from_str(&list.stdout).unwrap();
        let mut ids: Vec<_> = list.iter().map(|found| &found["conferenceId"]).collect();
        ids.sort_by_key(ToString::to_string);
        let expected: Vec<_> = found.iter().map(|n| json!(id(*n))).collect();
        assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "{host}");
    }
    let domain = conferences(
        store.endpoint(),
        "purge --portal 7 --user-email *@example.com",
    )
    .await;
    assert_eq!(domain.code, 2);
    assert!(domain.stderr.contains("not a whole domain"), "{domain:?}");
}

/// More than one megabyte, the maximum that DynamoDB reads at once.
pub(crate) fn many_pages() -> impl Iterator<Item = Conference> {
    (0..350).map(|n| Conference {
        topic: "t".repeat(4_000),
        ..conference(n, 7)
    })
}

#[tokio::test]
async fn a_list_of_many_pages_is_complete_even_if_the_store_throttles() {
    let store = store().await;
    insert(&store, many_pages()).await;
    let behaviors = [
        Behavior::Writes,
        Behavior::Throttles,
        Behavior::Throttles,
        Behavior::Throttles,
        Behavior::Writes,
    ];
    let endpoint = fake_aws::dynamodb_in_front_of(store.endpoint(), &behaviors).await;
    let list = conferences(&endpoint, "list --portal 7 --format json").await;
    let list: Vec<Conference> = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list.len(), 350);
}

#[tokio::test]
async fn a_deployed_stack_names_the_table_of_conferences() {
    let store = store().await;
    insert(&store, [conference(1, 7)]).await;
    let outputs = [("ConferencesTableName", CONFERENCES_TABLE)];
    let cloud_formation = fake_aws::cloud_formation(&outputs).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_CLOUDFORMATION", &cloud_formation));
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", store.endpoint()));
    let id = id(1);
    for place in [["--stack", STACK], ["--table", CONFERENCES_TABLE]] {
        let show = [&["conferences", "show", id.as_str()][..], &place].concat();
        let show = program::run(&show, &environment, "").await;
        assert!(show.stdout.contains("Ada@example.com"), "{show:?}");
    }
}
