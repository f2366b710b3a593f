//! No code is duplicated.

use std::collections::BTreeMap;

use crate::sources::{CRATES, Sources, root, sources, sources_from};

/// The number of equal lines that count as a copy.
const COPY: usize = 10;

/// Runs of at least [`COPY`] lines that occur twice: where they begin, and the first line. Blank lines,
/// comments and imports don't count.
fn copies(files: &Sources) -> Vec<String> {
    let mut seen: BTreeMap<Vec<&str>, String> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, text) in files {
        let lines = text.lines().enumerate();
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
fn no_run_of_ten_lines_stands_twice() {
    let mut files = BTreeMap::new();
    for folder in CRATES {
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
    let tests = "#[cfg(test)]\nmod tests;\n".to_owned();
    let files = sources_from(&[
        ("a", &(run(0) + &run(50))),
        ("b", &(tests + &run(20) + &run(50))),
        ("c", &run(1)),
    ]);
    assert_eq!(copies(&files), ["b:33 and a:31: line_50;"]);
}
