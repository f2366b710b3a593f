//! The modules of a crate have no circular dependencies, and neither have groups of modules: the own text
//! of a module and its children, each child together with everything below it, form no circle.
//!
//! So a module may use its children, or they may use what it defines, but not both. A module that only
//! re-exports what is below it doesn't use it. Every other import is a use, and so is a path.

use std::collections::BTreeMap;

use crate::arrows::{Arrows, circle};
use crate::paths::{Module, Path, segments};
use crate::sources::{CRATES, Sources, root, sources, sources_from};

type Modules = BTreeMap<String, Module>;

/// Which group uses which. A group has the name of its topmost module; a module's own text is named like
/// a child, `self`.
fn groups(sources: &Sources) -> Arrows {
    let modules: Modules = sources
        .iter()
        .map(|(name, text)| (name.clone(), Module::read(name, text)))
        .collect();
    let mut arrows = Arrows::new();
    for (name, module) in &modules {
        let imports = module.imports.iter().filter(|import| {
            let is_below = is_below(&innermost(&import.path, &modules), name);
            !(import.is_reexport && is_below) || module.names.contains(&import.name)
        });
        let paths = imports.map(|import| &import.path).chain(&module.paths);
        for target in paths.flat_map(|path| targets(path, &modules)) {
            if target != *name {
                let (from, to) = siblings(name, &target);
                arrows.entry(from).or_default().insert(to);
            }
        }
    }
    arrows
}

fn is_below(module: &str, parent: &str) -> bool {
    module != parent && segments(module).starts_with(&segments(parent))
}

/// The groups of two modules among the children of the innermost module that contains both.
fn siblings(from: &str, to: &str) -> (String, String) {
    let (from, to) = (segments(from), segments(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let group = |module: &[&str]| match module.get(..=shared) {
        Some(topmost) => topmost.join("::"),
        None => [module, &["self"]].concat().join("::"),
    };
    (group(&from), group(&to))
}

/// The modules that a path leads to: the one it names, and through re-exports the one that defines the item.
fn targets(path: &Path, modules: &Modules) -> Vec<String> {
    let mut found = Vec::new();
    let mut path = path.clone();
    // More are a name of another crate, such as `time::time`, which seems to import itself.
    for _ in 0..10 {
        let module = innermost(&path, modules);
        let (_, rest) = path.split_at(segments(&module).len());
        let mut imports = modules[&module].imports.iter();
        found.push(module);
        let Some(import) = imports.find(|import| rest.first() == Some(&import.name)) else {
            break;
        };
        path = [&import.path, &rest[1..]].concat();
    }
    found
}

/// The innermost module on the path.
fn innermost(path: &Path, modules: &Modules) -> String {
    let lengths = (0..=path.len()).rev();
    let mut prefixes = lengths.map(|length| path[..length].join("::"));
    let known = prefixes.find(|prefix| modules.contains_key(prefix));
    known.unwrap_or_default()
}

#[test]
fn modules_of_a_crate_form_no_circle() {
    let mut arrows = 0;
    for folder in CRATES {
        let groups = groups(&sources(&root().join(folder)));
        assert_eq!(circle(&groups), None, "{folder}");
        arrows += groups.len();
    }
    assert!(arrows > 100, "{arrows}");
}

#[test]
fn a_circle_of_modules_is_found_however_it_is_written() {
    for files in [
        // Two modules.
        &[("a", "use crate::b::X;"), ("b", "fn f() { crate::a::g() }")][..],
        &[
            ("a", "use std::{fmt}; use crate::{c, b::{self, X}};"),
            ("b", "use super::a::Y;"),
            ("c", ""),
        ],
        &[
            ("a", "fn f() { println!(\"{}\", crate::b::X) }"),
            ("b", "use crate::a::f;"),
        ],
        // Under another name.
        &[
            ("", "mod a; mod b;"),
            ("a", "use crate as root; fn f() { root::b::g() }"),
            ("b", "use crate::a::f;"),
        ],
        // A module and its child.
        &[
            ("a", "mod b; fn f() { b::g(\"// \") }"),
            ("a::b", "use super::f;"),
        ],
        &[
            ("a", "#[cfg(test)]\nmod tests;\nuse self::b::X; fn f() {}"),
            ("a::b", "use super::f;"),
        ],
        // Re-exports.
        &[
            ("a", "pub use self::b::X;"),
            ("a::b", "use crate::c::Y;"),
            ("c", "use crate::a::X;"),
        ],
        &[
            ("a", "pub use self::b::X; fn f(_: X) {}"),
            ("a::b", "use super::f;"),
        ],
        &[
            ("a", "pub(crate) use crate::b::X;"),
            ("b", "use crate::a::f;"),
        ],
        // Children of two modules: each uses the other's parent, or the other's child.
        &[
            ("a", ""),
            ("a::c", "use crate::b::X;"),
            ("b", ""),
            ("b::c", "use crate::a::Y;"),
        ],
        &[
            ("d::a", "use super::b::c::X;"),
            ("d::a::e", ""),
            ("d::b", ""),
            ("d::b::c", ""),
            ("d::b::f", "use crate::d::a::e::Y;"),
        ],
    ] {
        let found = circle(&groups(&sources_from(files)));
        assert!(found.is_some(), "{files:?}");
    }
    let sound = [
        (
            "a",
            "//! use crate::b;\npub mod b; pub use self::b::X; fn error() {}\nconst S: &str = \"crate::b::x\";",
        ),
        (
            "a::b",
            "use super::error;\n#[cfg(test)]\nmod tests {\n    use crate::c::Z;\n}\nfn f() {}",
        ),
        ("c", "use crate::a::X; use crate::a::b::Y;"),
    ];
    assert_eq!(circle(&groups(&sources_from(&sound))), None);
}
