//! Documents: what they point at exists, and the changelog has the version that is being built.

use std::collections::BTreeSet;

use super::Fault;
use crate::repository::{SourceFile, has_extension};

const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
const HEADINGS: [&str; 5] = ["Breaking", "Added", "Changed", "Fixed", "Content"];
const COMMANDS: [&str; 2] =
    ["cargo run --release -- investigate examples/exposed-key", "cargo xtask ci"];
const FOLDERS: [&str; 9] =
    ["crates/", "xtask/", "content/", "docs/", "examples/", "fuzz/", ".ci/", ".config/", ".cargo/"];

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) {
    let places = places(files);
    for name in DOCUMENTS {
        if !places.contains(name) {
            faults.push(Fault::new(name, 1, "missing", "see the other documents for its place"));
        }
    }
    for file in files.iter().filter(|file| is_document(&file.path)) {
        check_references(file, files, &places, faults);
    }
    let find = |name: &str| files.iter().find(|file| file.path == name);
    if let Some(readme) = find("README.md") {
        for command in COMMANDS.into_iter().filter(|command| !readme.text.contains(command)) {
            let what = format!("the command `{command}` is not mentioned");
            faults.push(Fault::new(&readme.path, 1, what, "README promises these two commands"));
        }
    }
    if let (Some(changelog), Some(manifest)) = (find("CHANGELOG.md"), find("Cargo.toml")) {
        check_changelog(changelog, manifest, faults);
    }
}

fn is_document(path: &str) -> bool {
    has_extension(path, "md") && (!path.contains('/') || path.starts_with("docs/"))
}

/// Files and their folders.
fn places(files: &[SourceFile]) -> BTreeSet<&str> {
    let mut places = BTreeSet::new();
    for file in files {
        places.insert(file.path.as_str());
        for (at, _) in file.path.match_indices('/') {
            places.insert(&file.path[..at]);
        }
    }
    places
}

/// `path` and `path::test` in backticks, and relative links.
fn check_references(
    file: &SourceFile,
    files: &[SourceFile],
    places: &BTreeSet<&str>,
    faults: &mut Vec<Fault>,
) {
    let mut fenced = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2).filter(|code| is_path(code));
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let linked = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let linked = linked.filter(|target| !target.is_empty() && !target.contains(':'));
        let linked = linked.map(|target| resolve(folder, target));
        for reference in quoted.map(str::to_owned).chain(linked) {
            let (path, test) = reference.split_once("::").unwrap_or((&reference, ""));
            let path = path.trim_end_matches('/');
            let name = test.rsplit("::").next().unwrap_or("");
            let found = files.iter().find(|file| file.path == path);
            if !places.contains(path) {
                let what = format!("{path} does not exist");
                faults.push(Fault::new(&file.path, index + 1, what, "correct the reference"));
            } else if !name.is_empty()
                && !found.is_some_and(|file| file.text.contains(&format!("fn {name}(")))
            {
                let what = format!("{path} has no function `{name}`");
                let hint = "name the test that holds this now";
                faults.push(Fault::new(&file.path, index + 1, what, hint));
            }
        }
    }
}

fn is_path(code: &str) -> bool {
    FOLDERS.iter().any(|folder| code.starts_with(folder))
        && !code.contains([' ', '*', '<', '{', '('])
        && !code.split('/').any(|part| {
            // A placeholder, as in `crates/NAME`.
            part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn check_changelog(changelog: &SourceFile, manifest: &SourceFile, faults: &mut Vec<Fault>) {
    let version = manifest
        .text
        .lines()
        .find_map(|line| line.strip_prefix("version = \""))
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("");
    if !changelog.text.lines().any(|line| line.starts_with(&format!("## {version}"))) {
        let what = format!("no section for version {version}");
        faults.push(Fault::new(&changelog.path, 1, what, "add it at the top"));
    }
    for (index, line) in changelog.text.lines().enumerate() {
        let Some(heading) = line.strip_prefix("### ") else { continue };
        if !HEADINGS.contains(&heading.trim()) {
            let what = format!("heading `{heading}` is not used here");
            let hint = format!("one of {}", HEADINGS.join(", "));
            faults.push(Fault::new(&changelog.path, index + 1, what, hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    const README: &str =
        "`cargo run --release -- investigate examples/exposed-key`\n`cargo xtask ci`\n";
    const CHANGELOG: &str = "# Changelog\n\n## 0.1.0 (unreleased)\n\n### Added\n";

    fn faults(readme: &str, changelog: &str, architecture: &str) -> Vec<String> {
        faults_of(
            check,
            &[
                ("README.md", readme),
                ("CHANGELOG.md", changelog),
                ("ARCHITECTURE.md", architecture),
                ("CONTRIBUTING.md", "x\n"),
                ("Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n"),
                ("crates/a/tests/suite.rs", "fn cut_anywhere() {}\n"),
                ("docs/tables.md", "back to [README](../README.md#top)\n"),
            ],
        )
    }

    #[test]
    fn references_that_hold_are_fine() {
        let text = "see `crates/a/tests/suite.rs::cut_anywhere`, `crates/a/`, `crates/NAME/x`, \
                    [tables](docs/tables.md) and [more](https://example.org/x)\n\
                    ```\n`docs/none.md`\n```\n";
        assert!(
            faults(README, CHANGELOG, text).is_empty(),
            "{:?}",
            faults(README, CHANGELOG, text)
        );
    }

    #[test]
    fn dead_references_are_found() {
        let text = "`crates/b`\n`crates/a/tests/suite.rs::gone` [x](docs/none.md)\n";
        assert_eq!(
            faults(README, CHANGELOG, text),
            [
                "ARCHITECTURE.md:1: crates/b does not exist",
                "ARCHITECTURE.md:2: crates/a/tests/suite.rs has no function `gone`",
                "ARCHITECTURE.md:2: docs/none.md does not exist",
            ]
        );
    }

    #[test]
    fn readme_keeps_its_promise_and_changelog_its_form() {
        let changelog = "# Changelog\n\n## 0.0.9\n\n### Misc\n";
        assert_eq!(
            faults("`cargo xtask ci`\n", changelog, ""),
            [
                "CHANGELOG.md:1: no section for version 0.1.0",
                "CHANGELOG.md:5: heading `Misc` is not used here",
                "README.md:1: the command `cargo run --release -- investigate examples/exposed-key` \
                 is not mentioned",
            ]
        );
    }
}
