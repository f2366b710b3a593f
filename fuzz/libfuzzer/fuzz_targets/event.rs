#![no_main]

use std::panic;

use fuzz::request;

libfuzzer_sys::fuzz_target!(
    // An event may panic, and many do; what counts is that the next one is answered.
    init: panic::set_hook(Box::new(|_| ())),
    |input: &[u8]| request::event(input)
);
