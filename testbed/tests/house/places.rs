//! Each file is compiled in one place, its own: no crate takes in another's text.

use std::fs;

use crate::sources::{files_with_extension, root};
use crate::tokens::tokens;

/// Whether the text takes in another Rust file other than by `mod name;`.
fn takes_in_a_file(text: &str) -> bool {
    let tokens = tokens(text);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let mut starts = (0..tokens.len()).map(|at| &tokens[at..]);
    starts.any(|rest| matches!(rest, ["[", "path", "=", ..] | ["include", "!", ..]))
}

#[test]
fn no_file_is_part_of_two_crates() {
    let mut found = files_with_extension(&root(), "rs");
    assert!(found.len() > 100);
    found.retain(|file| takes_in_a_file(&fs::read_to_string(file).unwrap()));
    assert_eq!(found, Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_file_of_another_crate_is_found() {
    for text in [
        "#[path = \"../../update/src/lib.rs\"]\nmod update;",
        "include!(\"../../update/src/lib.rs\");",
    ] {
        assert!(takes_in_a_file(text), "{text}");
    }
    for text in [
        "/// #[path = \"x.rs\"]\nmod x;",
        "fn f(path: &str) { include_str!(\"x.html\"); }",
    ] {
        assert!(!takes_in_a_file(text), "{text}");
    }
}
