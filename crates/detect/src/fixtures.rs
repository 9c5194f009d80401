//! Records that say what a rule must match and what it must not.
//!
//! Beside `name.yml` stands `name.test.yml` with `positive` and `negative` fixtures: a `record`
//! (JSON text or YAML), several `records` for a correlation, or `from` another fixture with `set`
//! (path: value; null takes the field away; `2.eventName` speaks of the third record) or `drop`
//! (leaves that record out).

use std::collections::BTreeMap;

use heptagon_model::{Fields, RuleKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::correlate::Match;
use crate::rules::{RuleFile, RuleSet};
use crate::session::{correlate, match_of};

/// Reads the records in a text, and shows each of them.
pub type Parse<'p> = &'p dyn Fn(&str, &mut dyn FnMut(&dyn Fields));

/// What became of a fixture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Outcome {
    /// The fixture's file.
    pub path: String,
    /// The rule's id; empty when there is no such rule.
    pub rule_id: String,
    /// The fixture's name.
    pub fixture: String,
    /// Whether the rule must match.
    pub positive: bool,
    /// Whether it did what it must.
    pub passed: bool,
    /// Why not, or how.
    pub reason: String,
}

/// A fixture file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FixtureFile {
    #[serde(default)]
    pub(crate) positive: Vec<Fixture>,
    #[serde(default)]
    pub(crate) negative: Vec<Fixture>,
}

/// A fixture as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) record: Option<Value>,
    pub(crate) records: Option<Vec<Value>>,
    pub(crate) from: Option<String>,
    pub(crate) set: Option<BTreeMap<String, Value>>,
    pub(crate) drop: Option<usize>,
}

impl FixtureFile {
    pub(crate) fn read(text: &str) -> Result<FixtureFile, String> {
        serde_saphyr::from_str(text)
            .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (bool, &Fixture)> {
        let positive = self.positive.iter().map(|fixture| (true, fixture));
        positive.chain(self.negative.iter().map(|fixture| (false, fixture)))
    }

    /// The records of a fixture, with what it takes over from others.
    pub(crate) fn records(&self, fixture: &Fixture) -> Result<Vec<Value>, String> {
        self.records_within(fixture, 8)
    }

    fn records_within(&self, fixture: &Fixture, depth: u32) -> Result<Vec<Value>, String> {
        let written = match (&fixture.record, &fixture.records, &fixture.from) {
            (Some(record), None, None) => vec![record.clone()],
            (None, Some(records), None) => records.clone(),
            (None, None, Some(name)) => {
                let depth = depth.checked_sub(1).ok_or("fixtures take over from each other")?;
                let (_, from) = self
                    .all()
                    .find(|(_, other)| other.name == *name)
                    .ok_or_else(|| format!("there is no fixture {name:?} to take over from"))?;
                self.records_within(from, depth)?
            }
            _ => return Err("a fixture has one of record, records and from".to_owned()),
        };
        let mut records = Vec::with_capacity(written.len());
        for record in written {
            records.push(match record {
                Value::String(text) => serde_json::from_str(&text)
                    .map_err(|error| format!("a record is not JSON: {error}"))?,
                record => record,
            });
        }
        if let Some(drop) = fixture.drop {
            if drop >= records.len() {
                return Err(format!("there is no record {drop} to leave out"));
            }
            records.remove(drop);
        }
        for (path, value) in fixture.set.iter().flatten() {
            set(&mut records, path, value)?;
        }
        Ok(records)
    }
}

/// Sets a dotted path; a leading number is the record it speaks of, else it is all of them.
fn set(records: &mut [Value], path: &str, value: &Value) -> Result<(), String> {
    if let Some((at, rest)) = path.split_once('.')
        && let Ok(at) = at.parse::<usize>()
    {
        let n_records = records.len();
        let record = records
            .get_mut(at)
            .ok_or_else(|| format!("there is no record {at} among {n_records}"))?;
        return set_in(record, rest, value);
    }
    records.iter_mut().try_for_each(|record| set_in(record, path, value))
}

fn set_in(record: &mut Value, path: &str, value: &Value) -> Result<(), String> {
    let missing = || format!("there is nothing to set at {path}");
    let mut at = record;
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        let is_last = keys.peek().is_none();
        match at {
            Value::Array(members) => {
                let key: usize = key.parse().map_err(|_| missing())?;
                if is_last && value.is_null() && key < members.len() {
                    members.remove(key);
                    return Ok(());
                }
                at = members.get_mut(key).ok_or_else(missing)?;
            }
            Value::Object(members) => {
                if is_last && value.is_null() {
                    return members.remove(key).map(|_| ()).ok_or_else(missing);
                }
                at = members.entry(key).or_insert(Value::Null);
            }
            Value::Null if !is_last || !value.is_null() => {
                *at = Value::Object(serde_json::Map::new());
                let members = at.as_object_mut().expect("it was made an object just now");
                at = members.entry(key).or_insert(Value::Null);
            }
            _ => return Err(missing()),
        }
    }
    *at = value.clone();
    Ok(())
}

/// Runs the fixtures of all rules, sorted by file. A fixture file speaks of the rules in the file
/// of the same name without `.test`.
pub fn run(rules: &RuleSet, fixtures: &[RuleFile], parse: Parse<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for file in fixtures {
        let of_file = rules_of(rules, &file.path);
        let rule_id = of_file.first().map_or("", |rule| &rules.rules()[*rule].rule_id);
        let outcome = |fixture: &str, positive, verdict: Result<String, String>| Outcome {
            path: file.path.clone(),
            rule_id: rule_id.to_owned(),
            fixture: fixture.to_owned(),
            positive,
            passed: verdict.is_ok(),
            reason: verdict.unwrap_or_else(|reason| reason),
        };
        if of_file.is_empty() {
            let why = "the rule it is for is not loaded".to_owned();
            outcomes.push(outcome("", true, Err(why)));
            continue;
        }
        match FixtureFile::read(&file.text) {
            Err(error) => outcomes.push(outcome("", true, Err(error))),
            Ok(read) => outcomes.extend(read.all().map(|(positive, fixture)| {
                let verdict = read
                    .records(fixture)
                    .and_then(|records| verdict(rules, &of_file, &records, positive, parse));
                outcome(&fixture.name, positive, verdict)
            })),
        }
    }
    outcomes.sort();
    outcomes
}

/// The rules a fixture file is for.
fn rules_of(rules: &RuleSet, fixtures: &str) -> Vec<usize> {
    let Some((stem, _)) = fixtures.rsplit_once(".test.") else { return Vec::new() };
    (0..rules.rules().len())
        .filter(|rule| rules.path(*rule).rsplit_once('.').is_some_and(|(path, _)| path == stem))
        .collect()
}

/// Whether the rules match the records as they must; the text says what happened.
fn verdict(
    rules: &RuleSet,
    of_file: &[usize],
    records: &[Value],
    positive: bool,
    parse: Parse<'_>,
) -> Result<String, String> {
    let matcher = rules.matcher();
    let mut matches: Vec<Match> = Vec::new();
    for (ordinal, record) in records.iter().enumerate() {
        let mut n_parsed = 0;
        parse(&record.to_string(), &mut |record| {
            n_parsed += 1;
            let mut matched = Vec::new();
            matcher.evaluate(record, &mut matched);
            matches.extend(
                matched
                    .iter()
                    .map(|rule| match_of(*rule, record, &matcher, [0; 8], ordinal as u64)),
            );
        });
        if n_parsed != 1 {
            return Err(format!("record {ordinal} reads as {n_parsed} records"));
        }
    }
    let event_rules: Vec<u32> = matches.iter().map(|matched| matched.rule).collect();
    let has_matched = |rule: &usize| match rules.rules()[*rule].kind {
        RuleKind::Event => event_rules.contains(&(*rule as u32)),
        RuleKind::Correlation => false,
    };
    let mut found = of_file.iter().any(has_matched);
    if !found && of_file.iter().any(|rule| rules.rules()[*rule].kind == RuleKind::Correlation) {
        let (_, held) = correlate(rules, matches);
        found = of_file.iter().any(|rule| held.contains(rule));
    }
    match (positive, found) {
        (true, true) => Ok("matches".to_owned()),
        (false, false) => Ok("does not match".to_owned()),
        (true, false) => {
            let mut others: Vec<&str> = event_rules
                .iter()
                .map(|rule| rules.rules()[*rule as usize].title.as_str())
                .collect();
            others.dedup();
            others.truncate(5);
            Err(match others.as_slice() {
                [] => "must match, but does not, and no other rule does".to_owned(),
                others => format!("must match, but does not; what does: {}", others.join("; ")),
            })
        }
        (false, true) => Err("must not match, but does".to_owned()),
    }
}
