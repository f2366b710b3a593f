use std::path::Path;

use serde_json::{Value, json};
use shared::identifiers::PortalId;
use shared::repository::conferences::{Conference, InsertConferences};
use shared::repository::users::{EditUsers, User};

use super::Visitor;
use crate::http_client::HttpClient;
use crate::store::Store;
use crate::store_port::hidden_address;
use crate::system::{Options, Simulator};
use crate::tables::{CONFERENCES_TABLE, USERS_TABLE};

fn conference(id: &str, created_at: i64, deleted_at: Option<i64>) -> Conference {
    let stored = json!({
        "conferenceId": id, "portalId": 123_123, "userId": 200, "userEmail": "host-4711",
        "topic": format!("Meeting of {created_at}"), "source": "MANUAL",
        "startTime": 1_900_000_000_000_i64, "endTime": 1_900_000_900_000_i64,
        "conferenceUrl": format!("https://meet.example.com/{id}"),
        "createdAt": created_at, "signedAt": created_at, "deletedAt": deleted_at,
        "revision": 1, "expiresAt": 1_910_000_000,
    });
    serde_json::from_value(stored).unwrap()
}

/// Fills the file with the data of an earlier run.
async fn fill(data: &Path) {
    let store = Store::start(hidden_address(), Some(data)).await.unwrap();
    let tables = store.create_tables(CONFERENCES_TABLE, USERS_TABLE).await;
    tables.unwrap();
    let conferences = InsertConferences::new(store.client(), CONFERENCES_TABLE.to_owned());
    for (id, created_at, deleted_at) in [
        ("abcdefghijklmnopqrstuvwx23", 2, None),
        ("abcdefghijklmnopqrstuvwx22", 1, Some(3)),
    ] {
        let conference = conference(id, created_at, deleted_at);
        conferences.insert(&conference).await.unwrap();
    }
    let users = EditUsers::new(store.client(), USERS_TABLE.to_owned());
    let user = User {
        portal_id: PortalId::new(123_123),
        email: "ada@example.com".parse().unwrap(),
        native_id: Some("host-4711".to_owned()),
    };
    users.put(&user).await.unwrap();
    store.stop().await;
}

#[tokio::test]
async fn after_a_restart_the_meetings_are_listed_and_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.sqlite");
    fill(&data).await;
    let options = Options {
        data: Some(data),
        ..Options::on_free_ports()
    };
    let visitor = Visitor {
        local: Simulator::start(options).await.unwrap(),
        client: HttpClient::new().unwrap(),
    };
    let state = visitor.state().await;
    let meetings = state["meetings"].as_array().unwrap();
    let titles: Vec<_> = meetings.iter().map(|meeting| &meeting["title"]).collect();
    assert_eq!(titles, ["Meeting of 2", "Meeting of 1"], "newest first");
    let cancelled: Vec<_> = meetings
        .iter()
        .map(|meeting| &meeting["cancelled"])
        .collect();
    assert_eq!(cancelled, [false, true]);
    let meeting = &meetings[0];
    assert_eq!(meeting["host"], "ada@example.com", "not the ID from verify");
    assert_eq!(meeting["source"], "MANUAL");
    let url = meeting["conferenceUrl"].as_str().unwrap();
    assert!(meeting["conferenceDetails"].as_str().unwrap().contains(url));

    let (status, renamed) = visitor.rename(meeting, "Another").await;
    assert_eq!(status, 200, "{renamed}");
    let update = visitor.newest().await;
    let body: Value = serde_json::from_str(update["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&body["userId"], &body["userEmail"]),
        (&json!(200), &json!("host-4711"))
    );
}
