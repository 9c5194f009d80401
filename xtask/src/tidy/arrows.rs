//! Who may use whom: the manifests of the crates against the table in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

use super::Fault;
use crate::repository::SourceFile;

const TABLE: &str = "ARCHITECTURE.md";
const PREFIX: &str = "heptagon-";

/// What a crate may use.
#[derive(Debug, PartialEq, Eq)]
enum Allowed {
    All,
    Only(BTreeSet<String>),
}

impl Allowed {
    fn contains(&self, name: &str) -> bool {
        match self {
            Allowed::All => true,
            Allowed::Only(names) => names.contains(name),
        }
    }
}

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) {
    let Some(document) = files.iter().find(|file| file.path == TABLE) else {
        faults.push(Fault::new(TABLE, 1, "missing", "it holds the table of crates and arrows"));
        return;
    };
    let table = read_table(&document.text);
    if table.is_empty() {
        let hint = "keep the table with the columns `crate`, `job` and `may use`";
        faults.push(Fault::new(TABLE, 1, "no table of crates found", hint));
        return;
    }
    let mut found = BTreeSet::new();
    for manifest in files {
        let Some(name) = crate_of(&manifest.path) else { continue };
        found.insert(name.to_owned());
        check_crate(name, manifest, &table, faults);
    }
    for (name, (line, _)) in &table {
        if !found.contains(name) {
            let what = format!("the table has a crate `{name}` that does not exist");
            faults.push(Fault::new(TABLE, *line, what, "remove the row; rows arrive with crates"));
        }
    }
}

fn check_crate(
    name: &str,
    manifest: &SourceFile,
    table: &BTreeMap<String, (usize, Allowed)>,
    faults: &mut Vec<Fault>,
) {
    let path = &manifest.path;
    let parsed: toml::Table = match manifest.text.parse() {
        Ok(parsed) => parsed,
        Err(error) => {
            let what = format!("not TOML: {}", error.message());
            faults.push(Fault::new(path, 1, what, "cargo would not read it either"));
            return;
        }
    };
    let Some((_, allowed)) = table.get(name) else {
        let what = format!("crate `{name}` is not in the table of {TABLE}");
        faults.push(Fault::new(path, 1, what, "add a row: its job, and which crates it may use"));
        return;
    };
    for dependency in dependencies(&parsed) {
        let line = line_of(&manifest.text, &dependency);
        let Some(used) = dependency.strip_prefix(PREFIX) else {
            if dependency == "xtask" {
                let what = "a crate uses xtask";
                faults.push(Fault::new(path, line, what, "xtask stands outside the product"));
            }
            continue;
        };
        if !allowed.contains(used) {
            let what = format!("`{name}` uses `{used}`, which {TABLE} does not allow");
            let hint = "pass a value or a trait in instead; or change the table, and say why in \
                        the commit";
            faults.push(Fault::new(path, line, what, hint));
        }
    }
}

/// Names of the normal and build dependencies, those of targets included; tests may use anything.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut tables = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let mut names = BTreeSet::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(listed) = table.get(kind).and_then(toml::Value::as_table) else { continue };
            for (name, value) in listed {
                let package = value.get("package").and_then(toml::Value::as_str);
                names.insert(package.unwrap_or(name).to_owned());
            }
        }
    }
    names
}

fn line_of(text: &str, word: &str) -> usize {
    text.lines().position(|line| line.contains(word)).map_or(1, |index| index + 1)
}

/// `crates/NAME/Cargo.toml` -> NAME; xtask counts as a crate that may use nothing of ours.
fn crate_of(path: &str) -> Option<&str> {
    if path == "xtask/Cargo.toml" {
        return Some("xtask");
    }
    let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!name.contains('/')).then_some(name)
}

/// Rows of the Markdown table whose header is `crate | job | may use`, with their lines.
fn read_table(text: &str) -> BTreeMap<String, (usize, Allowed)> {
    let mut rows = BTreeMap::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let cells: Vec<&str> =
            line.trim().trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
        if !line.trim_start().starts_with('|') {
            inside = false;
        } else if cells.len() == 3 && cells[0] == "crate" && cells[2] == "may use" {
            inside = true;
        } else if inside && cells.len() == 3 && !cells[0].starts_with('-') {
            rows.insert(cells[0].trim_matches('`').to_owned(), (index + 1, allowed(cells[2])));
        }
    }
    rows
}

fn allowed(cell: &str) -> Allowed {
    match cell {
        "all" => Allowed::All,
        "nothing of ours" => Allowed::Only(BTreeSet::new()),
        _ => {
            Allowed::Only(cell.split(',').map(|n| n.trim().trim_matches('`').to_owned()).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    const DOCUMENT: &str = "\
# Map

| crate | job | may use |
|---|---|---|
| `model` | nouns | nothing of ours |
| `parse` | bytes to records | `model` |
| `cli` | prints | all |
";

    #[test]
    fn an_arrow_outside_the_table_is_a_fault() {
        let faults = faults_of(
            check,
            &[
                (TABLE, DOCUMENT),
                ("crates/model/Cargo.toml", "[dependencies]\nserde = \"1\"\n"),
                (
                    "crates/parse/Cargo.toml",
                    "[dependencies]\nheptagon-model = \"1\"\nheptagon-cli = { workspace = true }\n",
                ),
                ("crates/cli/Cargo.toml", "[dependencies]\nheptagon-parse = { path = \"x\" }\n"),
            ],
        );
        assert_eq!(
            faults,
            ["crates/parse/Cargo.toml:3: `parse` uses `cli`, which ARCHITECTURE.md does not allow"]
        );
    }

    #[test]
    fn tests_may_use_what_the_product_may_not() {
        let manifest = "[dev-dependencies]\nheptagon-cli = \"1\"\n";
        let document = DOCUMENT.replace("| `cli` | prints | all |\n", "");
        let document = document.replace("| `parse` | bytes to records | `model` |\n", "");
        let faults = faults_of(check, &[(TABLE, &document), ("crates/model/Cargo.toml", manifest)]);
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn renaming_a_dependency_or_hiding_it_in_a_target_does_not_help() {
        let manifest = "[target.'cfg(unix)'.dependencies]\nfine = { package = \"heptagon-cli\", path = \"x\" }\n";
        let document =
            "| crate | job | may use |\n|---|---|---|\n| `model` | nouns | nothing of ours |\n";
        let faults = faults_of(check, &[(TABLE, document), ("crates/model/Cargo.toml", manifest)]);
        assert_eq!(faults.len(), 1, "{faults:?}");
    }

    #[test]
    fn rows_and_crates_must_agree() {
        let faults = faults_of(
            check,
            &[(TABLE, DOCUMENT), ("crates/model/Cargo.toml", ""), ("crates/new/Cargo.toml", "")],
        );
        assert_eq!(
            faults,
            [
                "ARCHITECTURE.md:6: the table has a crate `parse` that does not exist",
                "ARCHITECTURE.md:7: the table has a crate `cli` that does not exist",
                "crates/new/Cargo.toml:1: crate `new` is not in the table of ARCHITECTURE.md",
            ]
        );
    }
}
