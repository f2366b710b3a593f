//! Random input for all code that reads untrusted data. Each target of this crate gets the files in its
//! folder of `corpus/`, and then random mutations of them.
//!
//! `FUZZ_EXECUTIONS` sets how often each target runs. An input that breaks a target is minimized and written
//! to its folder of `corpus/`; from then on it is tried first.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod mutation;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Instant;

use fuzz::{click, payload, request, signature, user_rows};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// How often each target runs without `FUZZ_EXECUTIONS`: a second or two per target.
const EXECUTIONS: u32 = 2_000;

/// Runs `target` on its corpus, and then on random mutations of it.
///
/// # Panics
/// If an input breaks the target.
fn fuzz(name: &str, target: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
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
        // The runner treats a panic as a failure, too.
        target(&input);
        Ok::<(), TestCaseError>(())
    });
    if let Err(TestError::Fail(reason, input)) = &result {
        // The file name is unique, since targets can share a folder.
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let file = folder.join(format!("found-{:016x}", hasher.finish()));
        fs::write(&file, input).unwrap();
        println!("{}: {reason}", file.display());
        println!("{}", String::from_utf8_lossy(input));
    }
    assert!(result.is_ok(), "the input is in corpus/{name}/found-*");
    let seconds = started.elapsed().as_secs_f64();
    println!("{name}: {cases} executions in {seconds:.1} s");
}

#[test]
fn an_unsigned_request_through_api_gateway_is_refused() {
    fuzz("request", request::unsigned);
}

#[test]
fn a_signed_request_through_api_gateway_is_answered_by_its_body() {
    fuzz("request", request::signed);
}

#[test]
fn an_event_that_api_gateway_cannot_produce_fails_alone_at_worst() {
    fuzz("event", request::event);
}

#[test]
fn any_click_is_answered_with_a_page_that_is_safe_to_show() {
    fuzz("click", click::click);
}

#[test]
fn only_the_signature_itself_is_accepted() {
    fuzz("signature", signature::signature);
}

#[test]
fn a_url_is_accepted_raw_or_decoded_by_the_table_and_in_no_other_form() {
    fuzz("url", signature::url);
}

#[test]
fn a_payload_is_read_or_refused_in_our_own_words() {
    fuzz("payload", payload::payload);
}

#[test]
fn no_line_of_a_csv_file_is_lost_and_each_is_a_user_or_an_error() {
    fuzz("user_rows", user_rows::user_rows);
}
