//! The same evidence gives the same bytes, the same records the same answers.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::evidence::{Log, gzip, logs, lookup_events, tar_gz, write, zip};
use super::support::{
    answers, assert_same, balanced_sources, by_question, copy, example, example_case, investigate,
    investigate_with, sql, sum, verdicts,
};

#[test]
fn the_number_of_threads_changes_nothing() {
    let expected = example_case();
    for threads in ["1", "2", "7"] {
        let temp = tempfile::tempdir().unwrap();
        let case = temp.path().join("case");
        investigate_with(&[example()], &case, &[OsStr::new("--threads"), OsStr::new(threads)]);
        assert_same(&case, &expected);
        for rows in ["findings", "timeline", "coverage", "sources", "actors"] {
            let print = |case: &Path| heptagon!(rows, "--case", case, "--format", "jsonl").exits(0);
            let (found, expected) = (print(&case), print(&expected));
            assert!(!found.out.is_empty());
            assert!(found.out == expected.out, "{rows} differs with {threads} threads");
        }
    }
}

#[test]
fn first_a_then_b_equals_a_and_b_together() {
    let temp = tempfile::tempdir().unwrap();
    let evidence = temp.path().join("evidence");
    fs::copy(example().join("workload.toml"), temp.path().join("workload.toml")).unwrap();
    let source = example().join("evidence");
    let half = |of: u32| move |file: &str| file.bytes().map(u32::from).sum::<u32>() % 2 == of;
    let case = temp.path().join("case");
    copy(&source, &evidence, &half(0));
    investigate(std::slice::from_ref(&evidence), &case);
    let n_first = balanced_sources(&case).len();
    copy(&source, &evidence, &half(1));
    investigate(std::slice::from_ref(&evidence), &case);
    let n_both = balanced_sources(&case).len();
    assert!(
        n_first > 100 && n_both - n_first > 100,
        "both halves are large: {n_first} of {n_both}"
    );
    assert_same(&case, &example_case());
}

#[test]
fn running_again_adds_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    investigate(&[example()], &case);
    let ledger = || fs::read_to_string(case.join("ledger.jsonl")).unwrap();
    let first = ledger();
    assert_eq!(first.lines().count(), 1);
    investigate(&[example()], &case);
    assert_same(&case, &example_case());
    let second = ledger();
    assert!(second.starts_with(&first), "what was written stays");
    assert_eq!(second.lines().count(), 2);
    let entry: Value = serde_json::from_str(second.lines().last().unwrap()).unwrap();
    assert_eq!(entry["detail"]["new_artifacts"], 0);
    heptagon!("verify", "--case", case).exits(0);
}

/// What answers say, apart from where it stands in the evidence.
fn said(case: &Path) -> BTreeMap<String, Value> {
    by_question(&answers(case))
        .into_iter()
        .map(|(id, answer)| {
            let parts = ["verdict", "confidence", "observed", "summary", "gaps", "next_steps"];
            let parts = parts.iter().map(|part| ((*part).to_owned(), answer[*part].clone()));
            (id, Value::Object(parts.collect()))
        })
        .collect()
}

/// Findings apart from where their records stand.
fn found(case: &Path) -> Vec<Value> {
    let query = "SELECT finding_id, rule_id, level, count, first_time, last_time FROM findings \
                 ORDER BY finding_id";
    sql(case, query)
}

/// Investigates evidence arranged by `arrange`, with the example's workload.
fn arranged(arrange: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    fs::copy(example().join("workload.toml"), temp.path().join("workload.toml")).unwrap();
    let evidence = temp.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    arrange(&evidence);
    let case = temp.path().join("case");
    investigate(&[evidence], &case);
    (temp, case)
}

#[track_caller]
fn assert_says_the_same(case: &Path) {
    let expected = example_case();
    let (sources, usual) = (balanced_sources(case), balanced_sources(&expected));
    for number in ["records", "rows", "duplicates", "problems"] {
        assert_eq!(sum(&sources, number), sum(&usual, number), "{number}");
    }
    let (found_here, found_there) = (found(case), found(&expected));
    assert_eq!(found_here, found_there);
    let (here, there) = (said(case), said(&expected));
    for (question, answer) in &there {
        assert_eq!(here.get(question), Some(answer), "{question}");
    }
    assert_eq!(here.len(), there.len());
}

fn members(logs: &[Log], bytes: impl Fn(&Log) -> Vec<u8>) -> Vec<(String, Vec<u8>)> {
    logs.iter().map(|log| (log.uri.clone(), bytes(log))).collect()
}

#[test]
fn plain_files_of_other_names_say_the_same() {
    let (_temp, case) = arranged(|evidence| {
        for (n, log) in logs().iter().rev().enumerate() {
            // A body is found by its object's name; other files may have any.
            let name =
                if log.is_body() { log.uri.clone() } else { format!("{:02}/{n}.txt", n % 7) };
            write(&evidence.join(name), &log.text);
        }
    });
    assert_says_the_same(&case);
}

#[test]
fn one_zip_says_the_same() {
    let (_temp, case) = arranged(|evidence| {
        zip(&evidence.join("all.zip"), &members(&logs(), |log| log.text.clone().into_bytes()));
    });
    assert_says_the_same(&case);
}

#[test]
fn a_tar_of_gzip_files_says_the_same() {
    let (_temp, case) = arranged(|evidence| {
        tar_gz(&evidence.join("all.tar.gz"), &members(&logs(), |log| gzip(log.text.as_bytes())));
    });
    assert_says_the_same(&case);
}

#[test]
fn records_on_lines_say_the_same() {
    let (_temp, case) = arranged(|evidence| {
        for log in logs() {
            let text = if log.is_cloudtrail() {
                log.records().iter().map(|record| format!("{}\n", record.get())).collect()
            } else {
                log.text
            };
            write(&evidence.join(log.uri), gzip(text.as_bytes()));
        }
    });
    assert_says_the_same(&case);
}

#[test]
fn files_split_in_two_say_the_same() {
    let (_temp, case) = arranged(|evidence| {
        for log in logs() {
            if !log.is_cloudtrail() {
                write(&evidence.join(&log.uri), gzip(log.text.as_bytes()));
                continue;
            }
            let records = log.records();
            let (first, second) = records.split_at(records.len() / 2);
            for (name, part) in [("first", first), ("second", second)] {
                let texts: Vec<&str> = part.iter().map(|record| record.get()).collect();
                let text = format!("{{\"Records\":[{}]}}", texts.join(","));
                write(&evidence.join(format!("{}.{name}", log.uri)), text);
            }
        }
    });
    assert_says_the_same(&case);
}

#[test]
fn a_day_concatenated_as_by_a_delivery_stream_says_the_same() {
    let (_temp, case) = arranged(|evidence| {
        let mut days: BTreeMap<String, String> = BTreeMap::new();
        for log in logs() {
            if log.is_body() {
                write(&evidence.join(&log.uri), gzip(log.text.as_bytes()));
                continue;
            }
            let folder = log.uri.rsplit_once('/').expect("below folders").0.to_owned();
            let day = days.entry(folder).or_default();
            day.push_str(log.text.trim_end());
            // Delivery streams put nothing between CloudTrail's objects.
            if !log.is_cloudtrail() {
                day.push('\n');
            }
        }
        for (folder, text) in days {
            write(&evidence.join(folder).join("stream.gz"), gzip(text.as_bytes()));
        }
    });
    assert_says_the_same(&case);
}

#[test]
fn records_looked_up_prove_and_never_deny() {
    let (_temp, case) = arranged(|evidence| {
        for log in logs() {
            let text = if log.is_cloudtrail() { lookup_events(&log) } else { log.text.clone() };
            write(&evidence.join(log.uri), gzip(text.as_bytes()));
        }
    });
    let expected = verdicts(&example_case());
    let adverse = |verdict: &str| ["confirmed", "indicated"].contains(&verdict);
    for (question, verdict) in verdicts(&case) {
        let usual = &expected[&question];
        assert_eq!(adverse(&verdict), adverse(usual), "{question}: {verdict}, usually {usual}");
        assert!(verdict != "not_observed" || usual == "not_observed", "{question} was {usual}");
    }
    let denied = sql(
        &case,
        "SELECT count(*) AS n FROM coverage WHERE source = 'cloudtrail' AND state = 'covered'",
    );
    assert_eq!(denied[0]["n"], 0, "filtered exports support no denial");
}
