#![no_main]

use fuzz::request;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    request::unsigned(input);
    request::signed(input);
});
