//! The folder: format, locks, atomic changes, what a killed run leaves behind.

use std::collections::BTreeSet;
use std::fs;

use heptagon_case::{CaseDir, CaseError, TableFile, Tables, read};

use super::support::{at, case, meta, put, rows, tree};

#[test]
fn a_case_remembers_what_it_was_made_with_and_is_private() {
    let root = tempfile::tempdir().unwrap();
    drop(case(root.path()));
    let path = root.path().join("case");
    let opened = CaseDir::open(&path).unwrap();
    assert_eq!(*opened.meta(), meta());
    assert!(!opened.is_writer());
    assert!(matches!(opened.writer("events"), Err(CaseError::ReadOnly)));
    assert!(matches!(opened.commit(&Tables::default()), Err(CaseError::ReadOnly)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for dir in [path.clone(), path.join("tables"), path.join(".work")] {
            assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700, "{dir:?}");
        }
    }
}

#[test]
fn a_newer_case_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    drop(case(root.path()));
    let path = root.path().join("case");
    // A later format may change everything else, so only the number is looked at.
    fs::write(path.join("case.toml"), "format = 7\nunheard = [1]\n").unwrap();
    let before = tree(&path);
    for error in
        [CaseDir::open(&path).unwrap_err(), CaseDir::create_or_open(&path, &meta()).unwrap_err()]
    {
        assert_eq!(
            error.to_string(),
            "case was written by a newer heptagon (format 7, this one knows 1)"
        );
        assert!(error.hint().unwrap().contains("--case"));
    }
    assert_eq!(tree(&path), before);
}

#[test]
fn a_folder_with_other_things_is_no_case() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("photo.jpg"), "x").unwrap();
    let error = CaseDir::create_or_open(root.path(), &meta()).unwrap_err();
    assert!(matches!(error, CaseError::NotACase(_)), "{error}");
    assert!(matches!(CaseDir::open(root.path()), Err(CaseError::Missing(_))));
    let file = root.path().join("photo.jpg");
    assert!(matches!(CaseDir::create_or_open(&file, &meta()), Err(CaseError::NotACase(_))));
    assert_eq!(tree(root.path()).len(), 1, "nothing was left behind");
}

#[test]
fn a_run_killed_while_it_made_the_case_does_not_block_the_next() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("case");
    fs::create_dir_all(path.join(".work")).unwrap();
    fs::write(path.join(".lock"), "").unwrap();
    fs::write(path.join(".work/case.toml.new"), "form").unwrap();
    assert_eq!(*CaseDir::create_or_open(&path, &meta()).unwrap().meta(), meta());
}

#[test]
fn damaged_files_are_named() {
    let root = tempfile::tempdir().unwrap();
    drop(case(root.path()));
    let path = root.path().join("case");
    fs::write(path.join("tables.json"), "{\"format\": 1, \"tabl").unwrap();
    let error = CaseDir::open(&path).unwrap().tables().unwrap_err();
    assert!(error.to_string().contains("tables.json is damaged"), "{error}");
    for escape in ["../../etc/passwd", "/etc/passwd", "tables/../../x", "tables//x", "tables\\x"] {
        let text = serde_json::json!({"format": 1, "tables": {"events": [
            {"file": escape, "rows": 1, "bytes": 1}]}});
        fs::write(path.join("tables.json"), text.to_string()).unwrap();
        let error = CaseDir::open(&path).unwrap().tables().unwrap_err();
        assert!(error.to_string().contains("outside of the case"), "{escape}: {error}");
    }
    fs::write(path.join("tables.json"), "{\"format\": 2, \"tables\": {}}").unwrap();
    assert!(matches!(
        CaseDir::open(&path).unwrap().tables(),
        Err(CaseError::NewerFormat { found: 2, known: 1 })
    ));
    fs::write(path.join("case.toml"), "format = \u{1b}[31m").unwrap();
    let error = CaseDir::open(&path).unwrap_err().to_string();
    assert!(error.contains("case.toml is damaged") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn one_run_writes_at_a_time() {
    let root = tempfile::tempdir().unwrap();
    let first = case(root.path());
    let path = root.path().join("case");
    let error = CaseDir::create_or_open(&path, &meta()).unwrap_err();
    assert!(matches!(error, CaseError::Busy(_)), "{error}");
    CaseDir::open(&path).unwrap();
    drop(first);
    CaseDir::create_or_open(&path, &meta()).unwrap();
}

#[test]
fn readers_keep_what_they_opened_and_orphans_go_when_they_are_gone() {
    let root = tempfile::tempdir().unwrap();
    let writer = case(root.path());
    let mut tables = Tables::default();
    let day = at("2026-05-07T00:00:00Z");
    put(&writer, &mut tables, "events", &[rows("events", day, 1_000_000, 0..10)]);
    let path = root.path().join("case");
    let reader = CaseDir::open(&path).unwrap();
    let old = read(&reader, "events", None).unwrap();

    put(&writer, &mut tables, "events", &[rows("events", day, 1_000_000, 0..20)]);
    assert_eq!(old.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 10);
    assert_eq!(reader.tables().unwrap().rows("events"), 20);
    let count = |path: &std::path::Path| tree(&path.join("tables")).len();
    assert_eq!(count(&path), 2, "the superseded file stays while somebody reads");

    drop(reader);
    drop(writer);
    fs::write(path.join("tables/events/2026-05-07/part-9-left.parquet"), "half").unwrap();
    fs::create_dir_all(path.join("tables/messages/2026-05-08")).unwrap();
    fs::create_dir_all(path.join(".work/parts")).unwrap();
    fs::write(path.join(".work/parts/events-0.parquet"), "half").unwrap();
    fs::create_dir_all(path.join(".work/runs")).unwrap();
    fs::write(path.join(".work/runs/1"), "kept").unwrap();
    drop(CaseDir::create_or_open(&path, &meta()).unwrap());
    assert_eq!(count(&path), 1);
    assert!(!path.join("tables/messages").exists());
    assert!(!path.join(".work/parts").exists());
    assert!(path.join(".work/runs/1").exists(), "other half-done work is its owner's");
}

#[test]
fn days_are_replaced_and_other_days_stay() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let mut tables = Tables::default();
    let start = at("2026-05-07T23:59:58Z");
    put(&case, &mut tables, "events", &[rows("events", start, 1_000_000, 0..86_403)]);
    let days: Vec<i64> = tables.files("events").iter().filter_map(TableFile::day).collect();
    let first = start.day();
    assert_eq!(days, [first, first + 1, first + 2]);
    let rows_of = |tables: &Tables| -> Vec<u64> {
        tables.files("events").iter().map(|file| file.rows).collect()
    };
    assert_eq!(rows_of(&tables), [2, 86_400, 1]);

    let mut writer = case.writer("events").unwrap();
    writer.write(&rows("events", at("2026-05-08T12:00:00Z"), 1, 0..5)).unwrap();
    let files = writer.finish().unwrap();
    tables.replace_days("events", &BTreeSet::from([first + 1]), files);
    case.commit(&tables).unwrap();
    assert_eq!(rows_of(&tables), [2, 5, 1]);
    tables.replace_days("events", &BTreeSet::from([first, first + 1, first + 2]), Vec::new());
    case.commit(&tables).unwrap();
    assert_eq!(case.tables().unwrap(), Tables::default());
    assert!(!case.path().join("tables/events").exists());
}

#[test]
fn a_missing_or_broken_table_file_is_named() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let mut tables = Tables::default();
    put(&case, &mut tables, "presence", &[rows("presence", at("2026-05-07"), 1, 0..9)]);
    let path = case.path().join(&tables.files("presence")[0].file);
    let whole = fs::read(&path).unwrap();
    for broken in [&whole[..whole.len() / 2], b"", &whole[10..]] {
        fs::write(&path, broken).unwrap();
        let error = read(&case, "presence", None).unwrap().find_map(Result::err).unwrap();
        assert!(error.to_string().contains("part-0-"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = read(&case, "presence", None).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(error, CaseError::Io { .. }), "{error}");
}
