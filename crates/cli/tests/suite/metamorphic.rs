//! Changes of the evidence that must not change the answers, and losses that must not make a "no".

mod change;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use heptagon_drill::Truth;
use serde_json::Value;

use self::change::{Names, shift};
use super::evidence::{Log, logs, write_all};
use super::support::{answers, by_question, example, example_case, investigate, truth, verdicts};

/// Investigates changed logs with the example's workload file, changed in the same way.
fn with(
    change: &dyn Fn(&str) -> String,
    keep: &dyn Fn(&Log) -> bool,
) -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let changed: Vec<Log> = logs()
        .into_iter()
        .filter(keep)
        .map(|log| Log { uri: change(&log.uri), text: change(&log.text) })
        .collect();
    let folder = temp.path().join("evidence");
    write_all(&folder, &changed);
    let workload = fs::read_to_string(example().join("workload.toml")).unwrap();
    fs::write(temp.path().join("workload.toml"), change(&workload)).unwrap();
    let case = temp.path().join("case");
    investigate(std::slice::from_ref(&folder), &case);
    (temp, case)
}

fn the_truth() -> Truth {
    serde_json::from_slice(&fs::read(truth()).unwrap()).unwrap()
}

#[test]
fn other_accounts_keys_names_and_addresses_say_the_same() {
    let names = Names::of(&the_truth());
    assert!(names.len() > 15, "{} names", names.len());
    let (_temp, case) = with(&|text| names.change(text), &|_| true);
    assert_eq!(verdicts(&case), verdicts(&example_case()));
    let actors = heptagon!("actors", "--case", case, "--format", "jsonl").exits(0).jsonl();
    let guilty = the_truth().intruders.actors;
    let guilty: BTreeSet<String> = guilty.iter().map(|actor| names.change(actor)).collect();
    let first: BTreeSet<String> = actors[..guilty.len()]
        .iter()
        .map(|actor| actor["actor"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(first, guilty);
}

/// What is said about each question, moved by days.
fn said(case: &Path, days: i64) -> BTreeMap<String, [Value; 4]> {
    let moved = |value: &Value| serde_json::from_str(&shift(&value.to_string(), days)).unwrap();
    by_question(&answers(case))
        .into_iter()
        .map(|(id, answer)| {
            (id, ["verdict", "confidence", "observed", "summary"].map(|part| moved(&answer[part])))
        })
        .collect()
}

fn window(case: &Path) -> String {
    let analysis: Value =
        serde_json::from_slice(&fs::read(case.join("analysis.json")).unwrap()).unwrap();
    format!("{} {}", analysis["window_from"], analysis["window_to"])
}

/// Everything `days` later says the same, that much later.
#[track_caller]
fn assert_moves(days: i64) {
    let (_temp, case) = with(&|text| shift(text, days), &|_| true);
    let expected = example_case();
    assert_eq!(window(&case), shift(&window(&expected), days));
    let (here, there) = (said(&case, 0), said(&expected, days));
    for (question, answer) in &there {
        assert_eq!(here.get(question), Some(answer), "{question}");
    }
    assert_eq!(here.len(), there.len());
}

#[test]
fn four_weeks_later_says_the_same() {
    assert_moves(28);
}

#[test]
fn seventeen_days_later_says_the_same() {
    assert_moves(17);
}

#[test]
fn a_missing_file_never_makes_a_no() {
    let known = verdicts(&example_case());
    // One file of every log, account and region, and files that tell the story.
    let mut left_out: BTreeMap<String, String> = BTreeMap::new();
    for log in logs() {
        let place: Vec<&str> = log.uri.split('/').take(4).collect();
        left_out.entry(place.join("/")).or_insert(log.uri);
    }
    let story: BTreeSet<String> =
        the_truth().story.into_iter().flat_map(|step| step.refs).map(|at| at.uri).collect();
    let step = story.len().div_ceil(8);
    let mut left_out: BTreeSet<String> = left_out.into_values().collect();
    left_out.extend(story.into_iter().step_by(step));
    assert!(left_out.len() >= 12, "{left_out:?}");
    for uri in &left_out {
        let (_temp, case) = with(&str::to_owned, &|log| log.uri != *uri);
        for (id, verdict) in verdicts(&case) {
            assert!(
                verdict != "not_observed" || known[&id] == "not_observed",
                "{id} was {} and became not_observed without {uri}",
                known[&id]
            );
        }
    }
}
