//! The modules of a crate have no circular dependencies.

use std::collections::{BTreeMap, BTreeSet};

use crate::arrows::{Arrows, circle};
use crate::sources::{PRODUCT, Sources, root, sources, without_tests};
use crate::tokens::tokens;

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
