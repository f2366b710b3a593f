//! An operator erases what is stored about a portal or a host.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::repository::conferences::Conference;
use simulator::store::Store;
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;

use crate::conferences::{
    conference, conferences, delete, id, insert, many_pages, of_several_hosts, stored,
};
use crate::fake_aws::{self, Behavior, SIGNED_IN};
use crate::program;
use crate::users::{store, users};

#[tokio::test]
async fn a_purge_erases_only_the_portals_conferences() {
    let store = store().await;
    insert(&store, (0..60).map(|n| conference(n, 7))).await;
    insert(&store, (60..100).map(|n| conference(n, 8))).await;
    delete(&store, 1).await;
    delete(&store, 61).await;
    users(&store, "add ada@example.com --portal 7", "").await;
    let theirs = stored(&store, 8).await;

    let purge = conferences(store.endpoint(), "purge --portal 7 --yes").await;
    assert_eq!(
        purge.stdout, "60 conferences of portal 7 purged.\n",
        "{purge:?}"
    );
    assert!(purge.stderr.contains("see users list"), "{purge:?}");
    assert_eq!(stored(&store, 7).await, []);
    assert_eq!(stored(&store, 8).await, theirs);
    let list = users(&store, "list --portal 7", "").await;
    assert!(list.stdout.contains("ada@example.com"), "{list:?}");
    let again = conferences(store.endpoint(), "purge --portal 7 --yes").await;
    assert_eq!(again.stdout, "0 conferences of portal 7 purged.\n");
}

/// A possible result of a manual restore: a conference without its source.
async fn without_source(store: &Store, conference: Conference) {
    let key = AttributeValue::S(conference.conference_id.to_string());
    insert(store, [conference]).await;
    let update = store.client().update_item().table_name(CONFERENCES_TABLE);
    let update = update.key("conferenceId", key);
    let update = update.update_expression("REMOVE #source");
    let update = update.expression_attribute_names("#source", "source");
    update.send().await.unwrap();
}

#[tokio::test]
async fn a_malformed_item_is_named_and_purged() {
    let store = store().await;
    insert(&store, of_several_hosts()).await;
    without_source(&store, conference(1, 7)).await;
    without_source(&store, conference(2, 7)).await;

    let list = conferences(store.endpoint(), "list --portal 7 --format json").await;
    let listed: Vec<Conference> = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!((list.code, listed.len()), (0, 4), "{list:?}");
    for n in [1, 2] {
        let note = format!("note: {} is a malformed conference", id(n));
        assert!(list.stderr.contains(&note), "{list:?}");
    }
    let other = conferences(store.endpoint(), "list --portal 7 --user-id 12").await;
    assert_eq!(other.stderr, "");

    let purge = conferences(store.endpoint(), "purge --portal 7 --yes --user-id 11").await;
    let words = "4 conferences of the host with user ID 11 in portal 7 purged.\n";
    assert_eq!(purge.stdout, words, "{purge:?}");
    without_source(&store, conference(1, 7)).await;
    let purge = conferences(store.endpoint(), "purge --portal 7 --yes").await;
    let words = "3 conferences of portal 7 purged.\n";
    assert_eq!(purge.stdout, words, "{purge:?}");
    assert_eq!(stored(&store, 7).await, []);
    assert_eq!(stored(&store, 8).await.len(), 4);
}

#[tokio::test]
async fn a_purge_of_one_host_leaves_the_others() {
    let store = store().await;
    insert(&store, of_several_hosts()).await;
    let one = "purge --portal 7 --yes --user-email ada@example.com";
    let purge = conferences(store.endpoint(), one).await;
    assert_eq!(
        purge.stdout, "2 conferences of host ada@example.com in portal 7 purged.\n",
        "{purge:?}"
    );
    let left: Vec<_> = stored(&store, 7)
        .await
        .into_iter()
        .map(|c| c.conference_id)
        .collect();
    assert_eq!(left, [id(72), id(73)]);
    assert_eq!(stored(&store, 8).await.len(), 4);
}

#[tokio::test]
async fn a_dry_run_counts_and_nothing_is_erased_without_a_yes() {
    let store = store().await;
    insert(&store, (0..30).map(|n| conference(n, 7))).await;
    let before = stored(&store, 7).await;

    let dry = conferences(store.endpoint(), "purge --portal 7 --dry-run").await;
    let words = "30 conferences of portal 7 would be purged. Nothing was changed.\n";
    assert_eq!(dry.stdout, words, "{dry:?}");
    let dry = conferences(store.endpoint(), "purge --portal 7 --dry-run --yes").await;
    assert_eq!(dry.stdout, words, "{dry:?}");

    let unasked = conferences(store.endpoint(), "purge --portal 7").await;
    assert_eq!(unasked.code, 1);
    assert!(unasked.stderr.contains("add --yes"), "{unasked:?}");
    assert_eq!(stored(&store, 7).await, before);
}

#[tokio::test]
async fn entries_that_a_throttled_store_leaves_unprocessed_are_purged_later() {
    let store = store().await;
    insert(&store, (0..60).map(|n| conference(n, 7))).await;
    let behaviors = [
        // The page, and then batches. Three throttled requests in a row are more than the SDK retries.
        Behavior::Writes,
        Behavior::WritesOnly(10),
        Behavior::WritesOnly(0),
        Behavior::Throttles,
        Behavior::Throttles,
        Behavior::Throttles,
        Behavior::Writes,
    ];
    let endpoint = fake_aws::dynamodb_in_front_of(store.endpoint(), &behaviors).await;
    let purge = conferences(&endpoint, "purge --portal 7 --yes").await;
    assert_eq!(
        purge.stdout, "60 conferences of portal 7 purged.\n",
        "{purge:?}"
    );
    assert_eq!(stored(&store, 7).await, []);
}

#[tokio::test]
async fn a_purge_that_fails_reports_how_far_it_got() {
    let store = store().await;
    insert(&store, (0..60).map(|n| conference(n, 7))).await;
    let behaviors = [Behavior::Writes, Behavior::Writes, Behavior::Denies];
    let endpoint = fake_aws::dynamodb_in_front_of(store.endpoint(), &behaviors).await;
    let purge = conferences(&endpoint, "purge --portal 7 --yes").await;
    assert_eq!((purge.code, purge.stdout.as_str()), (1, ""));
    let words = "Stopped: at least 25 conferences purged. Running it again is safe.";
    assert!(purge.stderr.contains(words), "{purge:?}");
    assert!(purge.stderr.contains("AccessDeniedException"), "{purge:?}");
    assert_eq!(stored(&store, 7).await.len(), 35);
}

#[tokio::test]
async fn a_purge_of_many_pages_is_complete() {
    let store = store().await;
    insert(&store, many_pages()).await;
    let purge = conferences(store.endpoint(), "purge --portal 7 --yes").await;
    assert_eq!(
        purge.stdout, "350 conferences of portal 7 purged.\n",
        "{purge:?}"
    );
    assert_eq!(stored(&store, 7).await, []);
}

#[tokio::test]
async fn webhooks_after_a_purge_are_answered_as_for_an_unknown_conference() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let send = async |what| {
        let arguments = ["send", what, "--base-url", &local.base_url];
        program::run(&arguments, &[], "").await
    };
    let made = send("create").await;
    assert_eq!(made.code, 0, "{made:?}");
    let purge = conferences(&local.dynamodb_url, "purge --portal 123123 --yes").await;
    assert_eq!(
        purge.stdout, "1 conference of portal 123123 purged.\n",
        "{purge:?}"
    );
    let update = send("update").await;
    assert!(update.stderr.starts_with("404 "), "{update:?}");
    let delete = send("delete").await;
    assert!(delete.stderr.starts_with("204 "), "{delete:?}");
    assert_eq!(stored(&local.store, 123_123).await, []);
    // Creating the same meeting again returns the link that participants have.
    assert_eq!(send("create").await.stdout, made.stdout);
}

#[tokio::test]
async fn a_purge_of_the_wrong_table_changes_nothing() {
    let store = store().await;
    users(&store, "add ada@example.com --portal 7", "").await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", store.endpoint()));
    let arguments = "conferences purge --portal 7 --yes --table users";
    let arguments: Vec<_> = arguments.split(' ').collect();
    let purge = program::run(&arguments, &environment, "").await;
    assert_eq!(purge.code, 1);
    assert!(purge.stderr.contains("the table users in"), "{purge:?}");
    let list = users(&store, "list --portal 7", "").await;
    assert!(list.stdout.contains("ada@example.com"), "{list:?}");
}
