//! `cargo run --package bench --bin budgets -- FOLDER`: checks the deterministic numbers behind the functions'
//! speed, which are the same on any machine, even a busy one. FOLDER is the output of `sam build`; without it,
//! the release binaries are built.
//!
//! Each limit is close to the value when it was set. Raise one only if you know why it has to be.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;
use std::process::{Command, ExitCode};

use bench::events::meeting;
use bench::functions::Function;
use bench::instructions::{self, Instructions};
use bench::programs::{self, Answers, Program};
use bench::services::Services;
use bench::timeline::round_trips_in_sequence;

/// Bytes.
const MAX_ZIP: usize = 2_120_000;
/// KiB.
const MAX_MEMORY: u64 = 7 * 1024;
/// Crates in a function's dependency tree, on Linux.
const MAX_CRATES: usize = 158;
/// Instructions of a cold create, up to its first answer.
const MAX_COLD_START: u64 = 5_300_000;
/// Instructions of a warm webhook that needs no store.
const MAX_WEBHOOK: u64 = 275_000;
/// Instructions of its signature: the difference of two runs, which varies by about 1,500 between builds of the
/// same code.
const MAX_SIGNATURE: u64 = 40_000;
/// Instructions of one more field in its body.
const MAX_FIELD: u64 = 4_600;
/// The number of warm webhooks that each function gets.
const WARM: usize = 10;

/// Prints each number next to its limit, and counts those over it.
#[derive(Default)]
struct Budgets {
    exceeded: usize,
}

impl Budgets {
    fn at_most<T: Copy + PartialOrd + Display>(&mut self, what: &str, found: T, limit: T) {
        let verdict = if found > limit { "EXCEEDED" } else { "" };
        println!("{what:58} {found:>10} of {limit:>10} {verdict}");
        self.exceeded += usize::from(found > limit);
    }
}

fn main() -> ExitCode {
    let programs = match std::env::args().nth(1) {
        Some(folder) => programs::built_by_sam(Path::new(&folder)),
        None => programs::build(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let services = runtime.block_on(Services::start());
    let mut budgets = Budgets::default();
    for program in &programs {
        let Answers::Webhook(webhook) = program.answers else {
            continue;
        };
        let name = webhook.as_str();
        let (_, zip) = program.sizes();
        budgets.at_most(&format!("{name}: bytes of the zip"), zip, MAX_ZIP);
        let crates = crates(name);
        budgets.at_most(&format!("{name}: crates"), crates, MAX_CRATES);
        requests(&mut budgets, program, &services);
        let with_stored_secret = Program {
            name: format!("{name} with a stored secret"),
            ..program.with_secrets_manager(true)
        };
        requests(&mut budgets, &with_stored_secret, &services);
    }
    let named = |name: &str| programs.iter().find(|program| program.name == name);
    let (create, verify) = (named("create").unwrap(), named("verify").unwrap());
    match instructions::count(create, verify, &services) {
        Some(found) => instructions(&mut budgets, &found),
        None => println!("instructions are not counted: there is no valgrind here"),
    }
    match budgets.exceeded {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn instructions(budgets: &mut Budgets, found: &Instructions) {
    budgets.at_most(
        "create: instructions up to the first answer",
        found.cold_start,
        MAX_COLD_START,
    );
    budgets.at_most(
        "verify: instructions of a webhook without a store",
        found.webhook,
        MAX_WEBHOOK,
    );
    budgets.at_most("of them for the signature", found.signature, MAX_SIGNATURE);
    budgets.at_most("for one more field in the body", found.field, MAX_FIELD);
}

/// Round trips in sequence until a cold start has answered: connecting and the TLS handshake are one each.
/// With a stored secret its connection is opened in parallel with the store's, and one request reads it.
const COLD_ROUND_TRIPS: usize = 3;
const COLD_ROUND_TRIPS_WITH_STORED_SECRET: usize = 4;
/// The request to the store.
const WARM_ROUND_TRIPS: usize = 1;

/// A cold start makes one connection to the store, and each webhook is one request over it. A stored
/// secret is another connection and one request, for its current version.
fn requests(budgets: &mut Budgets, program: &Program, services: &Services) {
    let name = &program.name;
    services.take_counts();
    let function = Function::start(program, services);
    let (store_ready, secrets_ready) = services.take_counts();
    // Different programs must not create the same meeting.
    let first = if program.secrets_manager { 1_000 } else { 0 };
    function.invoke(&meeting(first));
    let (store, secrets_manager) = services.take_counts();
    let mut at_most = |what: &str, found, limit| {
        budgets.at_most(&format!("{name}: {what}"), found, limit);
    };
    let stored = usize::from(program.secrets_manager);
    let round_trips =
        round_trips_in_sequence((store_ready, secrets_ready), (store, secrets_manager));
    let limit = if program.secrets_manager {
        COLD_ROUND_TRIPS_WITH_STORED_SECRET
    } else {
        COLD_ROUND_TRIPS
    };
    at_most("round trips in sequence, cold", round_trips, limit);
    at_most(
        "connections, cold",
        store_ready.connections
            + secrets_ready.connections
            + store.connections
            + secrets_manager.connections,
        1 + stored,
    );
    at_most(
        "requests to the store, cold",
        store_ready.requests + store.requests,
        1,
    );
    at_most(
        "requests for the secret, cold",
        secrets_ready.requests + secrets_manager.requests,
        stored,
    );
    let mut warm = 0;
    for number in 1..=WARM {
        function.invoke(&meeting(first + number));
        let (store, secrets_manager) = services.take_counts();
        warm = warm.max(store.round_trips() + secrets_manager.round_trips());
    }
    at_most("round trips in sequence, warm", warm, WARM_ROUND_TRIPS);
    budgets.at_most(
        &format!("{name}: KiB of memory"),
        function.peak_memory(),
        MAX_MEMORY,
    );
}

/// The number of crates that are compiled into the binary.
fn crates(package: &str) -> usize {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--package", package])
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree fails");
    let lines = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = lines
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.ends_with("(proc-macro)"))
        .collect();
    crates.len()
}
