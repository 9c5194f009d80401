//! Questions and their answers, from `tests/sql/*.slt`, and what a session bounds.
//!
//! A file holds entries: a line `query`, the SQL, `----`, the expected rows (cells joined by ` | `),
//! a blank line. `HEPTAGON_BLESS=1` writes the answers into the files.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use heptagon_case::rows::cell;
use heptagon_case::text::{one_line, sql_literal};
use heptagon_case::{CaseDir, CaseError, RawSource, Session, SessionOptions, Tables, schema};

use super::support::{at, case, put, rows};

struct Echo;

impl RawSource for Echo {
    fn raw(&self, wanted: &[(&str, i64)]) -> Vec<Option<String>> {
        let text = |(artifact, record): &(&str, i64)| {
            (record % 2 == 0).then(|| format!("{{\"from\":\"{artifact}\",\"record\":{record}}}"))
        };
        wanted.iter().map(text).collect()
    }
}

fn filled(root: &Path) -> CaseDir {
    let case = case(root);
    let mut tables = Tables::default();
    let start = at("2026-05-07T23:58:00Z");
    for name in ["events", "invocations", "messages"] {
        put(&case, &mut tables, name, &[rows(name, start, 1_000_000, 0..300)]);
    }
    put(&case, &mut tables, "actors", &[rows("actors", start, 1_000_000, 0..5)]);
    case
}

fn options() -> SessionOptions {
    SessionOptions { raw: Some(Arc::new(Echo)), ..SessionOptions::new(64 << 20) }
}

fn answer(session: &Session, sql: &str) -> String {
    match session.query(sql) {
        Err(error) => format!("error: {error}\n"),
        Ok(output) => output
            .batches
            .iter()
            .flat_map(|batch| {
                (0..batch.num_rows()).map(|row| {
                    let cells: Vec<String> = (0..batch.num_columns())
                        .map(|column| match cell(batch, column, row).unwrap() {
                            None => "NULL".into(),
                            Some(text) if text.is_empty() => "(empty)".into(),
                            Some(text) => one_line(&text, 200),
                        })
                        .collect();
                    cells.join(" | ") + "\n"
                })
            })
            .collect(),
    }
}

#[test]
fn answers_are_as_written_down() {
    let root = tempfile::tempdir().unwrap();
    let case = filled(root.path());
    let bless = std::env::var_os("HEPTAGON_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql");
    let mut queries = 0;
    for partitions in [1, 4] {
        let session = Session::open_with(
            &case,
            &SessionOptions { target_partitions: partitions, ..options() },
        )
        .unwrap();
        let mut files: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut got = String::new();
            for entry in text.split_inclusive("\n\n") {
                let Some(rest) = entry.strip_prefix("query\n") else {
                    got.push_str(entry);
                    continue;
                };
                let (sql, _) = rest.split_once("----\n").expect("an entry has a line of dashes");
                let _ = writeln!(got, "query\n{sql}----\n{}", answer(&session, sql));
                queries += 1;
            }
            if bless && partitions == 1 {
                std::fs::write(&path, &got).unwrap();
            } else {
                assert_eq!(got, text, "{}", path.display());
            }
        }
    }
    assert!(queries >= 40, "{queries}");
}

#[test]
fn the_answer_is_capped_and_streams() {
    let root = tempfile::tempdir().unwrap();
    let session = Session::open(&filled(root.path()), 64 << 20).unwrap();
    let capped = session.query_capped("SELECT record FROM events ORDER BY record", 17).unwrap();
    assert_eq!((capped.rows(), capped.truncated), (17, true));
    let whole = session.query_capped("SELECT record FROM events", 300).unwrap();
    assert_eq!((whole.rows(), whole.truncated), (300, false));
    // An endless answer is stopped by whoever reads it.
    let rows: usize = session
        .stream("SELECT value FROM range(0, 1000000000000)")
        .unwrap()
        .take(3)
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert!(rows > 0);
}

#[test]
fn text_is_utf8_whatever_the_engine_uses() {
    let root = tempfile::tempdir().unwrap();
    let session = Session::open(&filled(root.path()), 64 << 20).unwrap();
    for table in heptagon_case::TABLES {
        let output = session.query(&format!("SELECT * FROM {}", table.name)).unwrap();
        let types = |schema: &arrow::datatypes::Schema| -> Vec<_> {
            schema.fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect()
        };
        assert_eq!(types(&output.schema), types(&schema(table.name)));
    }
}

#[test]
fn literals_are_quoted() {
    let root = tempfile::tempdir().unwrap();
    let session = Session::open(&case(root.path()), 64 << 20).unwrap();
    for text in ["it's", "'; DROP TABLE events; --", "a\\'b", "", "\u{0}x\n"] {
        let output = session.query(&format!("SELECT {} AS t", sql_literal(text))).unwrap();
        let back = heptagon_case::rows::texts(&output.batches[0], "t").unwrap();
        assert_eq!(back.get(0), Some(text));
    }
}

#[test]
fn a_sort_larger_than_memory_spills_and_cleans_up() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let mut tables = Tables::default();
    let batches: Vec<_> = (0..40)
        .map(|part| rows("cloudtrail", at("2026-05-07"), 1, part * 5_000..(part + 1) * 5_000))
        .collect();
    put(&case, &mut tables, "cloudtrail", &batches);
    let session = Session::open(&case, 48 << 20).unwrap();
    let sql = "SELECT * FROM cloudtrail ORDER BY request_parameters, event_id, record";
    let mut rows = 0;
    let mut spilled = false;
    for batch in session.stream(sql).unwrap() {
        rows += batch.unwrap().num_rows();
        spilled |= !super::support::tree(&case.path().join(".work/sql")).is_empty();
    }
    assert_eq!(rows, 200_000);
    assert!(spilled, "the sort fitted into memory: the test is too small");
    drop(session);
    assert!(super::support::tree(&case.path().join(".work/sql")).is_empty());
}

#[test]
fn raw_without_evidence_says_so() {
    let root = tempfile::tempdir().unwrap();
    let session = Session::open(&case(root.path()), 64 << 20).unwrap();
    let error = session.query("SELECT raw('a', 1)").unwrap_err();
    assert!(
        matches!(&error, CaseError::Sql(text) if text.contains("needs the evidence")),
        "{error}"
    );
}
