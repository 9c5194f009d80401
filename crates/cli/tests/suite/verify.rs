//! Evidence and ledger held against what was written about them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{copy, example, files, investigate};

struct Sealed {
    _temp: tempfile::TempDir,
    evidence: PathBuf,
    case: PathBuf,
}

/// A case over a few files.
fn sealed() -> Sealed {
    let temp = tempfile::tempdir().unwrap();
    let evidence = temp.path().join("evidence");
    copy(&example().join("evidence"), &evidence, &|file| {
        file.contains("2026/10/08/111122223333_CloudTrail_us-east-1")
    });
    let case = temp.path().join("case");
    investigate(std::slice::from_ref(&evidence), &case);
    investigate(std::slice::from_ref(&evidence), &case);
    assert!(files(&evidence).len() > 3);
    Sealed { _temp: temp, evidence, case }
}

fn verify(case: &Path, code: i32) -> Value {
    let table = heptagon!("verify", "--case", case).exits(code);
    assert!(table.out.contains("artifacts"), "{}", table.out);
    heptagon!("verify", "--case", case, "--format", "json").exits(code).json()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn untouched_evidence_is_sound() {
    let sealed = sealed();
    let found = verify(&sealed.case, 0);
    let n = files(&sealed.evidence).len();
    assert_eq!(found["artifacts"], json!({"ok": n, "changed": [], "missing": []}));
    assert_eq!(found["ledger"], "ok");
}

#[test]
fn a_flipped_bit_is_found() {
    let sealed = sealed();
    let name = files(&sealed.evidence)[1].clone();
    flip(&sealed.evidence.join(&name), 40);
    let found = verify(&sealed.case, 1);
    assert_eq!(found["artifacts"]["changed"], json!([name]));
    assert_eq!(found["artifacts"]["missing"], json!([]));
}

#[test]
fn a_missing_file_is_named() {
    let sealed = sealed();
    let name = files(&sealed.evidence)[2].clone();
    fs::remove_file(sealed.evidence.join(&name)).unwrap();
    let found = verify(&sealed.case, 1);
    assert_eq!(found["artifacts"]["missing"], json!([name]));
    assert_eq!(found["artifacts"]["changed"], json!([]));
}

#[test]
fn moved_evidence_is_found_where_it_is_now() {
    let sealed = sealed();
    let moved = sealed.evidence.with_file_name("moved");
    fs::rename(&sealed.evidence, &moved).unwrap();
    verify(&sealed.case, 1);
    heptagon!("verify", "--case", sealed.case, "--evidence", moved).exits(0);
}

#[test]
fn a_changed_ledger_is_broken_where_it_was_changed() {
    for (line, expected) in [(0, "broken at 0"), (1, "broken at 1")] {
        let sealed = sealed();
        let path = sealed.case.join("ledger.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let start: usize = text.lines().take(line).map(|line| line.len() + 1).sum();
        let at = start + text[start..].find("investigate").expect("the action");
        flip(&path, at);
        assert_eq!(verify(&sealed.case, 1)["ledger"], expected);
    }
}

#[test]
fn the_checksums_are_those_of_coreutils() {
    let sealed = sealed();
    let sums = fs::File::open(sealed.case.join("SHA256SUMS")).unwrap();
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet"])
        .current_dir(&sealed.evidence)
        .stdin(sums)
        .output();
    match checked {
        Ok(checked) => assert!(checked.status.success(), "{checked:?}"),
        Err(error) => eprintln!("skipped: sha256sum does not run: {error}"),
    }
}
