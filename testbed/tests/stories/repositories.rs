//! The repositories' contract with DynamoDB, through the real SDK.

use shared::conference_id::ConferenceId;
use shared::identifiers::{PortalId, UserId};
use shared::repository::StoreError;
use shared::repository::conferences::{
    Change, Conference, DeleteConferences, Deleted, Deletion, InsertConferences, Inserted,
    ReadConferences, UpdateConferences, Updated,
};
use shared::repository::users::FindUsers;
use shared::timestamp::Timestamp;
use testbed::system::TestStore;

const ID: &str = "abcdefghijklmnopqrstuvwx27";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn conference() -> Conference {
    Conference {
        conference_id: ConferenceId::parse(ID).unwrap(),
        portal_id: PortalId::new(123_123),
        user_id: UserId::new(u64::MAX),
        user_email: String::new(),
        topic: String::new(),
        source: "MANUAL".into(),
        start_time: at(-1),
        end_time: at(2_000),
        conference_url: serde_json::from_str("\"https://meet.example.com/a\"").unwrap(),
        created_at: at(100),
        signed_at: at(99),
        updated_at: None,
        deleted_at: None,
        repeated: None,
        revision: 1,
        expires_at: 9_999_999_999,
    }
}

fn change(signed_at: i64) -> Change {
    Change {
        topic: Some(format!("Signed at {signed_at}")),
        start_time: Some(at(3_000)),
        end_time: Some(at(4_000)),
        signed_at: at(signed_at),
        expires_at: Some(9_999_999_998),
    }
}

fn deletion(deleted_at: i64) -> Deletion {
    Deletion {
        deleted_at: at(deleted_at),
        expires_at: 30 * 86_400,
    }
}

struct Repositories {
    insert: InsertConferences,
    update: UpdateConferences,
    delete: DeleteConferences,
    read: ReadConferences,
}

async fn repositories() -> (TestStore, Repositories) {
    let store = TestStore::start().await;
    let (client, table) = (store.store.client(), store.conferences.clone());
    let repositories = Repositories {
        insert: InsertConferences::new(client.clone(), table.clone()),
        update: UpdateConferences::new(client.clone(), table.clone()),
        delete: DeleteConferences::new(client.clone(), table.clone()),
        read: ReadConferences::new(client, table),
    };
    (store, repositories)
}

#[tokio::test]
async fn what_is_inserted_is_read_back_and_never_overwritten() {
    let (_store, conferences) = repositories().await;
    let first = conference();
    assert_eq!(
        conferences.insert.insert(&first).await.unwrap(),
        Inserted::New
    );
    let second = Conference {
        topic: "Another".into(),
        ..conference()
    };
    let outcome = conferences.insert.insert(&second).await.unwrap();
    assert_eq!(outcome, Inserted::Existing(Box::new(first.clone())));
    assert_eq!(
        conferences.read.get(&first.conference_id).await.unwrap(),
        Some(first)
    );
}

#[tokio::test]
async fn an_update_says_why_it_was_not_applied() {
    let (_store, conferences) = repositories().await;
    let id = conference().conference_id;
    let (ours, theirs) = (PortalId::new(123_123), PortalId::new(999));
    let missing = conferences.update.update(&id, ours, &change(200)).await;
    assert!(matches!(missing, Ok(Updated::NotFound)));
    conferences.insert.insert(&conference()).await.unwrap();
    let foreign = conferences.update.update(&id, theirs, &change(200)).await;
    assert!(matches!(foreign, Ok(Updated::OtherPortal)));
    conferences
        .update
        .update(&id, ours, &change(200))
        .await
        .unwrap();
    for signed_at in [150, 200] {
        let stale = conferences
            .update
            .update(&id, ours, &change(signed_at))
            .await;
        assert!(matches!(stale, Ok(Updated::Stale)));
    }
    conferences.delete.delete(&id, deletion(300)).await.unwrap();
    let deleted = conferences.update.update(&id, ours, &change(400)).await;
    assert!(matches!(deleted, Ok(Updated::Deleted)));
    let expected = Conference {
        topic: "Signed at 200".into(),
        start_time: at(3_000),
        end_time: at(4_000),
        updated_at: Some(at(200)),
        deleted_at: Some(at(300)),
        revision: 3,
        expires_at: 30 * 86_400,
        ..conference()
    };
    assert_eq!(conferences.read.get(&id).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn a_delete_says_whether_it_was_the_first() {
    let (_store, conferences) = repositories().await;
    let id = conference().conference_id;
    assert_eq!(
        conferences.delete.delete(&id, deletion(1)).await.unwrap(),
        Deleted::NotFound
    );
    assert_eq!(conferences.read.get(&id).await.unwrap(), None);
    conferences.insert.insert(&conference()).await.unwrap();
    assert_eq!(
        conferences.delete.delete(&id, deletion(2)).await.unwrap(),
        Deleted::Now
    );
    assert_eq!(
        conferences.delete.delete(&id, deletion(3)).await.unwrap(),
        Deleted::Before
    );
}

#[tokio::test]
async fn a_missing_table_is_not_a_transient_error() {
    let store = TestStore::start().await;
    let client = store.store.client();
    let conferences = InsertConferences::new(client.clone(), "no-such-table".into());
    let error = conferences.insert(&conference()).await.unwrap_err();
    assert!(matches!(error, StoreError::Permanent(_)), "{error:?}");
    let users = FindUsers::new(client, "no-such-table".into());
    let error = users
        .find(PortalId::new(1), "anna@example.com")
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Permanent(_)), "{error:?}");
}
