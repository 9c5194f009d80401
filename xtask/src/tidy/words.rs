//! Words that must not stand in code: unfinished work everywhere, `unwrap` outside tests.

use std::collections::BTreeSet;

use super::{Fault, code};
use crate::repository::{SourceFile, has_extension};

/// Puts the reason where the exception is: `// tidy: allow(unwrap): reason`, on the line or above.
const ALLOW: &str = "tidy: allow(";

struct Word {
    name: &'static str,
    needle: &'static str,
    in_tests: bool,
    hint: &'static str,
}

const WORDS: [Word; 6] = [
    Word { name: "todo", needle: "todo!(", in_tests: true, hint: "finish it, or leave it out" },
    Word {
        name: "unimplemented",
        needle: "unimplemented!(",
        in_tests: true,
        hint: "finish it, or leave it out",
    },
    Word {
        name: "ignore",
        needle: "#[ignore",
        in_tests: true,
        hint: "assert today's behaviour with a FIXME, or delete the test",
    },
    Word { name: "dbg", needle: "dbg!(", in_tests: true, hint: "remove it" },
    Word {
        name: "unwrap",
        needle: ".unwrap()",
        in_tests: false,
        hint: "return an error, or `expect` with why it cannot happen",
    },
    Word {
        name: "unwrap",
        needle: ".unwrap_err()",
        in_tests: false,
        hint: "match on it, or `expect_err` with why it cannot happen",
    },
];

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) {
    let rust: Vec<(&SourceFile, Vec<code::Line>)> = files
        .iter()
        .filter(|file| has_extension(&file.path, "rs"))
        .map(|file| (file, code::lines(&file.text)))
        .collect();
    let tests = test_paths(&rust);
    for (file, lines) in &rust {
        let test = is_test(&file.path, &tests);
        let originals: Vec<&str> = file.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            for word in WORDS.iter().filter(|word| line.code.contains(word.needle)) {
                let excused = (test || line.test) && !word.in_tests;
                if excused || allowed(&originals, index, word.name) {
                    continue;
                }
                let what = format!("`{}` in code", word.needle.trim_end_matches('('));
                faults.push(Fault::new(&file.path, index + 1, what, word.hint));
            }
        }
    }
}

fn allowed(originals: &[&str], index: usize, name: &str) -> bool {
    let marker = format!("{ALLOW}{name}): ");
    let above = index.checked_sub(1).and_then(|above| originals.get(above));
    originals.get(index).into_iter().chain(above).any(|line| line.contains(&marker))
}

/// Files and folders of modules that are declared under `#[cfg(test)]`.
fn test_paths(rust: &[(&SourceFile, Vec<code::Line>)]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (file, lines) in rust {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let folder = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            _ => format!("{folder}/{}", name.trim_end_matches(".rs")),
        };
        for module in code::test_modules(lines) {
            paths.insert(format!("{folder}/{module}.rs"));
            paths.insert(format!("{folder}/{module}/"));
        }
    }
    paths
}

fn is_test(path: &str, tests: &BTreeSet<String>) -> bool {
    let folder = |name: &str| path.split('/').rev().skip(1).any(|part| part == name);
    ["tests", "examples", "benches", "fuzz"].into_iter().any(folder)
        || tests.contains(path)
        || tests.iter().any(|test| test.ends_with('/') && path.starts_with(test.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    #[test]
    fn unwrap_is_for_tests() {
        let text = "fn a() {\n    b.unwrap();\n    // c.unwrap()\n    \"d.unwrap()\";\n    \
                    e.unwrap_or(1);\n}\n#[cfg(test)]\nmod tests {\n    fn f() { g.unwrap(); }\n}\n";
        let faults = faults_of(check, &[("crates/a/src/lib.rs", text)]);
        assert_eq!(faults, ["crates/a/src/lib.rs:2: `.unwrap()` in code"]);
        assert!(faults_of(check, &[("crates/a/tests/suite.rs", text)]).is_empty());
    }

    #[test]
    fn modules_under_cfg_test_are_tests_whatever_their_name() {
        let files = [
            ("crates/a/src/lib.rs", "#[cfg(test)]\nmod support;\nmod real;\n"),
            ("crates/a/src/support.rs", "fn a() { b.unwrap(); }\n"),
            ("crates/a/src/support/deep.rs", "fn a() { b.unwrap(); }\n"),
            ("crates/a/src/real.rs", "#[cfg(test)]\nmod cases;\nfn a() { b.unwrap(); }\n"),
            ("crates/a/src/real/cases.rs", "fn a() { b.unwrap(); }\n"),
        ];
        assert_eq!(faults_of(check, &files), ["crates/a/src/real.rs:3: `.unwrap()` in code"]);
    }

    #[test]
    fn an_exception_gives_its_reason() {
        let text =
            "fn a() {\n    // tidy: allow(unwrap): the lock is ours alone\n    b.unwrap();\n}\n";
        assert!(faults_of(check, &[("crates/a/src/lib.rs", text)]).is_empty());
        let bare = text.replace(": the lock is ours alone", "");
        assert_eq!(faults_of(check, &[("crates/a/src/lib.rs", &bare)]).len(), 1);
    }

    #[test]
    fn unfinished_work_is_a_fault_in_tests_too() {
        let text = concat!(
            "#[cfg(test)]\nmod tests {\n    #[igno",
            "re]\n    fn a() { to",
            "do!() }\n}\n"
        );
        let faults = faults_of(check, &[("crates/a/src/lib.rs", text)]);
        assert_eq!(faults.len(), 2, "{faults:?}");
    }
}
