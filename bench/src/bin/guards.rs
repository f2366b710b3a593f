//! `cargo run --package bench --bin guards -- FOLDER`: what makes the functions fast and is no matter
//! of time, so that it can be checked on any machine, however busy. FOLDER is `sam build`'s; without
//! one, the release programs are built.
//!
//! Each limit is near what was so when it was written. Who has to raise one should know why.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;
use std::process::{Command, ExitCode};

use bench::events::meeting;
use bench::functions::Function;
use bench::instructions::{self, Instructions};
use bench::programs::{self, Program};
use bench::services::Services;

/// Bytes.
const LARGEST_ZIP: usize = 2_120_000;
/// KiB.
const MOST_MEMORY: u64 = 7 * 1024;
/// Crates in a function's tree, on Linux.
const MOST_CRATES: usize = 158;
/// Instructions.
const MOST_FOR_COLD_START: u64 = 5_300_000;
const MOST_INSTRUCTIONS: u64 = 235_000;
const MOST_FOR_SIGNATURE: u64 = 35_000;
const MOST_FOR_FIELD: u64 = 4_600;
/// Warm webhooks that are sent.
const WARM: usize = 10;

/// Prints each figure beside its limit, and remembers whether one was passed.
#[derive(Default)]
struct Guards {
    passed: usize,
}

impl Guards {
    fn at_most<T: Copy + PartialOrd + Display>(&mut self, what: &str, found: T, limit: T) {
        let verdict = if found > limit { "TOO MUCH" } else { "" };
        println!("{what:58} {found:>10} of {limit:>10} {verdict}");
        self.passed += usize::from(found > limit);
    }
}

fn main() -> ExitCode {
    let programs = match std::env::args().nth(1) {
        Some(folder) => programs::built_by_sam(Path::new(&folder)),
        None => programs::build(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let services = runtime.block_on(Services::start());
    let mut guards = Guards::default();
    for program in programs.iter().filter(|program| program.webhook.is_some()) {
        let name = program.name;
        let (_, zip) = program.sizes();
        guards.at_most(&format!("{name}: bytes of the zip"), zip, LARGEST_ZIP);
        let crates = crates(name);
        guards.at_most(&format!("{name}: crates"), crates, MOST_CRATES);
        requests(&mut guards, program, &services);
    }
    let named = |name| programs.iter().find(|program| program.name == name);
    let (create, verify) = (named("create").unwrap(), named("verify").unwrap());
    let with_stored_secret = Program {
        name: "create with a stored secret",
        secrets_manager: true,
        ..create.clone()
    };
    requests(&mut guards, &with_stored_secret, &services);
    match instructions::count(create, verify, &services) {
        Some(found) => instructions(&mut guards, &found),
        None => println!("instructions are not counted: there is no valgrind here"),
    }
    match guards.passed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn instructions(guards: &mut Guards, found: &Instructions) {
    guards.at_most(
        "create: instructions up to the first answer",
        found.cold_start,
        MOST_FOR_COLD_START,
    );
    guards.at_most(
        "verify: instructions of a webhook without a store",
        found.webhook,
        MOST_INSTRUCTIONS,
    );
    guards.at_most(
        "of them for the signature",
        found.signature,
        MOST_FOR_SIGNATURE,
    );
    guards.at_most(
        "for one more field in the body",
        found.field,
        MOST_FOR_FIELD,
    );
}

/// A cold start makes one connection to the store, and each webhook is one request over it. A stored secret is another connection, and two requests: its current and
/// its previous version.
fn requests(guards: &mut Guards, program: &Program, services: &Services) {
    let name = program.name;
    services.take_counts();
    let function = Function::start(program, services);
    // The functions are told of the same meetings; the variant of create is told of others.
    let first = if program.secrets_manager { 1_000 } else { 0 };
    function.invoke(&meeting(first));
    let (store, secrets_manager) = services.take_counts();
    let mut at_most = |what: &str, found, limit| {
        guards.at_most(&format!("{name}: {what}"), found, limit);
    };
    let stored = usize::from(program.secrets_manager);
    at_most(
        "handshakes, cold",
        store.handshakes + secrets_manager.handshakes,
        1 + stored,
    );
    at_most("requests to the store, cold", store.requests, 1);
    at_most(
        "requests for the secret, cold",
        secrets_manager.requests,
        2 * stored,
    );
    for number in 1..=WARM {
        function.invoke(&meeting(first + number));
    }
    let (store, secrets_manager) = services.take_counts();
    at_most(
        "handshakes, warm",
        store.handshakes + secrets_manager.handshakes,
        0,
    );
    at_most(
        &format!("requests to the store, {WARM} warm"),
        store.requests,
        WARM,
    );
    at_most("requests for the secret, warm", secrets_manager.requests, 0);
    guards.at_most(
        &format!("{name}: KiB of memory"),
        function.peak_memory(),
        MOST_MEMORY,
    );
}

/// How many crates end in the program.
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
