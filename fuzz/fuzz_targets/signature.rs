#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| testbed::fuzz::signature::signature(input));
