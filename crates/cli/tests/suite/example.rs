//! The committed example against its truth.

use std::collections::BTreeSet;
use std::fs;

use heptagon_drill::{Truth, score};
use heptagon_model::{AnswerSet, Verdict};

use super::support::{
    answers, balanced_sources, example, example_case, files, investigate, problems, sql, sum, truth,
};

fn the_truth() -> Truth {
    serde_json::from_slice(&fs::read(truth()).unwrap()).unwrap()
}

#[test]
fn every_question_is_answered_as_it_is_true() {
    let case = example_case();
    let set: AnswerSet =
        serde_json::from_slice(&fs::read(case.join("answers.json")).unwrap()).unwrap();
    let truth = the_truth();
    let score = score(&truth, &set);
    assert_eq!(score.wrong, []);
    assert_eq!(score.right, score.questions);
    let given: BTreeSet<String> =
        set.elements.iter().flat_map(|e| &e.answers).map(|a| a.question_id.clone()).collect();
    assert_eq!(given, truth.verdicts.keys().cloned().collect(), "the same questions, no others");
    for element in &score.elements {
        let (given, expected) = element.verdict;
        assert_eq!(given, expected, "{:?}", element.element);
    }
    let all: Vec<Verdict> =
        set.elements.iter().flat_map(|e| &e.answers).map(|answer| answer.verdict).collect();
    let decided = all.iter().filter(|verdict| **verdict != Verdict::CannotTell).count();
    assert!(decided * 100 >= all.len() * 60, "{decided} of {} decided", all.len());
}

#[test]
fn the_intruder_ranks_first_and_nobody_innocent_is_accused() {
    let case = example_case();
    let truth = the_truth();
    let actors = heptagon!("actors", "--case", case, "--format", "jsonl").exits(0).jsonl();
    let guilty: BTreeSet<&str> = truth.intruders.actors.iter().map(String::as_str).collect();
    let ranked: Vec<&str> =
        actors.iter().map(|actor| actor["actor"].as_str().unwrap()).take(guilty.len()).collect();
    let first: BTreeSet<&str> = ranked.iter().copied().collect();
    assert_eq!(first, guilty, "the most suspicious: {ranked:?}");

    let findings = heptagon!("findings", "--case", case, "--format", "jsonl").exits(0).jsonl();
    let benign: BTreeSet<&str> = truth.benign.principals.iter().map(String::as_str).collect();
    assert!(!benign.is_empty());
    let mut n_grave = 0;
    for finding in &findings {
        if !["high", "critical"].contains(&finding["level"].as_str().unwrap()) {
            continue;
        }
        n_grave += 1;
        for principal in finding["principals"].as_array().unwrap() {
            let principal = principal.as_str().unwrap();
            // AWS itself attaches its quarantine policy to a key it found exposed.
            let by_aws = principal.ends_with(".amazonaws.com");
            assert!(by_aws || !benign.contains(principal), "{principal}: {finding}");
        }
    }
    assert!(n_grave > 0);
}

#[test]
fn every_record_is_accounted_for() {
    let case = example_case();
    let sources = balanced_sources(&case);
    let truth = the_truth();
    assert_eq!(sources.len(), files(&example().join("evidence")).len());
    // The bodies that the invocation log keeps as objects of their own are notices.
    let n_records = sum(&sources, "records") - sum(&sources, "notices");
    assert_eq!(n_records, truth.records.values().sum::<u64>());
    assert_eq!(sum(&sources, "problems"), 0);
    let rows = sql(&case, "SELECT count(*) AS n FROM events");
    assert_eq!(rows[0]["n"].as_u64(), Some(sum(&sources, "rows")));
    let parts = sql(
        &case,
        "SELECT (SELECT count(*) FROM cloudtrail) + (SELECT count(*) FROM invocations) AS n",
    );
    assert_eq!(parts[0]["n"], rows[0]["n"], "each event has its row in the table of its source");
}

#[test]
fn the_committed_example_is_what_the_command_makes() {
    let temp = tempfile::tempdir().unwrap();
    let made = temp.path().join("drill");
    heptagon!("drill", "new", "--scenario", "exposed-key", "--seed", "1", "--out", made).exits(0);
    let same = |a: &std::path::Path, b: &std::path::Path| {
        assert!(fs::read(a).unwrap() == fs::read(b).unwrap(), "{} differs", a.display());
    };
    let committed = example();
    let listed: Vec<String> =
        files(&made).into_iter().filter(|file| file != "truth.json").collect();
    assert_eq!(listed, files(&committed));
    for file in &listed {
        same(&made.join(file), &committed.join(file));
    }
    same(&made.join("truth.json"), &truth());
}

#[test]
fn a_truth_file_is_never_read() {
    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    let folder = truth().parent().unwrap().to_owned();
    investigate(&[example(), folder], &case);
    let refused = problems(&case, "truth-file");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0]["uri"], "exposed-key.json");
    assert_eq!(answers(&case), answers(&example_case()));
    for source in balanced_sources(&case) {
        if source["uri"] == "exposed-key.json" {
            assert_eq!(source["records"], 0, "{source}");
        }
    }
}
