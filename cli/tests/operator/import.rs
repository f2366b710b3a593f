//! An operator imports many users at once.

use std::fs;
use std::io::Write;
use std::time::Duration;

use hubspot_conference::local::USERS_TABLE;
use hubspot_conference::local::store::Store;
use hubspot_conference::user_import::{Pace, UserImport};
use shared::identifiers::PortalId;
use shared::repository::StoreError;
use shared::repository::users::{FindUsers, KeepUsers, User};

use crate::fake_aws::{self, Mood, SIGNED_IN};
use crate::program::{self, Ended, program};
use crate::users::{port, store, users};

/// Rows of which three can't be used.
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
    found.and_then(|user| user.native_id)
}

#[tokio::test]
async fn good_rows_are_written_and_bad_ones_named() {
    let store = store().await;
    let import = users(&store, "import - --portal 7", &rows(60)).await;
    assert_eq!(import.code, 1);
    assert_eq!(import.stdout, "57 rows written, 3 refused.\n");
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
    assert_eq!(import.stderr, "note: the column Team does not count\n");
    let missing = users(&store, &format!("import {} --portal 7", file.display()), "").await;
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("can't open"), "{missing:?}");
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_writes_nothing() {
    let store = store().await;
    let import = users(&store, "import - --portal 7 --dry-run", &rows(60)).await;
    assert_eq!(import.code, 1);
    assert_eq!(import.stdout, "57 rows are good, 3 are not.\n");
    assert!(import.stderr.contains("line 6: "), "{import:?}");
    assert_eq!(native_id(&store, "user60@example.com").await, None);
}

#[tokio::test]
async fn of_rows_for_the_same_address_the_last_one_wins() {
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
    let pace = Pace {
        attempts: 3,
        first_wait: moment,
        longest_wait: moment,
        ..Pace::default()
    };
    UserImport::new(KeepUsers::new(client, USERS_TABLE.to_owned()), pace)
}

#[tokio::test]
async fn what_the_store_leaves_for_later_is_written_later() {
    let moods = [
        Mood::Takes,
        Mood::TakesOnly(10),
        Mood::TakesOnly(0),
        Mood::Takes,
    ];
    let (endpoint, batches) = fake_aws::dynamodb(&moods).await;
    let mut import = import_into(endpoint).await;
    for user in many(60) {
        import.put(user).await.unwrap();
    }
    import.finish().await.unwrap();
    assert_eq!(import.settle().await.written, 60);
    let mut taken = batches.taken();
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), 60);
}

#[tokio::test]
async fn a_store_that_leaves_everything_for_later_is_given_up_and_nothing_counts_as_written() {
    for endless in [Mood::TakesOnly(0), Mood::IsBusy] {
        let (endpoint, _) = fake_aws::dynamodb(&[Mood::Takes, Mood::TakesOnly(10), endless]).await;
        let mut import = import_into(endpoint).await;
        for user in many(50) {
            import.put(user).await.unwrap();
        }
        let failed = import.finish().await;
        assert!(matches!(failed, Err(StoreError::Busy(_))), "{failed:?}");
        assert_eq!(import.settle().await.written, 35);
    }
}

#[tokio::test]
async fn an_import_that_breaks_off_says_how_far_it_got() {
    let moods = [Mood::Takes, Mood::Takes, Mood::Takes, Mood::Refuses];
    let (endpoint, batches) = fake_aws::dynamodb(&moods).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB", &endpoint));
    let arguments = ["users", "import", "-", "--portal", "7", "--table", "users"];
    let import = program::run(&arguments, &environment, &rows(1000)).await;
    assert_eq!(import.code, 1);
    assert_eq!(import.stdout, "");
    assert_eq!(batches.taken().len(), 75);
    let words = ": 75 rows are written, 1 were refused. Running it again is safe.";
    assert!(import.stderr.contains(words), "{import:?}");
    assert!(
        import.stderr.contains("AccessDeniedException"),
        "{import:?}"
    );
    assert!(
        import.stderr.contains("what you are allowed to do"),
        "{import:?}"
    );
}

/// The most memory that the process has had so far, in kibibytes (Linux, proc(5)).
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().trim_end_matches(" kB");
    peak.parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_does_not_grow_with_the_file() {
    const ROWS: u32 = 20_000;
    const LIMIT: u64 = 64 * 1024;
    let store = store().await;
    let arguments = [
        "users",
        "import",
        "-",
        "--portal",
        "7",
        "--dynamodb-port",
        port(&store),
    ];
    let mut child = program(&arguments, &[]).spawn().unwrap();
    let imported = tokio::task::spawn_blocking(move || -> (Ended, u64) {
        let mut input = child.stdin.take().unwrap();
        input.write_all(rows(ROWS).as_bytes()).unwrap();
        // All but a pipe's worth is read by now, and the program still runs.
        let peak = peak_memory(child.id());
        drop(input);
        (program::end(child), peak)
    });
    let (import, peak) = imported.await.unwrap();
    println!("peak memory of an import of {ROWS} rows: {peak} KiB");
    assert!(peak < LIMIT, "{peak} KiB");
    assert_eq!(
        import.stdout, "19997 rows written, 3 refused.\n",
        "{}",
        import.stderr
    );
}
