//! What the docs refer to exists: the tests that they name, and the files and headings that they link to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sources::{files_with_extension, root};

/// A name in the docs with this many words is a test's; settings, crates and outcomes are shorter.
const MIN_WORDS: usize = 5;

/// The Markdown files of the repository's root and of `docs`.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = Vec::new();
    for folder in [root(), root().join("docs")] {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            files.push(entry.unwrap().path());
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
        pages.extend(files.into_iter().map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            (file, text)
        }));
    }
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

/// The test names in `text`, without the modules before them.
fn named_tests(text: &str) -> BTreeSet<&str> {
    let is_name = |span: &&str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        span.chars().all(plain) && span.split('_').count() >= MIN_WORDS
    };
    let spans = text
        .split('`')
        .map(|span| span.rsplit("::").next().unwrap());
    spans.filter(is_name).collect()
}

#[test]
fn every_test_that_the_docs_name_exists() {
    let files = ["rs", "py"].map(|extension| files_with_extension(&root(), extension));
    let sources: Vec<String> = files
        .iter()
        .flatten()
        .flat_map(fs::read_to_string)
        .collect();
    let exists = |name: &str| {
        let forms = [format!("fn {name}("), format!("def {name}(")];
        let defines = |source: &String| forms.iter().any(|form| source.contains(form));
        sources.iter().any(defines)
    };
    let pages = pages();
    let named = pages.iter().flat_map(|(_, text)| named_tests(text));
    let named: BTreeSet<&str> = named.collect();
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<_> = named.into_iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "the docs name {missing:?}");
}

#[test]
fn a_test_name_is_told_from_a_setting_and_a_crate() {
    let text = "`lambda_http` and `rotation::a_wrong_signature_is_refused` of `no_such_table`";
    assert_eq!(named_tests(text), ["a_wrong_signature_is_refused"].into());
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    let text: String = heading.trim().to_lowercase().chars().filter(kept).collect();
    text.replace(' ', "-")
}

fn leads_somewhere(page: &Path, link: &str) -> bool {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.to_owned(),
        path => page.parent().unwrap().join(path),
    };
    if fragment.is_empty() {
        return target.exists();
    }
    let text = fs::read_to_string(target).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#')));
    anchors.any(|anchor| anchor == fragment)
}

#[test]
fn every_link_in_the_docs_to_a_file_or_heading_leads_there() {
    let mut checked = 0;
    for (page, text) in pages() {
        let links = text.split("](").skip(1);
        let links = links.filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.starts_with("http")) {
            assert!(leads_somewhere(&page, link), "{}: {link}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}
