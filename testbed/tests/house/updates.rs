//! Dependabot watches every manifest.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::sources::{files, root};

/// The ecosystem, in Dependabot's words, whose manifest this file is. A member of a workspace is none, because the
/// workspace's manifest stands for it.
fn ecosystem(file: &Path) -> Option<&'static str> {
    let name = file.file_name()?.to_str()?;
    let is_text = file.extension().is_some_and(|extension| extension == "txt");
    let has = |wanted: fn(&str) -> bool| fs::read_to_string(file).unwrap().lines().any(wanted);
    match name {
        "Cargo.toml" if has(|line| line == "[workspace]") => Some("cargo"),
        "package.json" => Some("npm"),
        _ if is_text && has(|line| line.contains("==")) => Some("pip"),
        _ => None,
    }
}

#[test]
fn dependabot_watches_every_manifest() {
    let files = files(&root());
    let folder = |file: &Path| {
        let folder = file.parent().unwrap().strip_prefix(root()).unwrap();
        format!("/{}", folder.display())
    };
    let config = fs::read_to_string(root().join(".github/dependabot.yml")).unwrap();
    for wanted in ["cargo", "npm", "pip"] {
        let manifests = files.iter().filter(|file| ecosystem(file) == Some(wanted));
        let manifests: BTreeSet<_> = manifests.map(|file| folder(file)).collect();
        let block = config
            .split("- package-ecosystem: ")
            .find(|block| block.starts_with(wanted));
        let line = block
            .unwrap()
            .lines()
            .find(|line| line.contains("directories: "))
            .unwrap();
        let watched: BTreeSet<_> = line
            .split('"')
            .skip(1)
            .step_by(2)
            .map(String::from)
            .collect();
        assert_eq!(watched, manifests, "{wanted} in .github/dependabot.yml");
    }
}
