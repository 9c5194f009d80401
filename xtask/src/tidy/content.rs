//! Content: no rule or question without its documentation and fixtures, no file nobody loads.
//!
//! The YAML is read superficially, by lines: what it means is checked by `heptagon rules lint` and
//! the content crate's tests. Here only what is missing is found, without building the product.

use std::collections::BTreeSet;

use super::Fault;
use crate::repository::{SourceFile, has_extension};

const ROOT: &str = "content/";
const FIXTURE: &str = ".test.yml";

/// Files the loaders know by name; the others are known by their folder.
const SINGLE: [&str; 4] =
    ["catalog/actions.csv", "questions/common.yml", "rules/README.md", "VERSION"];

/// What a rule says, besides what it detects.
const RULE_KEYS: [(&str, &str); 7] = [
    ("title", "what a match is, in a few words"),
    ("id", "a UUID version 4 that never changes; findings are keyed by it"),
    ("description", "one to three sentences: what happened and why it matters"),
    ("falsepositives", "a list of innocent explanations"),
    ("level", "informational, low, medium, high or critical"),
    ("tags", "at least heptagon.element.<slug> and an ATT&CK technique"),
    ("heptagon", "`confidence` and `triage`"),
];

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) -> String {
    let content: Vec<(&str, &SourceFile)> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix(ROOT).map(|path| (path, file)))
        .collect();
    let paths: BTreeSet<&str> = content.iter().map(|(path, _)| *path).collect();
    let mut n_rules = 0;
    let mut n_questions = 0;
    for (path, file) in &content {
        match kind(path) {
            Kind::Single => {}
            Kind::Rule => {
                n_rules += 1;
                check_rule(file, faults);
                check_fixture(path, file, &paths, &content, faults);
            }
            Kind::Question => {
                n_questions += 1;
                check_question(path, file, faults);
                check_fixture(path, file, &paths, &content, faults);
            }
            Kind::Fixture => {
                let subject = path.replace(FIXTURE, ".yml");
                if !paths.contains(subject.as_str()) {
                    let what = format!("fixtures of a file that does not exist: {ROOT}{subject}");
                    faults.push(Fault::new(&file.path, 1, what, "rename or remove them"));
                }
            }
            Kind::Dead => {
                let hint = "remove it; if a loader reads it, name it in \
                            xtask/src/tidy/content.rs";
                faults.push(Fault::new(&file.path, 1, "no loader reads this file", hint));
            }
        }
    }
    format!("{n_rules} rules, {n_questions} questions")
}

enum Kind {
    Single,
    Rule,
    Question,
    Fixture,
    Dead,
}

fn kind(path: &str) -> Kind {
    let parts: Vec<&str> = path.split('/').collect();
    if SINGLE.contains(&path) {
        return Kind::Single;
    }
    match parts.as_slice() {
        ["rules" | "questions", _, name] if name.ends_with(FIXTURE) => Kind::Fixture,
        ["rules", _, name] if has_extension(name, "yml") => Kind::Rule,
        ["questions", _, name] if has_extension(name, "yml") => Kind::Question,
        _ => Kind::Dead,
    }
}

fn check_rule(file: &SourceFile, faults: &mut Vec<Fault>) {
    for (key, hint) in RULE_KEYS {
        if let Some(line) = missing(&file.text, key) {
            faults.push(Fault::new(&file.path, line, format!("the rule has no `{key}`"), hint));
        }
    }
    let block = block(&file.text, "heptagon").map_or(String::new(), |(_, text)| text);
    if missing_inside(&block, "triage") {
        let what = "the rule has no `heptagon: {triage: [...]}`";
        let hint = "say what a responder does first when it matches";
        faults.push(Fault::new(&file.path, 1, what, hint));
    }
}

fn check_question(path: &str, file: &SourceFile, faults: &mut Vec<Fault>) {
    let parts: Vec<&str> = path.split('/').collect();
    let expected = [("id", parts[2].trim_end_matches(".yml")), ("element", parts[1])];
    for (key, name) in expected {
        let value = block(&file.text, key);
        let given = value.as_ref().map_or("", |(_, text)| text.trim().trim_matches(['"', '\'']));
        if given != name {
            let line = value.as_ref().map_or(1, |(line, _)| *line);
            let what = format!("`{key}` is `{given}`, but the file says `{name}`");
            faults.push(Fault::new(&file.path, line, what, "questions/<element>/<id>.yml"));
        }
    }
    if let Some(line) = missing(&file.text, "text") {
        let what = "the question has no `text`";
        faults.push(Fault::new(&file.path, line, what, "the question as a responder asks it"));
    }
}

/// A subject needs fixtures, and they must hold cases.
fn check_fixture(
    path: &str,
    file: &SourceFile,
    paths: &BTreeSet<&str>,
    content: &[(&str, &SourceFile)],
    faults: &mut Vec<Fault>,
) {
    let fixture = path.replace(".yml", FIXTURE);
    if !paths.contains(fixture.as_str()) {
        let what = format!("no fixtures: {ROOT}{fixture} is missing");
        faults.push(Fault::new(&file.path, 1, what, "no test, no merge"));
        return;
    }
    let Some((_, fixture)) = content.iter().find(|(name, _)| *name == fixture) else { return };
    let wanted: &[&str] =
        if path.starts_with("rules/") { &["positive:", "negative:"] } else { &["expect:"] };
    for key in wanted {
        let holds = if path.starts_with("rules/") {
            block(&fixture.text, key.trim_end_matches(':'))
                .is_some_and(|(_, text)| text.contains("name:"))
        } else {
            fixture.text.contains(key)
        };
        if !holds {
            let what = format!("the fixtures have no `{key}` case");
            let hint = "rules need both; a negative differs from a positive in one field. \
                        Questions need a case for every verdict they can give";
            faults.push(Fault::new(&fixture.path, 1, what, hint));
        }
    }
}

/// The line to point at if a top-level key is missing or empty.
fn missing(text: &str, key: &str) -> Option<usize> {
    match block(text, key) {
        None => Some(1),
        Some((line, value)) => is_empty(&value).then_some(line),
    }
}

/// Whether a key inside a block (nested or in braces) is missing or empty.
fn missing_inside(text: &str, key: &str) -> bool {
    let Some(at) = text.find(&format!("{key}:")) else { return true };
    let value = text[at + key.len() + 1..].trim_start();
    value.starts_with("[]") || value.is_empty()
}

fn is_empty(value: &str) -> bool {
    matches!(value.trim(), "" | "[]" | "{}" | "''" | "\"\"" | "null" | "~")
}

/// The value of a top-level key: the rest of its line and the indented lines (or list items) below.
fn block(text: &str, key: &str) -> Option<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let (index, first) = lines.iter().enumerate().find_map(|(index, line)| {
        let rest = line.strip_prefix(key)?.strip_prefix(':')?;
        (rest.is_empty() || rest.starts_with(' ')).then_some((index, rest))
    })?;
    let comment = |line: &str| line.split(" #").next().unwrap_or("").to_owned();
    let mut value = comment(first);
    for line in &lines[index + 1..] {
        if !(line.starts_with([' ', '-']) || line.is_empty()) {
            break;
        }
        value.push('\n');
        value.push_str(line);
    }
    Some((index + 1, value))
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    const RULE: &str = "\
title: Guardrail deleted
id: 6c7d
description: 'Someone deleted
  a guardrail.'
falsepositives:
  - Clearing up.
level: high
tags: [heptagon.element.ai-changes, attack.t1562.001]
heptagon:
  confidence: high
  triage:
    - Ask.
";
    const FIXTURES: &str = "positive:\n  - name: a\n    record: '{}'\nnegative:\n  - name: b\n";

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        faults_of(|files, faults| drop(check(files, faults)), files)
    }

    #[test]
    fn a_documented_and_tested_rule_is_fine() {
        let files = [("content/rules/ai/a.yml", RULE), ("content/rules/ai/a.test.yml", FIXTURES)];
        assert!(faults(&files).is_empty(), "{:?}", faults(&files));
        let braces = RULE.replace(
            "heptagon:\n  confidence: high\n  triage:\n    - Ask.\n",
            "heptagon: {confidence: high, triage: [Ask.]}\n",
        );
        let files =
            [("content/rules/ai/a.yml", &*braces), ("content/rules/ai/a.test.yml", FIXTURES)];
        assert!(faults(&files).is_empty(), "{:?}", faults(&files));
    }

    #[test]
    fn what_a_rule_lacks_is_named() {
        let rule = RULE.replace("  - Clearing up.\n", "").replace("  triage:\n    - Ask.\n", "");
        let files = [
            ("content/rules/ai/a.yml", rule.as_str()),
            ("content/rules/ai/a.test.yml", "positive:\n  - name: a\nnegative: []\n"),
        ];
        assert_eq!(
            faults(&files),
            [
                "content/rules/ai/a.test.yml:1: the fixtures have no `negative:` case",
                "content/rules/ai/a.yml:1: the rule has no `heptagon: {triage: [...]}`",
                "content/rules/ai/a.yml:5: the rule has no `falsepositives`",
            ]
        );
    }

    #[test]
    fn rules_and_questions_need_fixtures_and_the_other_way_round() {
        let question = "id: access-root\nelement: access\ntext: Was root used?\n";
        let files = [
            ("content/rules/ai/a.yml", RULE),
            ("content/rules/ai/b.test.yml", FIXTURES),
            ("content/questions/access/access-root.yml", question),
            ("content/questions/common.yml", "gaps: []\n"),
        ];
        assert_eq!(
            faults(&files),
            [
                "content/questions/access/access-root.yml:1: no fixtures: \
                 content/questions/access/access-root.test.yml is missing",
                "content/rules/ai/a.yml:1: no fixtures: content/rules/ai/a.test.yml is missing",
                "content/rules/ai/b.test.yml:1: fixtures of a file that does not exist: \
                 content/rules/ai/b.yml",
            ]
        );
    }

    #[test]
    fn a_question_stands_where_it_says() {
        let question = "id: access-root\nelement: agency\ntext: Was root used?\n";
        let files = [
            ("content/questions/access/access-root.yml", question),
            ("content/questions/access/access-root.test.yml", "- name: a\n  expect: confirmed\n"),
        ];
        assert_eq!(
            faults(&files),
            [
                "content/questions/access/access-root.yml:2: `element` is `agency`, but the file says \
              `access`"
            ]
        );
    }

    #[test]
    fn dead_files_are_found() {
        let files = [
            ("content/rules/notes.txt", "x"),
            ("content/rules/ai/deep/a.yml", RULE),
            ("content/catalog/actions.csv", "x"),
            ("content/rules/ai/a.yaml", RULE),
        ];
        assert_eq!(faults(&files).len(), 3, "{:?}", faults(&files));
    }
}
