//! An operator manages the directory of users in the embedded store.

use std::net::{Ipv4Addr, SocketAddr};

use shared::identifiers::PortalId;
use shared::repository::users::{FindUsers, Matches};
use simulator::store::Store;
use simulator::tables::{CONFERENCES_TABLE, USERS_TABLE};
use tokio::net::TcpListener;

use crate::fake_aws::{self, SIGNED_IN, STACK};
use crate::program::{self, Ended};

pub(crate) async fn store() -> Store {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let store = Store::start(address, None).await.unwrap();
    store
        .create_tables(CONFERENCES_TABLE, USERS_TABLE)
        .await
        .unwrap();
    store
}

/// The port of an endpoint.
pub(crate) fn port(endpoint: &str) -> &str {
    endpoint.rsplit(':').next().unwrap()
}

/// Runs `users` on `store`; a space separates arguments.
pub(crate) async fn users(store: &Store, arguments: &str, input: &str) -> Ended {
    let place = ["--dynamodb-port", port(store.endpoint())];
    let words = arguments.split(' ').chain(place);
    let arguments: Vec<_> = std::iter::once("users").chain(words).collect();
    program::run(&arguments, &[], input).await
}

#[tokio::test]
async fn an_added_user_may_host_until_removed() {
    let store = store().await;
    let find = FindUsers::new(store.client(), USERS_TABLE.to_owned());
    let portal = PortalId::new(7);

    let add = users(
        &store,
        "add Ada@Example.com --portal 7 --native-id 4711",
        "",
    )
    .await;
    assert_eq!(add.code, 0, "{add:?}");
    let found = find.find(portal, "ada@example.com").await.unwrap();
    assert_eq!(found.own.unwrap().native_id.as_deref(), Some("4711"));

    let add = users(&store, "add *@Example.com --portal 7", "").await;
    assert_eq!(
        add.stdout,
        "*@example.com may host conferences in portal 7.\n"
    );
    assert!(
        find.find(portal, "bob@example.com")
            .await
            .unwrap()
            .domain
            .is_some()
    );
    let elsewhere = PortalId::new(8);
    let elsewhere = find.find(elsewhere, "bob@example.com").await;
    assert_eq!(elsewhere.unwrap(), Matches::default());

    for email in ["ADA@example.com", "*@example.com"] {
        let removed = users(&store, &format!("remove {email} --portal 7"), "").await;
        assert_eq!(removed.code, 0, "{removed:?}");
    }
    let removed = find.find(portal, "ada@example.com").await;
    assert_eq!(removed.unwrap(), Matches::default());
}

#[tokio::test]
async fn adding_a_user_again_replaces_the_entry_and_says_so() {
    let store = store().await;
    users(&store, "add ada@example.com --portal 7 --native-id 1", "").await;
    let again = users(&store, "add ada@example.com --portal 7 --native-id 2", "").await;
    assert_eq!(
        again.stdout,
        "ada@example.com may host conferences in portal 7. The previous entry was replaced.\n"
    );
    let find = FindUsers::new(store.client(), USERS_TABLE.to_owned());
    let found = find.find(PortalId::new(7), "ada@example.com").await;
    assert_eq!(found.unwrap().own.unwrap().native_id.as_deref(), Some("2"));
}

#[tokio::test]
async fn removing_a_missing_user_fails_and_says_so() {
    let store = store().await;
    let removed = users(&store, "remove ada@example.com --portal 7", "").await;
    assert_eq!(removed.code, 1);
    let words = "portal 7 has no entry for ada@example.com";
    assert!(removed.stderr.contains(words), "{removed:?}");
}

#[tokio::test]
async fn a_list_is_a_table_csv_or_json() {
    let store = store().await;
    let empty = users(&store, "list --portal 7 --format json", "").await;
    assert_eq!(empty.stdout, "[]\n");
    users(
        &store,
        "add bob@example.com --portal 7 --native-id =4,5",
        "",
    )
    .await;
    users(&store, "add ada@example.com --portal 7", "").await;
    users(&store, "add eve@example.com --portal 8", "").await;

    let table = users(&store, "list --portal 7", "").await;
    let lines: Vec<_> = table
        .stdout
        .lines()
        .map(|line| line.split_whitespace())
        .collect();
    let lines: Vec<Vec<_>> = lines.into_iter().map(Iterator::collect).collect();
    assert_eq!(lines[1], ["ada@example.com", "-"]);
    assert_eq!(lines[2], ["bob@example.com", "=4,5"]);
    assert_eq!(lines.len(), 3);

    let csv = users(&store, "list --portal 7 --format csv", "").await;
    assert_eq!(
        csv.stdout,
        "email,nativeId,portalId\nada@example.com,,7\nbob@example.com,\"=4,5\",7\n"
    );

    let json = users(&store, "list --portal 7 --format json", "").await;
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        json[0],
        serde_json::json!({"portalId": 7, "email": "ada@example.com"})
    );
    assert_eq!(json[1]["nativeId"], "=4,5");
}

#[tokio::test]
async fn a_list_that_was_imported_elsewhere_is_the_same_list() {
    let (here, there) = (store().await, store().await);
    let rows = "email,nativeId\nada@example.com,\"a \"\"b\"\", c\"\n*@example.org,\n-x@y.z,@me\n";
    let import = users(&here, "import - --portal 7", rows).await;
    assert_eq!(import.code, 0, "{import:?}");
    let list = users(&here, "list --portal 7 --format csv", "")
        .await
        .stdout;
    let import = users(&there, "import -", &list).await;
    assert_eq!(import.code, 0, "{import:?}");
    let again = users(&there, "list --portal 7 --format csv", "")
        .await
        .stdout;
    assert_eq!(list, again);
    assert_eq!(list.lines().count(), 4);
}

#[tokio::test]
async fn a_list_of_many_pages_is_complete() {
    let store = store().await;
    let id = "i".repeat(1000);
    // More than one megabyte, the maximum that DynamoDB returns at once.
    let rows: Vec<_> = (0..1_500)
        .map(|n| format!("user{n}@example.com,{id}\n"))
        .collect();
    let rows = format!("email,nativeId\n{}", rows.concat());
    let import = users(&store, "import - --portal 7", &rows).await;
    let words = "1500 rows written, 0 refused.\n";
    assert!(import.stdout.starts_with(words), "{import:?}");
    let list = users(&store, "list --portal 7 --format json", "").await;
    let list: Vec<serde_json::Value> = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list.len(), 1_500);
}

#[tokio::test]
async fn a_deployed_stack_names_the_table() {
    let store = store().await;
    let cloud_formation = fake_aws::cloud_formation(&[("UsersTableName", USERS_TABLE)]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_CLOUDFORMATION", &cloud_formation));
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", store.endpoint()));
    let add = ["users", "add", "ada@example.com", "--portal", "7"];
    for place in [["--stack", STACK], ["--table", USERS_TABLE]] {
        let ended = program::run(&[&add[..], &place].concat(), &environment, "").await;
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let place = ["--table", "another"];
    let ended = program::run(&[&add[..], &place].concat(), &environment, "").await;
    assert_eq!(ended.code, 1);
    let words = "the table another in eu-west-1 (profile default)";
    assert!(ended.stderr.contains(words), "{ended:?}");
}

#[tokio::test]
async fn without_a_region_the_operator_learns_what_to_set() {
    let nowhere = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ];
    let list = ["users", "list", "--portal", "7", "--stack", STACK];
    let ended = program::run(&list, &nowhere, "").await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("set AWS_REGION"), "{ended:?}");
}

#[tokio::test]
async fn without_a_store_every_command_says_what_to_start() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    for command in [
        "users list --portal 7",
        "users add ada@example.com --portal 7",
        "users remove ada@example.com --portal 7",
        "users import - --portal 7",
        "conferences list --portal 7",
        "conferences purge --portal 7 --yes",
        "conferences show abcdefghijklmnopqrstuvwx27",
    ] {
        let place = ["--dynamodb-port", port.as_str()];
        let arguments: Vec<_> = command.split(' ').chain(place).collect();
        let ended = program::run(&arguments, &[], "email\nada@example.com\n").await;
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("cargo run -- dev"), "{ended:?}");
        assert_eq!(ended.stdout, "");
    }
}
