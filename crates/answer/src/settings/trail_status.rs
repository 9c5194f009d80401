//! Whether trails were running when they were asked.
//!
//! The answer names no trail: the file's name has to.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::Timestamp;
use serde_json::Value;

use super::of_kinds;
use super::trail::Trail;
use crate::input::Inputs;

/// Adds what `get-trail-status` said to the trails that the files' names name.
pub(super) fn add(trails: &mut [Trail], inputs: &Inputs) {
    let running = |document: &Value| document.get("IsLogging").and_then(Value::as_bool);
    let mut answers: Vec<_> = of_kinds(inputs, &["cloudtrail:GetTrailStatus"]).collect();
    // A trail that was found running as well was not stopped for good.
    answers.sort_by_key(|(_, document)| running(document));
    let asked: BTreeSet<&str> =
        answers.iter().map(|(snapshot, _)| snapshot.reference.artifact.as_str()).collect();
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in inputs.artifacts.iter().filter(|row| asked.contains(row.artifact.as_str())) {
        let file = row.uri.rsplit(['/', '!', '\\']).next().unwrap_or_default();
        files.entry(&row.artifact).or_default().insert(file);
    }
    let mut about: BTreeMap<(&str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (snapshot, document) in answers {
        let (artifact, account) = (snapshot.reference.artifact.as_str(), &snapshot.account);
        let found = about.entry((artifact, account.as_deref())).or_insert_with(|| {
            let files = files.get(artifact).into_iter().flatten();
            files.filter_map(|file| named(trails, file, account.as_deref())).collect()
        });
        for trail in found {
            apply(&mut trails[*trail], &document);
        }
    }
}

fn apply(trail: &mut Trail, document: &Value) {
    let time = |names: [&str; 2]| names.iter().find_map(|name| moment(document.get(*name)?));
    match document.get("IsLogging").and_then(Value::as_bool) {
        Some(false) => {
            let since = time(["StopLoggingTime", "TimeLoggingStopped"]);
            // Of two answers the one that says less.
            trail.stopped = trail.stopped.max(Some(since.unwrap_or(Timestamp(i64::MIN))));
        }
        Some(true) => {
            trail.stopped = None;
            if let Some(started) = time(["StartLoggingTime", "TimeLoggingStarted"]) {
                trail.known_from = trail.known_from.max(started);
            }
        }
        None => {}
    }
}

/// The one trail whose name is in a file's name, standing by itself; the longest name when several
/// are. Trails of the same name are told apart by their account.
fn named(trails: &[Trail], file: &str, account: Option<&str>) -> Option<usize> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let stands = |name: &str| {
        file.match_indices(name).any(|(at, _)| {
            !file[..at].ends_with(is_word) && !file[at + name.len()..].starts_with(is_word)
        })
    };
    let all = || trails.iter().enumerate().filter(|(_, trail)| stands(&trail.name));
    let longest = all().map(|(_, trail)| trail.name.len()).max()?;
    let of_account = |trail: &Trail| account.is_none_or(|account| trail.is_of(account));
    let mut found = all().filter(|(_, trail)| trail.name.len() == longest && of_account(trail));
    let first = found.next()?;
    found.next().is_none().then_some(first.0)
}

/// A time as the CLI writes it: text, or seconds since 1970.
fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => Timestamp::parse(text),
        Value::Number(number) => {
            let seconds = number.as_f64().filter(|s| (0.0..1e11).contains(s))?;
            Some(Timestamp((seconds * 1e6) as i64))
        }
        _ => None,
    }
}
