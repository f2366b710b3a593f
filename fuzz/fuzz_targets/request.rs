#![no_main]

use testbed::fuzz::request;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    request::unsigned(input);
    request::signed(input);
});
