//! Changes of the evidence that must not change the answers, and losses that must not make a "no".

use std::fs;
use std::path::PathBuf;

use super::evidence::{Log, logs, write_all};
use super::support::{example, example_case, investigate, verdicts};

/// Investigates changed logs with the example's workload file, changed in the same way.
fn with(
    change: impl Fn(&str) -> String,
    keep: impl Fn(usize, &Log) -> bool,
) -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let changed: Vec<Log> = logs()
        .into_iter()
        .enumerate()
        .filter(|(at, log)| keep(*at, log))
        .map(|(_, log)| Log { uri: change(&log.uri), text: change(&log.text) })
        .collect();
    let folder = temp.path().join("evidence");
    write_all(&folder, &changed);
    let workload = fs::read_to_string(example().join("workload.toml")).unwrap();
    fs::write(temp.path().join("workload.toml"), change(&workload)).unwrap();
    let case = temp.path().join("case");
    investigate(std::slice::from_ref(&folder), &case);
    (temp, case)
}

#[test]
fn other_account_ids_and_addresses_say_the_same() {
    let (_temp, case) = with(
        |text| {
            text.replace("111122223333", "210987654321")
                .replace("444455556666", "345678901234")
                .replace("203.0.113.47", "192.0.2.199")
                .replace("ci-deploy-legacy", "old-build-user")
        },
        |_, _| true,
    );
    assert_eq!(verdicts(&case), verdicts(&example_case()));
}

#[test]
fn another_month_says_the_same() {
    // 28 days later the days of the week are the same, and so is the rhythm.
    let (_temp, case) = with(
        |text| {
            text.replace("2026-10-", "2026-11-")
                .replace("/2026/10/", "/2026/11/")
                .replace("202610", "202611")
        },
        |_, _| true,
    );
    let mut moved = verdicts(&case);
    let mut known = verdicts(&example_case());
    // October 6 and November 6 are different days of the week: what rests on weekly rhythm alone
    // may be told less surely, never otherwise.
    for (id, verdict) in &mut moved {
        if verdict == "cannot_tell" && known.get(id).is_some_and(|v| v == "not_observed") {
            known.insert(id.clone(), "cannot_tell".to_owned());
        }
    }
    assert_eq!(moved, known);
}

#[test]
fn a_missing_file_never_makes_a_no() {
    let known = verdicts(&example_case());
    let n = logs().len();
    for left_out in (0..n).step_by(n / 8) {
        let (_temp, case) = with(str::to_owned, |at, _| at != left_out);
        for (id, verdict) in verdicts(&case) {
            assert!(
                verdict != "not_observed" || known[&id] == "not_observed",
                "{id} became not_observed without file {left_out}"
            );
        }
    }
}
