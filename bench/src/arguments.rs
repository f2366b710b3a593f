//! The options on a benchmark's command line: each is a name and a value.

use std::env;
use std::fmt::Debug;
use std::str::FromStr;

/// The values of every option with this name.
pub fn values(name: &str) -> Vec<String> {
    let arguments: Vec<String> = env::args().collect();
    let named = arguments.windows(2).filter(|pair| pair[0] == name);
    named.map(|pair| pair[1].clone()).collect()
}

/// The number after the last option with this name, or `default` without one.
pub fn number<T: FromStr<Err: Debug>>(name: &str, default: T) -> T {
    let last = values(name).pop();
    last.map_or(default, |number| number.parse().unwrap())
}
