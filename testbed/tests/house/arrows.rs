//! What depends on what, and whether that is a circle.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The first cycle, from a node back to itself.
pub(crate) fn circle(arrows: &Arrows) -> Option<Vec<String>> {
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
