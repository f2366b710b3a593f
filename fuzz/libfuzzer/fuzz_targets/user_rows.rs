#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::user_rows::user_rows(input));
