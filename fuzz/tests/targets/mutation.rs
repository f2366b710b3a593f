//! Nearly valid inputs: a corpus file with a few random mutations.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Strings that random mutation rarely produces.
const WORDS: [&str; 42] = [
    "%3A",
    "%2F",
    "%2f",
    "%",
    "%%",
    "%25",
    "%00",
    "?",
    "#",
    "&",
    "=",
    "+",
    " ",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "@",
    "://",
    "//",
    "/../",
    "\u{0}",
    "\u{7f}",
    "\r\n",
    "\r",
    "\u{feff}",
    "\n",
    "é",
    "🎥",
    "\u{202e}",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "v3",
    "==",
    "\\ud800",
];

#[derive(Clone, Debug)]
enum Change {
    /// One byte becomes another.
    Byte(Index, u8),
    /// A word or a few bytes are inserted.
    Insert(Index, Vec<u8>),
    /// Some bytes are removed.
    Remove(Index, usize),
    /// Some bytes are duplicated.
    Repeat(Index, usize, usize),
    /// The rest is replaced by the rest of another file.
    Splice(Index, Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let word = select(WORDS.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    prop_oneof![
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        3 => (any::<Index>(), word).prop_map(|(at, word)| Change::Insert(at, word)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (any::<Index>(), 1..20_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (any::<Index>(), 1..40_usize, 1..300_usize)
            .prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        1 => any::<(Index, Index, Index)>().prop_map(|(at, other, from)| Change::Splice(at, other, from)),
    ]
}

/// Mutated files of `corpus`.
pub(crate) fn inputs(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (select(corpus.clone()), vec(change(), 0..9)).prop_map(move |(mut input, changes)| {
        for change in changes {
            apply(&mut input, change, &corpus);
        }
        input
    })
}

fn apply(input: &mut Vec<u8>, change: Change, corpus: &[Vec<u8>]) {
    let length = input.len();
    match change {
        Change::Byte(at, byte) if length > 0 => input[at.index(length)] = byte,
        Change::Byte(_, byte) => input.push(byte),
        Change::Insert(at, bytes) => {
            let at = at.index(length + 1);
            input.splice(at..at, bytes);
        }
        Change::Remove(at, count) => {
            let at = at.index(length + 1);
            input.drain(at..length.min(at + count));
        }
        Change::Repeat(at, count, times) => {
            let at = at.index(length + 1);
            let again = input[at..length.min(at + count)].repeat(times);
            input.splice(at..at, again);
        }
        Change::Splice(at, other, from) => {
            let other = other.get(corpus);
            input.truncate(at.index(length + 1));
            input.extend_from_slice(&other[from.index(other.len() + 1)..]);
        }
    }
}
