//! What our own rules must have beyond what Sigma wants.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::Element;
use serde_json::Value;

use crate::fixtures::{Fixture, FixtureFile};
use crate::rules::{Header, RuleFault, RuleFile, code, headers};

/// OWASP's entries of 2023 and what became of them in 2025.
const OWASP_PAIRS: [(&str, &str); 8] = [
    ("llm01.2023", "llm01.2025"),
    ("llm02.2023", "llm05.2025"),
    ("llm03.2023", "llm04.2025"),
    ("llm04.2023", "llm10.2025"),
    ("llm05.2023", "llm03.2025"),
    ("llm06.2023", "llm02.2025"),
    ("llm08.2023", "llm06.2025"),
    ("llm09.2023", "llm09.2025"),
];

/// Checks rules of our own pack: metadata, tags, fixtures. What is wrong with their logic,
/// [`crate::RuleSet::load`] says.
pub fn own_pack(rules: &[RuleFile], fixtures: &[RuleFile]) -> Vec<RuleFault> {
    let fixtures: BTreeMap<&str, &RuleFile> =
        fixtures.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut faults = Vec::new();
    let mut expected = BTreeSet::new();
    for file in rules {
        let fixture_path = fixture_path(&file.path);
        for header in headers(file) {
            let mut linter = Linter { path: &file.path, header: &header, faults: &mut faults };
            linter.metadata();
            linter.tags();
            linter.fixtures(fixtures.get(fixture_path.as_str()).copied(), &fixture_path);
        }
        expected.insert(fixture_path);
    }
    for path in fixtures.keys().filter(|path| !expected.contains(**path)) {
        faults.push(RuleFault {
            path: (*path).to_owned(),
            rule_id: None,
            code: code::FIXTURES,
            message: "fixtures without a rule".to_owned(),
            hint: "name the file like the rule's, with .test.yml at the end".to_owned(),
        });
    }
    faults.sort();
    faults
}

fn fixture_path(rule: &str) -> String {
    format!("{}.test.yml", rule.rsplit_once('.').map_or(rule, |(stem, _)| stem))
}

struct Linter<'a> {
    path: &'a str,
    header: &'a Header,
    faults: &'a mut Vec<RuleFault>,
}

impl Linter<'_> {
    fn fault(&mut self, code: &'static str, message: impl Into<String>, hint: &str) {
        self.faults.push(RuleFault {
            path: self.path.to_owned(),
            rule_id: self.header.id.clone(),
            code,
            message: message.into(),
            hint: hint.to_owned(),
        });
    }

    fn metadata(&mut self) {
        let header = self.header;
        if !header.id.as_deref().is_some_and(is_uuid) {
            self.fault(code::METADATA, "the id is not a UUID", "make one with uuidgen, once");
        }
        if header.title.len() > 110 || header.title.ends_with('.') {
            self.fault(
                code::METADATA,
                "the title is long or ends with a period",
                "a title is a short phrase",
            );
        }
        let file = self.path.rsplit('/').next().unwrap_or(self.path);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).replace('-', "_");
        if header.name.as_deref() != Some(stem.as_str()) {
            self.fault(
                code::METADATA,
                format!("the name is not {stem}"),
                "a rule is named like its file, so that correlations can refer to it",
            );
        }
        if header.description.is_none() {
            self.fault(code::METADATA, "no description", "say what happened and why it matters");
        }
        if !header.has_level {
            self.fault(code::METADATA, "no level", "informational, low, medium, high or critical");
        }
        if !header.has_false_positives {
            self.fault(code::METADATA, "no falsepositives", "say what else could explain a match");
        }
        let own = header.own.as_ref();
        let confidence = own.and_then(|own| own.get("confidence")).and_then(Value::as_str);
        if !matches!(confidence, Some("low" | "medium" | "high")) {
            self.fault(
                code::METADATA,
                "no heptagon.confidence",
                "say what a match proves: low, medium or high",
            );
        }
        let triage = own.and_then(|own| own.get("triage")).and_then(Value::as_array);
        if !triage.is_some_and(|steps| !steps.is_empty() && steps.iter().all(Value::is_string)) {
            self.fault(code::METADATA, "no heptagon.triage", "list what to do first");
        }
        let known = ["confidence", "triage", "observe"];
        let keys = own.and_then(Value::as_object).into_iter().flat_map(serde_json::Map::keys);
        for key in keys.filter(|key| !known.contains(&key.as_str())) {
            self.fault(code::METADATA, format!("heptagon.{key} is unknown"), "remove it");
        }
    }

    fn tags(&mut self) {
        let tags: Vec<String> = self.header.tags.iter().map(|tag| tag.to_lowercase()).collect();
        let has = |prefix: &str| tags.iter().any(|tag| tag.starts_with(prefix));
        if !has("heptagon.element.") {
            let slugs: Vec<&str> = Element::ALL.iter().map(|element| element.slug()).collect();
            self.fault(
                code::TAGS,
                "no element",
                &format!("tag heptagon.element. with one of {}", slugs.join(", ")),
            );
        }
        if !has("attack.t") {
            self.fault(code::TAGS, "no ATT&CK technique", "tag attack.t and the number");
        }
        for tag in &tags {
            if !is_known_form(tag) {
                self.fault(
                    code::TAGS,
                    format!("the tag {tag} has no known form"),
                    "heptagon.element.<slug>, attack.t1234.001, atlas.aml.t0012.001, \
                     owasp.llm01.2025, owasp.asi02.2026",
                );
            }
        }
        for (old, new) in OWASP_PAIRS {
            let (old, new) = (format!("owasp.{old}"), format!("owasp.{new}"));
            for (there, missing) in [(&old, &new), (&new, &old)] {
                if tags.contains(there) && !tags.contains(missing) {
                    self.fault(
                        code::TAGS,
                        format!("{there} without {missing}"),
                        "give both numberings of the same entry",
                    );
                }
            }
        }
    }

    fn fixtures(&mut self, file: Option<&RuleFile>, path: &str) {
        let Some(file) = file else {
            self.fault(
                code::FIXTURES,
                "no fixtures",
                &format!("write {path} with positive and negative records"),
            );
            return;
        };
        let fixtures = match FixtureFile::read(&file.text) {
            Ok(fixtures) => fixtures,
            Err(error) => {
                self.fault(
                    code::FIXTURES,
                    format!("fixtures cannot be read: {error}"),
                    "positive and negative are lists of fixtures with a name",
                );
                return;
            }
        };
        if fixtures.positive.is_empty() || fixtures.negative.is_empty() {
            self.fault(
                code::FIXTURES,
                "a positive or a negative fixture is missing",
                "write at least one of each",
            );
        }
        let mut names = BTreeSet::new();
        for (_, fixture) in fixtures.all() {
            if !names.insert(&fixture.name) {
                self.fault(
                    code::FIXTURES,
                    format!("two fixtures are called {:?}", fixture.name),
                    "give each its own name",
                );
            }
        }
        for fixture in &fixtures.negative {
            if let Err(why) = is_minimal(&fixtures, fixture) {
                self.fault(
                    code::FIXTURES,
                    format!("the negative {:?} {why}", fixture.name),
                    "change one thing of a positive fixture, so that it shows what the rule needs",
                );
            }
        }
    }
}

/// A negative differs from a positive in one field, or by one record.
fn is_minimal(fixtures: &FixtureFile, negative: &Fixture) -> Result<(), String> {
    let records = fixtures.records(negative)?;
    let candidates = fixtures.positive.iter();
    let mut fewest = usize::MAX;
    for positive in candidates {
        let other = fixtures.records(positive)?;
        let difference = if other.len() == records.len() {
            other.iter().zip(&records).map(|(a, b)| differences(a, b)).sum()
        } else if other.len() == records.len() + 1 {
            let without = |at: usize| {
                let kept = other.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, r)| r);
                kept.eq(records.iter())
            };
            if (0..other.len()).any(without) { 1 } else { usize::MAX }
        } else {
            usize::MAX
        };
        fewest = fewest.min(difference);
    }
    match fewest {
        1 => Ok(()),
        0 => Err("is a positive".to_owned()),
        usize::MAX => Err("is no change of a positive".to_owned()),
        many => Err(format!("differs from every positive in {many} places")),
    }
}

/// In how many places two values differ; something that is there in one only is one place.
fn differences(a: &Value, b: &Value) -> usize {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names
                .into_iter()
                .map(|name| match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => differences(a, b),
                    _ => 1,
                })
                .sum()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| differences(a, b)).sum()
        }
        (a, b) => usize::from(a != b),
    }
}

fn is_uuid(id: &str) -> bool {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Whether a tag is in one of the forms we give meaning to.
fn is_known_form(tag: &str) -> bool {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let technique = |text: &str| {
        let mut parts = text.split('.');
        parts.next().and_then(|part| part.strip_prefix('t')).is_some_and(|part| digits(part, 4))
            && parts.next().is_none_or(|part| digits(part, 3))
            && parts.next().is_none()
    };
    match tag.split_once('.') {
        Some(("heptagon", rest)) => {
            rest.strip_prefix("element.").is_some_and(|slug| Element::from_slug(slug).is_some())
        }
        Some(("attack", rest)) => technique(rest) || !rest.starts_with('t'),
        Some(("atlas", rest)) => rest.strip_prefix("aml.").is_some_and(technique),
        Some(("owasp", rest)) => rest.split_once('.').is_some_and(|(entry, year)| {
            let number = |name| entry.strip_prefix(name).is_some_and(|rest| digits(rest, 2));
            (number("llm") && matches!(year, "2023" | "2025")) || (number("asi") && year == "2026")
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_known_forms() {
        for tag in [
            "heptagon.element.private-data",
            "attack.t1562",
            "attack.t1562.001",
            "attack.defense-evasion",
            "atlas.aml.t0051.000",
            "owasp.llm08.2023",
            "owasp.asi02.2026",
        ] {
            assert!(is_known_form(tag), "{tag}");
        }
        for tag in [
            "heptagon.element.nothing",
            "heptagon.x",
            "attack.t15",
            "attack.tactic",
            "atlas.t0051",
            "owasp.llm8.2023",
            "owasp.llm08.2024",
            "other.tag",
            "plain",
        ] {
            assert!(!is_known_form(tag), "{tag}");
        }
    }
}
