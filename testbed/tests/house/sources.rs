//! The sources of the crates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that are deployed or that people run. The others only measure or test them.
pub(crate) const PRODUCT: [&str; 10] = [
    "kept-connection",
    "shared",
    "functions/create",
    "functions/update",
    "functions/delete",
    "functions/verify",
    "functions/join",
    "simulator",
    "user-file",
    "cli",
];

/// A source file of a crate: its module's path, `""` for the root, and its text.
pub(crate) type Sources = BTreeMap<String, String>;

/// All modules of the crate in `folder`, except programs and tests.
pub(crate) fn sources(folder: &Path) -> Sources {
    let src = folder.join("src");
    let mut files = Vec::new();
    list(&src, &mut files);
    let module = |file: &Path| {
        let path = file.strip_prefix(&src).unwrap().with_extension("");
        let mut names: Vec<_> = path.iter().map(|name| name.to_str().unwrap()).collect();
        if matches!(names.last(), Some(&("mod" | "lib"))) {
            names.pop();
        }
        let skipped = ["main", "tests", "bin"];
        let skip = names.iter().any(|name| skipped.contains(name));
        (!skip).then(|| names.join("::"))
    };
    files
        .iter()
        .filter_map(|file| Some((module(file)?, fs::read_to_string(file).unwrap())))
        .collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The file without its unit tests.
pub(crate) fn without_tests(text: &str) -> &str {
    let end = text.find("#[cfg(test)]\nmod ");
    &text[..end.unwrap_or(text.len())]
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}
