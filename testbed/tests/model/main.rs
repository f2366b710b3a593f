//! Thousands of random histories, compared with a small model. One meeting permanently has one conference
//! and one link. Acknowledged changes are stored; others can be retried until they are. A delete is final.
//! The newest signed update wins. A conference belongs to one portal. Callers without the secret change
//! nothing.
//!
//! `PROPTEST_CASES` sets the number of histories. A failing history is shrunk and stored in
//! `proptest-regressions/model.txt`; every later run begins with those.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod click;
mod compare;
mod forgery;
mod history;
mod outcome;
mod promises;
mod reference;
mod run;

use std::thread;

use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use testbed::system::System;
use tokio::runtime::Builder;

use self::reference::PORTALS;

/// The default number of histories. They take a few seconds.
const HISTORIES: u32 = 400;

/// The number of threads: more than CPUs, because histories mostly wait.
const THREADS: u32 = 6;

const REGRESSIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/proptest-regressions/model.txt"
);

#[test]
fn every_history_agrees_with_the_model() {
    let given = std::env::var("PROPTEST_CASES").ok();
    let histories = given.map_or(HISTORIES, |number| number.parse().unwrap());
    let threads: Vec<_> = (0..THREADS)
        .map(|_| thread::spawn(move || run_histories(histories.div_ceil(THREADS))))
        .collect();
    for thread in threads {
        if let Err(failure) = thread.join() {
            std::panic::resume_unwind(failure);
        }
    }
}

fn run_histories(histories: u32) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut system = runtime.block_on(with_directory());
    let mut runner = TestRunner::new(Config {
        cases: histories,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..Config::default()
    });
    let system = std::cell::RefCell::new(&mut system);
    let result = runner.run(&history::histories(), |history| {
        runtime.block_on(run::play(&mut system.borrow_mut(), &history))
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
}

async fn with_directory() -> System {
    let system = System::start().await;
    let entries = [("anna@example.com", "4711"), ("*@example.com", "everybody")];
    for (email, id) in entries {
        system.store.add_user(PORTALS[0], email, Some(id)).await;
    }
    system
}
