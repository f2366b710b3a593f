//! Dependencies between the workspace's crates point in one direction.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::arrows::{Arrows, circle};
use crate::sources::root;

/// Which of our crates each crate may depend on. A crate that isn't listed may depend on none of them.
const ALLOWED: &[(&str, &[&str])] = &[
    ("shared", &["kept-connection"]),
    ("create", &["shared"]),
    ("update", &["shared"]),
    ("delete", &["shared"]),
    ("verify", &["shared"]),
    ("join", &["shared", "kept-connection"]),
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

/// `contract/` isn't a crate, so its scripts are read.
#[test]
fn no_script_in_contract_uses_the_command_line() {
    for folder in ["contract", "contract/video"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let script = fs::read_to_string(&path).unwrap_or_default(); // of a folder: empty
            let uses = script.contains("hubspot-conference") || script.contains("cargo run");
            assert!(!uses, "{}", path.display());
        }
    }
}
