//! Public sample files, when they are beside the repository: every record is read or has a problem.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use heptagon_model::{Limits, ProblemCode, Severity};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { files(&entry, out) } else { out.push(entry) }
    }
}

#[test]
fn every_record_of_public_samples_is_accounted_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail");
    if !root.is_dir() {
        return;
    }
    let mut all = Vec::new();
    files(&root, &mut all);
    let (mut records, mut lost) = (0, 0);
    for path in all {
        let mut bytes = fs::read(&path).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
            bytes = plain;
        }
        let (found, kind) = common::whole(&bytes, &Limits::DEFAULT);
        let losses: Vec<_> =
            found.problems.iter().filter(|p| p.severity == Severity::Lost).collect();
        records += found.records.len();
        lost += losses.len();
        // Cut into windows, the same is found.
        let (cut, _) = common::pieces(&bytes, &Limits::DEFAULT, || 30_000);
        assert_eq!(cut.records, found.records, "{}", path.display());
        // As many records as a generic reader sees.
        if let Ok(serde_json::Value::Object(document)) = serde_json::from_slice(&bytes)
            && let Some(list) = document.get("Records").and_then(|list| list.as_array())
        {
            assert_eq!(list.len(), found.records.len() + losses.len(), "{}", path.display());
        }
        // A file with records named as CloudTrail's loses them only for a reason about the record.
        if kind.slug() == "cloudtrail" {
            for problem in losses {
                assert!(
                    matches!(
                        problem.code,
                        ProblemCode::UnknownRecord
                            | ProblemCode::InvalidTime
                            | ProblemCode::MissingField
                            | ProblemCode::Truncated
                    ),
                    "{}: {problem:?}",
                    path.display()
                );
            }
        }
    }
    assert!(records > 1_000 && lost > 0, "{records} records, {lost} lost");
}
