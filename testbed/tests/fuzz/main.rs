//! Random input for everything that reads what strangers send. Each target starts from the files in
//! its folder of `corpus/`, changes them at random, and says what must hold whatever comes.
//!
//! `FUZZ_EXECUTIONS` says how often each target runs. An input that breaks a target is made as small as
//! possible and written to its folder: kept there, it is tried first from then on.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod mutation;
mod payload;
mod request;
mod signature;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// A second or two for each target.
const EXECUTIONS: u32 = 2_000;

/// Runs `target` on its corpus, and then on random changes of it.
///
/// # Panics
/// If the target doesn't hold for some input.
fn fuzz(name: &str, target: impl Fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let folder = folder.join(name);
    let files = fs::read_dir(&folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for input in &corpus {
        target(input);
    }
    let executions = std::env::var("FUZZ_EXECUTIONS").ok();
    let cases = executions.map_or(EXECUTIONS, |number| number.parse().unwrap());
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let started = Instant::now();
    let result = runner.run(&mutation::inputs(corpus), |input| {
        // What panics is a failure for the runner, too.
        target(&input);
        Ok::<(), TestCaseError>(())
    });
    if let Err(TestError::Fail(reason, input)) = &result {
        fs::write(folder.join("found"), input).unwrap();
        println!("{reason}\n{}", String::from_utf8_lossy(input));
    }
    assert!(result.is_ok(), "the input is in corpus/{name}/found");
    let seconds = started.elapsed().as_secs_f64();
    println!("{name}: {cases} executions in {seconds:.1} s");
}
