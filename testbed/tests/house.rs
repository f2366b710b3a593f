//! Checks the manifests and the sources against the project's rules: dependencies point in one direction,
//! modules have no circular dependencies, and no code is duplicated.
//!
//! The sources are read as tokens, not compiled: enough to see every path that begins with `crate`,
//! `super`, `self` or the name of a module's own child.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each crate may depend on. A crate that isn't listed may depend on none of them.
const ALLOWED: &[(&str, &[&str])] = &[
    ("shared", &["kept-connection"]),
    ("create", &["shared"]),
    ("update", &["shared"]),
    ("delete", &["shared"]),
    ("verify", &["shared"]),
    ("join", &["shared"]),
    ("simulator", &["FUNCTIONS", "shared"]),
    ("user-file", &["shared"]),
    (
        "hubspot-conference",
        &["simulator", "user-file", "FUNCTIONS", "shared"],
    ),
    (
        "testbed",
        &[
            "simulator",
            "user-file",
            "FUNCTIONS",
            "shared",
            "kept-connection",
        ],
    ),
    (
        "bench",
        &["testbed", "simulator", "FUNCTIONS", "shared", "baseline"],
    ),
    (
        "fuzz",
        &["testbed", "simulator", "user-file", "FUNCTIONS", "shared"],
    ),
    ("libfuzzer", &["fuzz"]),
];
const FUNCTIONS: [&str; 5] = ["create", "update", "delete", "verify", "join"];

/// The crates that are deployed or that people run. The others only measure or test them.
const PRODUCT: [&str; 10] = [
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

/// The number of equal lines that count as a copy.
const COPY: usize = 10;

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

// --- Crates ---

/// The dependencies among the workspace's own crates, those for builds and tests included.
fn crates() -> Arrows {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let mut arrows: Arrows = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let ours = dependencies.filter(|dependency| dependency["path"].is_string());
            (name(package), ours.map(name).collect())
        })
        .collect();
    // A separate workspace.
    let manifest = fs::read_to_string(root().join("fuzz/libfuzzer/Cargo.toml")).unwrap();
    let ours = manifest.lines().filter(|line| line.contains("path = \".."));
    let ours = ours.map(|line| line.split_whitespace().next().unwrap().to_owned());
    arrows.insert("libfuzzer".into(), ours.collect());
    arrows
}

/// Every dependency that [`ALLOWED`] doesn't list.
fn forbidden(arrows: &Arrows) -> Vec<String> {
    let allowed = |from: &str, to: &str| {
        let (_, targets) = ALLOWED.iter().find(|(name, _)| *name == from)?;
        targets
            .iter()
            .find(|target| **target == to || **target == "FUNCTIONS" && FUNCTIONS.contains(&to))
    };
    arrows
        .iter()
        .flat_map(|(from, targets)| targets.iter().map(move |to| (from, to)))
        .filter(|(from, to)| allowed(from, to).is_none())
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect()
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let arrows = crates();
    assert!(arrows["hubspot-conference"].contains("simulator"));
    assert_eq!(forbidden(&arrows), Vec::<String>::new());
    assert_eq!(circle(&arrows), None);
}

#[test]
fn an_arrow_against_the_direction_is_found() {
    let arrow = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    let broken = Arrows::from([
        arrow("shared", "create"),
        arrow("create", "update"),
        arrow("update", "shared"),
        arrow("testbed", "hubspot-conference"),
    ]);
    assert_eq!(
        forbidden(&broken),
        [
            "create -> update",
            "shared -> create",
            "testbed -> hubspot-conference"
        ]
    );
    assert_eq!(
        circle(&broken).unwrap(),
        ["create", "update", "shared", "create"]
    );
}

// --- Modules ---

/// A source file of a crate: its module's path, `""` for the root, and its text.
type Sources = BTreeMap<String, String>;

/// All modules of the crate in `folder`, except programs and tests.
fn sources(folder: &Path) -> Sources {
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
fn without_tests(text: &str) -> &str {
    let end = text.find("#[cfg(test)]\nmod ");
    &text[..end.unwrap_or(text.len())]
}

/// Identifiers, `::` and single characters, without comments and string literals.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            end_of_text(rest)
        } else if let Some(close) = raw_text(rest) {
            let opening = close.len() + 1;
            rest[opening..]
                .find(&close)
                .map_or(rest.len(), |end| opening + end + close.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            3
        } else if first.is_alphabetic() || first == '_' {
            let word = |c: char| !c.is_alphanumeric() && c != '_';
            let end = rest.find(word).unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The delimiter that ends the raw string starting here.
fn raw_text(text: &str) -> Option<String> {
    let opening = text.strip_prefix('r')?;
    let hashes = opening.len() - opening.trim_start_matches('#').len();
    opening[hashes..]
        .starts_with('"')
        .then(|| format!("\"{}", "#".repeat(hashes)))
}

/// Which module uses which. A re-export doesn't count as a use; importing a re-exported item counts as
/// using the module that defines it.
fn modules(sources: &Sources) -> Arrows {
    let mut used: Vec<(&String, Vec<String>)> = Vec::new();
    let mut defined: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for (module, text) in sources {
        for (path, is_reexport) in paths(module, text, sources) {
            if is_reexport {
                let name = path.last().unwrap();
                let exported = absolute(std::slice::from_ref(name), module);
                defined.insert(exported, innermost(&path, sources));
            } else {
                used.push((module, path));
            }
        }
    }
    let mut arrows: Arrows = sources
        .keys()
        .map(|module| (module.clone(), BTreeSet::new()))
        .collect();
    for (module, path) in used {
        let mut prefixes = (1..=path.len()).rev().map(|length| &path[..length]);
        let target = prefixes
            .find_map(|prefix| defined.get(prefix).cloned())
            .unwrap_or_else(|| innermost(&path, sources));
        if target != *module {
            arrows.get_mut(module).unwrap().insert(target);
        }
    }
    arrows
}

/// Every path in the module that leads into its own crate, from the root, and whether it is re-exported.
fn paths(module: &str, text: &str, sources: &Sources) -> Vec<(Vec<String>, bool)> {
    let all = tokens(without_tests(text));
    let mut found = Vec::new();
    let mut is_reexport = false;
    let mut at = 0;
    while let Some(token) = all.get(at) {
        is_reexport = match token.as_str() {
            "pub" => reexports(&all[at..]),
            ";" => false,
            _ => is_reexport,
        };
        let is_path = all.get(at + 1).is_some_and(|next| next == "::");
        let starts = at == 0 || all[at - 1] != "::";
        if is_path && starts && begins_here(token, module, sources) {
            let mut read = Vec::new();
            read_paths(&all, &mut at, &[], &mut read);
            let read = read.iter().map(|path| absolute(path, module));
            found.extend(read.map(|path| (path, is_reexport)));
        } else {
            at += 1;
        }
    }
    found
}

fn reexports(tokens: &[String]) -> bool {
    let first: Vec<&str> = tokens.iter().take(5).map(String::as_str).collect();
    matches!(
        first[..],
        ["pub", "use", ..] | ["pub", "(", _, ")", "use", ..]
    )
}

fn begins_here(token: &str, module: &str, sources: &Sources) -> bool {
    matches!(token, "crate" | "super" | "self") || sources.contains_key(&join(module, token))
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// Reads one path or a tree of paths, and moves `at` past it.
fn read_paths(all: &[String], at: &mut usize, base: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = base.to_vec();
    while let Some(token) = all.get(*at) {
        if token == "{" {
            *at += 1;
            while all.get(*at).is_some_and(|token| token != "}") {
                read_paths(all, at, &path, paths);
                while all
                    .get(*at)
                    .is_some_and(|token| token != "," && token != "}")
                {
                    *at += 1; // `as another`
                }
                *at += usize::from(all.get(*at).is_some_and(|token| token == ","));
            }
            *at += 1;
            return;
        }
        if !token.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            break;
        }
        path.push(token.clone());
        *at += 1;
        if all.get(*at).is_none_or(|token| token != "::") {
            break;
        }
        *at += 1;
    }
    paths.push(path);
}

/// The path from the crate's root.
fn absolute(path: &[String], module: &str) -> Vec<String> {
    let mut absolute: Vec<String> = module.split("::").map(str::to_owned).collect();
    absolute.retain(|name| !name.is_empty());
    for name in path {
        match name.as_str() {
            "crate" => absolute.clear(),
            "super" => drop(absolute.pop()),
            "self" => {}
            _ => absolute.push(name.clone()),
        }
    }
    absolute
}

/// The module in which the path ends.
fn innermost(path: &[String], sources: &Sources) -> String {
    let prefixes = (0..=path.len())
        .rev()
        .map(|length| path[..length].join("::"));
    let mut known = prefixes.filter(|prefix| sources.contains_key(prefix));
    known.next().unwrap_or_default()
}

/// The first cycle, from a node back to itself.
fn circle(arrows: &Arrows) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    arrows
        .keys()
        .find_map(|node| walk(node, arrows, &mut Vec::new(), &mut done))
}

fn walk(
    node: &str,
    arrows: &Arrows,
    path: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|earlier| earlier == node) {
        let mut circle = path[start..].to_vec();
        circle.push(node.to_owned());
        return Some(circle);
    }
    if done.contains(node) {
        return None;
    }
    path.push(node.to_owned());
    let targets = arrows.get(node).into_iter().flatten();
    let found = targets
        .into_iter()
        .find_map(|target| walk(target, arrows, path, done));
    path.pop();
    done.insert(node.to_owned());
    found
}

#[test]
fn modules_of_a_crate_form_no_circle() {
    let circles: Vec<_> = PRODUCT
        .iter()
        .filter_map(|folder| {
            let arrows = modules(&sources(&root().join(folder)));
            assert!(!arrows.is_empty(), "{folder}");
            Some((folder, circle(&arrows)?))
        })
        .collect();
    assert_eq!(circles, []);
}

#[test]
fn a_circle_of_modules_is_found_however_it_is_written() {
    let sources = |files: &[(&str, &str)]| -> Sources {
        let files = files.iter();
        files
            .map(|(module, text)| ((*module).to_owned(), (*text).to_owned()))
            .collect()
    };
    let broken = [
        sources(&[("a", "use crate::b::X;"), ("b", "fn f() { crate::a::g() }")]),
        sources(&[
            ("a", "use std::{fmt}; use crate::{c, b::{self, X}};"),
            ("b", "use super::a::Y;"),
            ("c", ""),
        ]),
        sources(&[
            ("a", "mod b; fn f() { b::g(\"// \") }"),
            ("a::b", "use super::f;"),
        ]),
        sources(&[
            ("a", "pub use self::b::X;"),
            ("a::b", "use crate::c::Y;"),
            ("c", "use crate::a::X;"),
        ]),
    ];
    for sources in broken {
        assert!(circle(&modules(&sources)).is_some(), "{sources:?}");
    }
    let sound = sources(&[
        (
            "a",
            "//! use crate::b;\npub mod b;\npub use self::b::X; const S: &str = \"crate::b::x\";",
        ),
        (
            "a::b",
            "use super::Error;\n#[cfg(test)]\nmod tests { use crate::c::Z; }",
        ),
        ("c", "use crate::a::b::Y;"),
    ]);
    assert_eq!(circle(&modules(&sound)), None);
}

// --- Copies ---

/// Runs of at least [`COPY`] lines that occur twice: where they begin, and the first line. Blank lines,
/// comments and imports don't count.
fn copies(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut seen: BTreeMap<Vec<&str>, String> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, text) in files {
        let lines = without_tests(text).lines().enumerate();
        let lines = lines.map(|(number, line)| (number + 1, line.trim()));
        let lines: Vec<_> = lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with("//"))
            .filter(|(_, line)| !line.starts_with("use "))
            .collect();
        let mut until = 0;
        for (at, window) in lines.windows(COPY).enumerate() {
            let place = format!("{name}:{}", window[0].0);
            let run: Vec<&str> = window.iter().map(|(_, line)| *line).collect();
            match seen.get(&run) {
                Some(first) if at >= until => {
                    found.push(format!("{place} and {first}: {}", run[0]));
                    until = at + COPY;
                }
                Some(_) => {}
                None => drop(seen.insert(run, place)),
            }
        }
    }
    found
}

#[test]
fn no_run_of_ten_lines_stands_twice_in_product_code() {
    let mut files = BTreeMap::new();
    for folder in PRODUCT {
        for (module, text) in sources(&root().join(folder)) {
            files.insert(format!("{folder} {module}"), text);
        }
    }
    assert_eq!(copies(&files), Vec::<String>::new());
}

#[test]
fn a_copy_is_found() {
    let run = |from: usize| {
        let lines = (from..from + COPY).map(|n| format!("    line_{n};\n\n// {from}\n"));
        lines.collect::<String>()
    };
    let files = [
        ("a", run(0) + &run(50)),
        ("b", run(20) + &run(50)),
        ("c", run(1)),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text)).into();
    assert_eq!(copies(&files), ["b:31 and a:31: line_50;"]);
}
