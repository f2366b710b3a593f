//! Reads which names and paths a module's text contains.

use std::collections::BTreeSet;
use std::iter::once;

use crate::tokens::tokens;

/// A path from the crate's root.
pub(crate) type Path = Vec<String>;

/// What a module's text refers to.
#[derive(Default)]
pub(crate) struct Module {
    /// What every `use` brings in.
    pub imports: Vec<Import>,
    /// Every other path of at least two names.
    pub paths: Vec<Path>,
    /// Every other single name.
    pub names: BTreeSet<String>,
}

/// One name that a `use` brings in.
pub(crate) struct Import {
    pub name: String,
    pub path: Path,
    /// `pub use` or `pub(crate) use`.
    pub is_reexport: bool,
}

impl Module {
    /// Reads the text of the module called `module`.
    pub(crate) fn read(module: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let mut found = Self::default();
        let mut before = "";
        let mut rest = tokens.as_slice();
        while let [token, after @ ..] = rest {
            rest = after;
            // `use<'a>` names what a type captures.
            if token == "use" && !after.starts_with(&["<".to_owned()]) {
                let end = after.iter().position(|token| token == ";").unwrap();
                for (name, path) in imports(&after[..=end]) {
                    found.imports.push(Import {
                        name,
                        path: absolute(module, &path),
                        is_reexport: matches!(before, "pub" | ")"),
                    });
                }
                rest = &after[end..];
            } else if is_name(token) && !matches!(before, "." | "::") {
                let more = after.chunks(2).map_while(|pair| match pair {
                    [colons, name] if colons == "::" && is_name(name) => Some(name),
                    _ => None,
                });
                let path: Path = once(token).chain(more).cloned().collect();
                if path.len() > 1 {
                    found.paths.push(absolute(module, &path));
                } else {
                    found.names.insert(token.clone());
                }
            }
            before = token;
        }
        found
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The names and paths in the tree of a `use`, which ends with a semicolon.
fn imports(tree: &[String]) -> Vec<(String, Path)> {
    let mut found = Vec::new();
    let mut outer: Vec<Path> = Vec::new();
    let mut path = Path::new();
    let mut alias = None;
    let mut tokens = tree.iter();
    while let Some(token) = tokens.next() {
        match token.as_str() {
            "::" => {}
            "as" => alias = tokens.next().cloned(),
            "{" => outer.push(path.clone()),
            "," | "}" | ";" => {
                if path.len() > outer.last().map_or(0, Vec::len) {
                    // The name of `a::{self}` is `a`.
                    let last = path.iter().rfind(|name| *name != "self").cloned();
                    found.push((alias.take().or(last).unwrap_or_default(), path));
                }
                if token == "}" {
                    outer.pop();
                }
                path = outer.last().cloned().unwrap_or_default();
            }
            name => path.push(name.to_owned()),
        }
    }
    found
}

/// `path`, as it is written in `module`, from the crate's root.
fn absolute(module: &str, path: &[String]) -> Path {
    let mut absolute: Path = segments(module).into_iter().map(str::to_owned).collect();
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

/// The names in a module's name; none in the root's.
pub(crate) fn segments(module: &str) -> Vec<&str> {
    module.split("::").filter(|name| !name.is_empty()).collect()
}
