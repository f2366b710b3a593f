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
use bench::instructions;
use bench::programs::{self, Program};
use bench::store;
use bench::tls::{Counts, Tls};

/// Bytes.
const LARGEST_ZIP: usize = 2_800_000;
/// KiB.
const MOST_MEMORY: u64 = 9 * 1024;
/// Crates in a function's tree, on Linux.
const MOST_CRATES: usize = 166;
/// Instructions from an event to its answer, for a webhook that needs no store: the event's and the
/// body's JSON, the signature, the answer and the two lines of log.
const MOST_INSTRUCTIONS: u64 = 280_000;
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
        println!("{what:44} {found:>10} of {limit:>10} {verdict}");
        self.passed += usize::from(found > limit);
    }
}

fn main() -> ExitCode {
    let programs = match std::env::args().nth(1) {
        Some(folder) => programs::built_by_sam(Path::new(&folder)),
        None => programs::build(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store::start());
    let mut guards = Guards::default();
    for program in programs.iter().filter(|program| program.webhook.is_some()) {
        let name = program.name;
        let (_, zip) = program.sizes();
        guards.at_most(&format!("{name}: bytes of the zip"), zip, LARGEST_ZIP);
        let crates = crates(name);
        guards.at_most(&format!("{name}: crates"), crates, MOST_CRATES);
        requests(&mut guards, program, &store);
        if name == "verify" {
            match instructions::of_a_webhook(program, &store) {
                Some(count) => guards.at_most(
                    "verify: instructions without a store",
                    count,
                    MOST_INSTRUCTIONS,
                ),
                None => println!("instructions are not counted: there is no valgrind here"),
            }
        }
    }
    match guards.passed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// A cold start makes one connection, by a request that changes nothing, and each webhook is one
/// request over it.
fn requests(guards: &mut Guards, program: &Program, store: &Tls) {
    let name = program.name;
    store.take_counts();
    let function = Function::start(program, store);
    function.invoke(&meeting(0));
    let Counts {
        handshakes,
        requests,
    } = store.take_counts();
    guards.at_most(&format!("{name}: handshakes, cold"), handshakes, 1);
    guards.at_most(&format!("{name}: requests to the store, cold"), requests, 2);
    for number in 1..=WARM {
        function.invoke(&meeting(number));
    }
    let warm = store.take_counts();
    guards.at_most(&format!("{name}: handshakes, warm"), warm.handshakes, 0);
    guards.at_most(
        &format!("{name}: requests to the store, {WARM} warm"),
        warm.requests,
        WARM,
    );
    let memory = function.peak_memory();
    guards.at_most(&format!("{name}: KiB of memory"), memory, MOST_MEMORY);
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
