//! The sources of the crates.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of all crates.
pub(crate) const CRATES: [&str; 14] = [
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
    "testbed",
    "bench",
    "bench/baseline",
    "fuzz",
];

/// The modules of a crate, each by its path (`""` for the root) with its text. A program's root is `main`,
/// or its name in `bin`.
pub(crate) type Sources = BTreeMap<String, String>;

/// All modules of the crate in `folder`, without unit tests.
pub(crate) fn sources(folder: &Path) -> Sources {
    let src = folder.join("src");
    let module = |file: &PathBuf| {
        let path = file.strip_prefix(&src).unwrap().with_extension("");
        let names: Vec<_> = path.iter().map(|name| name.to_str().unwrap()).collect();
        let is_test = names.contains(&"tests");
        let text = without_tests(&fs::read_to_string(file).unwrap());
        let name = if names == ["lib"] {
            String::new()
        } else {
            names.join("::")
        };
        (!is_test).then_some((name, text))
    };
    files_with_extension(&src, "rs")
        .iter()
        .filter_map(module)
        .collect()
}

/// A crate of these modules, for the tests of the tests.
pub(crate) fn sources_from(modules: &[(&str, &str)]) -> Sources {
    let modules = modules.iter();
    modules
        .map(|(name, text)| ((*name).to_owned(), without_tests(text)))
        .collect()
}

/// The files in and below `folder`, without what is built or installed.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let skipped = [".git", ".aws-sam", "node_modules", "target"].map(OsStr::new);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            found.push(path);
        } else if !skipped.contains(&path.file_name().unwrap()) && !path.join("pyvenv.cfg").exists()
        {
            found.extend(files(&path));
        }
    }
    found
}

/// The files in and below `folder` that have this extension.
pub(crate) fn files_with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = files(folder);
    found.retain(|file| file.extension().is_some_and(|its| its == extension));
    found
}

/// The text without its module of unit tests: `mod tests;`, or a block that ends with a brace under its
/// first line, as rustfmt puts it. Empty lines take its place.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut before = "";
    let mut end = None;
    for line in text.lines() {
        let code = line.trim_start();
        let is_start = before == "#[cfg(test)]" && code.starts_with("mod ");
        if is_start && code.ends_with('{') {
            end = Some(line.replace(code, "}"));
        }
        if !is_start && end.is_none() {
            kept.push_str(line);
        }
        kept.push('\n');
        end = end.filter(|end| end != line);
        before = code;
    }
    kept
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

#[test]
fn only_the_module_of_unit_tests_is_left_out() {
    for (text, kept) in [
        (
            "#[cfg(test)]\nmod tests;\nmod a;\n",
            "#[cfg(test)]\n\nmod a;\n",
        ),
        (
            "    #[cfg(test)]\n    mod tests {\n        fn f() {\n        }\n    }\n    a\n",
            "    #[cfg(test)]\n\n\n\n\n    a\n",
        ),
        ("#[cfg(test)]\nfn f() {\n}\n", "#[cfg(test)]\nfn f() {\n}\n"),
    ] {
        assert_eq!(without_tests(text), kept);
    }
    let join = sources(&root().join("functions/join"));
    assert!(join["video_system"].contains("const SYSTEMS"));
    assert!(join["main"].contains("fn main"));
    assert!(!join["page"].contains("#[test]"));
}
