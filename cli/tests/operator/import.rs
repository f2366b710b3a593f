//! An operator imports many users at once.

use std::fs;
use std::io::Write;
use std::time::Duration;

use hubspot_conference::store_retries::Backoff;
use hubspot_conference::user_import::{UserImport, Writing};
use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{EditUsers, FindUsers, User};
use simulator::store::Store;
use simulator::tables::USERS_TABLE;

use crate::fake_aws::{self, Behavior, SIGNED_IN};
use crate::program::{self, program};
use crate::users::{store, users};

/// Rows of which three are invalid.
fn rows(number: u32) -> String {
    let bad = [5, number / 2, number - 1];
    let row = |n| {
        if bad.contains(&n) {
            format!("nobody,{n}\n")
        } else {
            format!("user{n}@example.com,native-{n}\n")
        }
    };
    let rows: String = (1..=number).map(row).collect();
    format!("email,nativeId\n{rows}")
}

async fn native_id(store: &Store, email: &str) -> Option<String> {
    let find = FindUsers::new(store.client(), USERS_TABLE.to_owned());
    let found = find.find(PortalId::new(7), email).await.unwrap();
    found.own.and_then(|user| user.native_id)
}

#[tokio::test]
async fn valid_rows_are_written_and_invalid_ones_reported() {
    let store = store().await;
    let import = users(&store, "import - --portal 7", &rows(60)).await;
    assert_eq!(import.code, 1);
    assert_eq!(
        import.stdout,
        "57 rows written, 3 refused.\n57 new, 0 changed, 0 unchanged.\n"
    );
    for line in [6, 31, 60] {
        let words = format!("line {line}: email must be one address");
        assert!(import.stderr.contains(&words), "{import:?}");
    }
    assert!(
        import
            .stderr
            .contains("error: 3 rows were refused; the others are written")
    );
    let last = native_id(&store, "user60@example.com").await;
    assert_eq!(last.as_deref(), Some("native-60"));
}

#[tokio::test]
async fn a_file_is_read_as_standard_input_is() {
    let store = store().await;
    let file = std::env::temp_dir().join(format!("users-{}.csv", std::process::id()));
    fs::write(&file, "Email,Team\nada@example.com,a\n").unwrap();
    let import = users(&store, &format!("import {} --portal 7", file.display()), "").await;
    fs::remove_file(&file).unwrap();
    assert_eq!(import.code, 0, "{import:?}");
    assert_eq!(
        import.stderr,
        "note: the column Team is ignored\n\
         note: there is no nativeId column, so stored native IDs stay as they are\n"
    );
    let missing = users(&store, &format!("import {} --portal 7", file.display()), "").await;
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("can't open"), "{missing:?}");
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_writes_nothing() {
    let store = store().await;
    let import = users(&store, "import - --portal 7 --dry-run", &rows(60)).await;
    assert_eq!(import.code, 1);
    assert_eq!(
        import.stdout,
        "57 rows are valid, 3 are not.\n57 new, 0 changed, 0 unchanged.\n"
    );
    assert!(import.stderr.contains("line 6: "), "{import:?}");
    assert_eq!(native_id(&store, "user60@example.com").await, None);
}

#[tokio::test]
async fn the_last_row_for_an_address_wins() {
    let store = store().await;
    // Twice within the first batch, and in every batch after it.
    let filler = |n: u32| {
        let rows = (0..24).map(|row| format!("user{n}-{row}@example.com,x\n"));
        rows.collect::<String>() + &format!("ada@example.com,{n}\n")
    };
    let batches: String = (1..=20).map(filler).collect();
    let rows = format!("email,nativeId\nADA@example.com,first\nada@example.com,second\n{batches}");
    let import = users(&store, "import - --portal 7", &rows).await;
    assert_eq!(import.code, 0, "{import:?}");
    assert!(
        import.stdout.contains("left out: a later row"),
        "{import:?}"
    );
    assert_eq!(
        native_id(&store, "ada@example.com").await.as_deref(),
        Some("20")
    );
}

#[tokio::test]
async fn text_inside_quotes_is_never_a_row() {
    let store = store().await;
    let rows = "email,about\n\"ada@example.com\",\"hello\n*@evil.example,x\nbye\"\n";
    let import = users(&store, "import - --portal 7", rows).await;
    assert_eq!(import.code, 0, "{import:?}");
    let list = users(&store, "list --portal 7 --format csv", "").await;
    assert_eq!(list.stdout, "email,nativeId,portalId\nada@example.com,,7\n");
}

#[tokio::test]
async fn a_file_without_native_ids_keeps_them_and_one_with_them_reports_what_it_removes() {
    let store = store().await;
    let rows = "email,nativeId\nada@example.com,4711\nbob@example.com,4712\n";
    users(&store, "import - --portal 7", rows).await;

    let import = users(
        &store,
        "import - --portal 7",
        "Email\nada@example.com\neve@example.com\n",
    );
    let import = import.await;
    assert!(
        import.stdout.contains("1 new, 0 changed, 1 unchanged."),
        "{import:?}"
    );
    assert!(
        import.stderr.contains("stored native IDs stay as they are"),
        "{import:?}"
    );
    let ada = native_id(&store, "ada@example.com").await;
    assert_eq!(ada.as_deref(), Some("4711"));

    let rows = "email,Native ID\nada@example.com,\nbob@example.com,4713\neve@example.com,\nx,\n";
    for (command, lose) in [
        ("import - --portal 7 --dry-run", "would lose"),
        ("import - --portal 7", "lost"),
    ] {
        let import = users(&store, command, rows).await;
        assert!(
            import.stdout.contains("0 new, 2 changed, 1 unchanged."),
            "{import:?}"
        );
        let words = format!("1 of the changed {lose} the native ID");
        assert!(import.stdout.contains(&words), "{import:?}");
    }
    assert_eq!(native_id(&store, "ada@example.com").await, None);
    let bob = native_id(&store, "bob@example.com").await;
    assert_eq!(bob.as_deref(), Some("4713"));
}

#[tokio::test]
async fn suspended_users_are_skipped_and_counted_unless_asked_for() {
    let store = store().await;
    let rows = "Email Address [Required],Status [READ ONLY]\nada@example.com,Active\nbob@example.com,Suspended\n";
    let import = users(&store, "import - --portal 7", rows).await;
    assert_eq!(import.code, 0, "{import:?}");
    assert!(import.stdout.contains("1 rows written"), "{import:?}");
    assert!(
        import.stdout.contains("1 were skipped as suspended"),
        "{import:?}"
    );
    let import = users(&store, "import - --portal 7 --include-suspended", rows).await;
    assert!(
        import.stdout.contains("1 new, 0 changed, 1 unchanged."),
        "{import:?}"
    );
}

#[tokio::test]
async fn an_entry_for_a_public_mail_provider_needs_a_yes() {
    let store = store().await;
    let rows = "email\n*@gmail.com\nada@gmail.com\n";
    let import = users(&store, "import - --portal 7", rows).await;
    assert_eq!(import.code, 1);
    let words = "line 2: *@gmail.com would let anyone in the world host: add --yes";
    assert!(import.stderr.contains(words), "{import:?}");
    let import = users(&store, "import - --portal 7 --yes", rows).await;
    assert_eq!(import.code, 0, "{import:?}");
    let add = users(&store, "add *@gmail.com --portal 8", "").await;
    assert_eq!(add.code, 1);
    assert!(add.stderr.contains("add --yes"), "{add:?}");
    let add = users(&store, "add *@gmail.com --portal 8 --yes", "").await;
    assert_eq!(add.code, 0, "{add:?}");
}

fn many(number: u32) -> impl Iterator<Item = User> {
    (0..number).map(|n| User {
        portal_id: PortalId::new(7),
        email: format!("user{n}@example.com").parse().unwrap(),
        native_id: None,
    })
}

async fn import_into(endpoint: String) -> UserImport {
    let client = Store::at(endpoint).await.client();
    let moment = Duration::from_millis(1);
    let backoff = Backoff {
        attempts: 3,
        first_wait: moment,
        max_wait: moment,
    };
    UserImport::new(Writing {
        find: FindUsers::new(client.clone(), USERS_TABLE.to_owned()),
        edit: Some(EditUsers::new(client, USERS_TABLE.to_owned())),
        keeps_native_ids: false,
        backoff,
    })
}

#[tokio::test]
async fn unprocessed_entries_are_written_later() {
    let behaviors = [
        Behavior::Writes,
        Behavior::WritesOnly(10),
        Behavior::WritesOnly(0),
        Behavior::Writes,
    ];
    let (endpoint, batches) = fake_aws::dynamodb(&behaviors).await;
    let mut import = import_into(endpoint).await;
    for user in many(60) {
        import.put(user).await.unwrap();
    }
    import.finish().await.unwrap();
    assert_eq!(import.settle().await.written, 60);
    let mut written = batches.written();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), 60);
}

#[tokio::test]
async fn a_first_batch_that_is_left_unprocessed_is_sent_again() {
    let behaviors = [
        Behavior::WritesOnly(0),
        Behavior::WritesOnly(0),
        Behavior::Writes,
    ];
    let (endpoint, batches) = fake_aws::dynamodb(&behaviors).await;
    let mut import = import_into(endpoint).await;
    for user in many(30) {
        import.put(user).await.unwrap();
    }
    import.finish().await.unwrap();
    assert_eq!(import.settle().await.written, 30);
    assert_eq!(batches.written().len(), 30);
}

#[tokio::test]
async fn a_store_that_leaves_everything_unprocessed_is_given_up_and_nothing_counts_as_written() {
    // Whether the throttled store wrote the last fifteen is unknown.
    for (endless, uncertain) in [(Behavior::WritesOnly(0), 0), (Behavior::Throttles, 15)] {
        let (endpoint, _) =
            fake_aws::dynamodb(&[Behavior::Writes, Behavior::WritesOnly(10), endless]).await;
        let mut import = import_into(endpoint).await;
        for user in many(50) {
            import.put(user).await.unwrap();
        }
        let failed = import.finish().await;
        assert!(
            matches!(failed, Err(StoreError::Transient(_))),
            "{failed:?}"
        );
        let tally = import.settle().await;
        assert_eq!((tally.written, tally.uncertain), (35, uncertain));
    }
}

#[tokio::test]
async fn an_import_whose_first_batch_is_throttled_fails_at_once() {
    let (endpoint, _) = fake_aws::dynamodb(&[Behavior::Throttles]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", &endpoint));
    let arguments = ["users", "import", "-", "--portal", "7", "--table", "users"];
    let import = program::run(&arguments, &environment, &rows(1000)).await;
    assert_eq!(import.code, 1);
    let words = ": at least 0 rows are written and up to 25 more may be, 1 were refused. Running";
    assert!(import.stderr.contains(words), "{import:?}");
}

#[tokio::test]
async fn an_import_that_fails_reports_how_far_it_got() {
    let behaviors = [
        Behavior::Writes,
        Behavior::Writes,
        Behavior::Writes,
        Behavior::Denies,
    ];
    let (endpoint, batches) = fake_aws::dynamodb(&behaviors).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", &endpoint));
    let arguments = ["users", "import", "-", "--portal", "7", "--table", "users"];
    let import = program::run(&arguments, &environment, &rows(1000)).await;
    assert_eq!(import.code, 1);
    assert_eq!(import.stdout, "");
    assert_eq!(batches.written().len(), 75);
    let words = ": 75 rows are written, 1 were refused. Running it again is safe.";
    assert!(import.stderr.contains(words), "{import:?}");
    assert!(
        import.stderr.contains("AccessDeniedException"),
        "{import:?}"
    );
    assert!(import.stderr.contains("your permissions"), "{import:?}");
}

/// The peak memory of the process so far, in kibibytes
/// ([proc(5)](https://man7.org/linux/man-pages/man5/proc.5.html)).
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().trim_end_matches(" kB");
    peak.parse().unwrap()
}

/// The peak memory of an import of this many rows of about a kilobyte each.
#[cfg(target_os = "linux")]
async fn peak_of_import(rows: u32) -> u64 {
    // A store that keeps nothing, because its memory and speed are not part of this test.
    let (endpoint, _) = fake_aws::dynamodb(&[Behavior::Writes]).await;
    let port = endpoint.rsplit(':').next().unwrap();
    let place = ["--portal", "7", "--dynamodb-port", port];
    let arguments = [&["users", "import", "-"][..], &place].concat();
    let mut child = program(&arguments, &[]).spawn().unwrap();
    let imported = tokio::task::spawn_blocking(move || {
        let mut input = child.stdin.take().unwrap();
        let id = "i".repeat(1_000);
        input.write_all(b"email,nativeId\n").unwrap();
        for n in 0..rows {
            writeln!(input, "user{n}@example.com,{id}").unwrap();
        }
        // All but a pipe's buffer has been read by now, and the program still runs.
        let peak = peak_memory(child.id());
        drop(input);
        (program::end(child), peak)
    });
    let (import, peak) = imported.await.unwrap();
    let words = format!("{rows} rows written, 0 refused.\n");
    assert!(import.stdout.starts_with(&words), "{import:?}");
    peak
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_does_not_grow_with_the_file() {
    // The larger file is twelve megabytes larger.
    let (small, large) = (peak_of_import(2_000).await, peak_of_import(14_000).await);
    println!("peak memory: {small} KiB for 2,000 rows, {large} KiB for 14,000");
    assert!(large < small + 4 * 1024, "{small} KiB, then {large} KiB");
}
