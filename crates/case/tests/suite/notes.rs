//! Attestations: kept, latest first in effect, never lost.

use heptagon_case::{CaseError, Notes};
use heptagon_model::Attestation;

use super::support::{at, case};

fn said(question: &str, statement: &str, at_text: &str) -> Attestation {
    Attestation {
        question_id: question.into(),
        statement: statement.into(),
        by: "Ada".into(),
        at: at(at_text),
    }
}

#[test]
fn the_latest_answer_counts_and_the_history_stays() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let mut notes = Notes::open(&case).unwrap();
    let first = said("b", "yes", "2026-11-24T10:00:00Z");
    let second = said("a", "it's ours; DROP TABLE attestations", "2026-11-24T11:00:00Z");
    // Given later, although it bears an earlier time: a clock may be wrong.
    let third = said("b", "no", "2026-11-24T09:00:00.000001Z");
    for attestation in [&first, &second, &third] {
        notes.attest(attestation).unwrap();
    }
    drop(notes);
    let notes = Notes::open(&case).unwrap();
    assert_eq!(notes.attestations().unwrap(), [second.clone(), third.clone()]);
    assert_eq!(notes.attestation_history().unwrap(), [first, second, third]);
}

#[test]
fn newer_and_damaged_notes_are_errors() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let path = case.path().join("notes.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 9).unwrap();
    drop(connection);
    assert!(matches!(Notes::open(&case), Err(CaseError::NewerFormat { found: 9, known: 1 })));
    std::fs::write(&path, "not a database, but long enough to look at".repeat(40)).unwrap();
    let error = Notes::open(&case).unwrap_err();
    assert!(error.to_string().contains("notes.sqlite"), "{error}");
}
