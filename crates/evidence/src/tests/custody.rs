//! Manifest, sums, ledger, verification, and the way back to a record.

use std::fs;
use std::io::Write;
use std::path::Path;

use heptagon_model::{Accounting, ArtifactId, ArtifactRow, Limits, Timestamp};
use serde_json::json;

use super::{Evidence, gzip, lines, tar, tight, zip};
use crate::hash::{hex, sha256};
use crate::ledger::{check, entries};
use crate::{EvidenceError, Ledger, LedgerState, Opener, Range, Verification, manifest, verify};

const AT: Timestamp = Timestamp(1_700_000_000_000_000);

fn row(uri: &str, bytes: &[u8]) -> ArtifactRow {
    let sha256 = hex(&sha256(bytes));
    ArtifactRow {
        artifact: sha256[..16].to_owned(),
        uri: uri.to_owned(),
        bytes: bytes.len() as u64,
        content_sha256: sha256.clone(),
        sha256,
        content_bytes: bytes.len() as u64,
        kind: "cloudtrail".into(),
        accounting: Accounting::default(),
        first_event_time: Some(AT),
        last_event_time: None,
        accounts: vec!["111122223333".into()],
        regions: Vec::new(),
        reason: None,
    }
}

/// A ledger of three lines and its text.
fn ledger(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let path = folder.join("ledger.jsonl");
    let mut ledger = Ledger::open(&path, AT).unwrap();
    ledger.append(AT, "intake", &json!({"artifacts": 3, "roots": ["a\nb\"c"]})).unwrap();
    ledger.append(AT, "analysis", &json!({})).unwrap();
    drop(ledger);
    Ledger::open(&path, AT).unwrap().append(AT, "reveal", &json!({"by": "é"})).unwrap();
    let text = fs::read(&path).unwrap();
    (path, text)
}

#[test]
fn the_manifest_comes_back_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [row("b.zip!x", b"1"), row("b.zip", b"2"), row("a.json", b"3")];
    manifest::write(folder.path(), &rows).unwrap();
    let back = manifest::read(&folder.path().join(manifest::MANIFEST)).unwrap();
    assert_eq!(back, [rows[2].clone(), rows[1].clone(), rows[0].clone()]);
    let text = fs::read(folder.path().join(manifest::MANIFEST)).unwrap();
    manifest::write(folder.path(), &back).unwrap();
    assert_eq!(fs::read(folder.path().join(manifest::MANIFEST)).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half written is left");
    fs::write(folder.path().join("bad"), "{}\n").unwrap();
    let error = manifest::read(&folder.path().join("bad")).unwrap_err();
    assert!(matches!(error, EvidenceError::Manifest { line: 1, .. }));
}

#[cfg(unix)]
#[test]
fn coreutils_check_the_sums() {
    use std::os::unix::ffi::OsStrExt;
    let evidence = Evidence::new().with("a.json", b"1").with("d/b c.json", b"2").with("-", b"3");
    let odd = std::ffi::OsStr::from_bytes(b"x\xff\n\\ %!.json");
    fs::write(evidence.root().join(odd), "4").unwrap();
    let mut rows: Vec<ArtifactRow> = crate::discover(&[evidence.root()], &[])
        .unwrap()
        .files
        .iter()
        .map(|file| row(&file.uri, &fs::read(&file.path).unwrap()))
        .collect();
    rows.push(row("z.zip!member", b"5"));
    manifest::write(evidence.folder.path(), &rows).unwrap();
    let sums = evidence.folder.path().join(manifest::SUMS);
    assert_eq!(memchr::memchr_iter(b'\n', &fs::read(&sums).unwrap()).count(), 4);
    let run = || {
        std::process::Command::new("sha256sum")
            .arg("-c")
            .arg(&sums)
            .current_dir(evidence.root())
            .output()
    };
    let Ok(output) = run() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).matches(": OK").count(), 4);
    fs::write(evidence.root().join("a.json"), "x").unwrap();
    assert!(!run().unwrap().status.success());
}

#[test]
fn the_chain_holds_over_several_openings() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = ledger(folder.path());
    let LedgerState::Sound { entries: 3, head } = check(&path) else {
        panic!("{:?}", check(&path))
    };
    assert_eq!(check(&path).to_string(), "ok");
    assert_eq!(Ledger::open(&path, AT).unwrap().head(), head);
    let all = entries(&path).unwrap();
    let actions: Vec<(u64, &str)> =
        all.iter().map(|entry| (entry.seq, entry.action.as_str())).collect();
    assert_eq!(actions, [(0, "intake"), (1, "analysis"), (2, "reveal")]);
    assert_eq!(all[0].detail["roots"][0], "a\nb\"c");
    assert_eq!(all[0].at, AT);
    assert_eq!(fs::read(&path).unwrap(), text, "opening changes nothing");
    // Anyone can follow the chain with standard tools.
    let line = text.split(|byte| *byte == b'\n').next().unwrap();
    let body = &line[..line.len() - 75];
    assert!(line.ends_with(format!(",\"hash\":\"{}\"}}", hex(&sha256(body))).as_bytes()));
}

#[test]
fn every_flipped_bit_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = ledger(folder.path());
    let starts: Vec<usize> =
        std::iter::once(0).chain(memchr::memchr_iter(b'\n', &text).map(|end| end + 1)).collect();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut changed = text.clone();
            changed[at] ^= 1 << bit;
            fs::write(&path, &changed).unwrap();
            let line = starts.iter().filter(|start| **start <= at).count() as u64 - 1;
            let LedgerState::Broken { at: found, .. } = check(&path) else {
                panic!("bit {bit} of byte {at} was not found");
            };
            // A flipped line break shows where the lines were joined.
            assert!(found == line, "byte {at}: {found} instead of {line}");
        }
    }
}

#[test]
fn lines_removed_added_or_moved_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = ledger(folder.path());
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let cases: [(Vec<&[u8]>, u64); 5] = [
        (vec![lines[1], lines[2]], 0),
        (vec![lines[0], lines[2]], 1),
        (vec![lines[1], lines[0], lines[2]], 0),
        (vec![lines[0], lines[0], lines[1]], 1),
        (vec![lines[0], b"\n", lines[1], lines[2]], 1),
    ];
    for (lines, broken_at) in cases {
        fs::write(&path, lines.concat()).unwrap();
        assert_eq!(check(&path).to_string(), format!("broken at {broken_at}"));
    }
    assert_eq!(check(&folder.path().join("none")).to_string(), "broken at 0");
}

#[test]
fn a_torn_last_line_is_repaired_and_the_repair_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = ledger(folder.path());
    let last = memchr::memrchr(b'\n', &text[..text.len() - 1]).unwrap() + 1;
    for cut in (last + 1)..text.len() {
        fs::write(&path, &text[..cut]).unwrap();
        assert_eq!(check(&path).to_string(), "broken at 2");
        let mut ledger = Ledger::open(&path, AT).unwrap();
        ledger.append(AT, "after", &json!({})).unwrap();
        let all = entries(&path).unwrap();
        assert_eq!(check(&path).to_string(), "ok");
        assert_eq!((all.len(), all[2].action.as_str()), (4, "ledger-repaired"));
        assert_eq!(all[2].detail["removed_bytes"], cut - last);
    }
}

#[test]
fn a_broken_chain_goes_on_but_stays_broken() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut text) = ledger(folder.path());
    text[20] ^= 1;
    fs::write(&path, &text).unwrap();
    Ledger::open(&path, AT).unwrap().append(AT, "later", &json!({})).unwrap();
    assert_eq!(check(&path).to_string(), "broken at 0");
    assert!(fs::read(&path).unwrap().starts_with(&text), "what was there stays");
}

#[test]
fn two_writers_share_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut ledger = Ledger::open(path, AT).unwrap();
                for at in 0..10 {
                    ledger.append(AT, "note", &json!({"writer": writer, "at": at})).unwrap();
                }
            });
        }
    });
    assert!(matches!(check(&path), LedgerState::Sound { entries: 40, .. }));
}

#[test]
fn verification_names_what_changed_and_what_is_missing() {
    let names = ["a.json", "b.json", "d/c.json", "z.zip"];
    let mut evidence = Evidence::new();
    for name in names {
        evidence = evidence.with(name, name.as_bytes());
    }
    let mut rows: Vec<ArtifactRow> = names.iter().map(|name| row(name, name.as_bytes())).collect();
    rows.push(row("z.zip!member", b"not opened"));
    let (ledger, _) = ledger(evidence.folder.path());
    let roots = [evidence.root()];
    let sound = verify(&roots, &rows, &ledger);
    assert!(sound.is_sound());
    assert_eq!(sound.artifacts.ok, 4);
    fs::write(evidence.root().join("b.json"), "other").unwrap();
    fs::remove_file(evidence.root().join("d/c.json")).unwrap();
    let Verification { artifacts, .. } = verify(&roots, &rows, &ledger);
    assert_eq!(
        (artifacts.ok, artifacts.changed, artifacts.missing),
        (2, vec!["b.json".into()], vec!["d/c.json".into()])
    );
    // A root that is a file, and two roots with the same relative path.
    let other = Evidence::new().with("a.json", b"of another root");
    let rows = [row("a.json", b"a.json"), row("a.json", b"of another root")];
    let roots = [evidence.root().join("a.json"), other.root()];
    assert!(verify(&roots, &rows, &ledger).is_sound());
    assert!(!verify(&roots[1..], &rows, &ledger).is_sound());
}

#[test]
fn a_manifest_cannot_lead_out_of_the_evidence() {
    let evidence = Evidence::new().with("a.json", b"1");
    fs::write(evidence.folder.path().join("outside"), "secret").unwrap();
    let (ledger, _) = ledger(evidence.folder.path());
    for uri in ["../outside", "/etc/passwd", "%2E%2E/outside", "", ".", "%zz"] {
        let rows = [row(uri, b"secret")];
        let check = verify(&[evidence.root()], &rows, &ledger).artifacts;
        assert_eq!((check.ok, check.missing.len()), (0, 1), "{uri}");
    }
}

#[test]
fn records_are_fetched_from_wherever_they_are() {
    let text = lines(400);
    let ranges = [
        Range { offset: 9_000, length: 700 },
        Range { offset: 0, length: 10 },
        Range { offset: 8_990, length: 20 },
    ];
    let expect: Vec<Vec<u8>> = ranges
        .iter()
        .map(|r| text[r.offset as usize..(r.offset + r.length) as usize].to_vec())
        .collect();
    let packed = gzip(&text);
    let evidence = Evidence::new()
        .with("a.json", &text)
        .with("b.json.gz", &packed)
        .with("c.zip", &zip(&[("x", b"1"), ("logs/y.gz", &packed)]))
        .with("d.tgz", &gzip(&tar(&[("m.tar", &tar(&[("t.json", &text)]))])));
    for limits in [Limits::DEFAULT, tight()] {
        let mut opener = Opener::new(&limits, &evidence.scratch());
        let mut fetch = |uri: &str, bytes: &[u8], ranges: &[Range]| {
            opener.fetch(&[evidence.root()], uri, ArtifactId(sha256(bytes)), ranges)
        };
        for (uri, found) in [
            ("a.json", &text),
            ("b.json.gz", &packed),
            ("c.zip!logs/y.gz", &packed),
            ("d.tgz!m.tar!t.json", &text),
        ] {
            assert_eq!(fetch(uri, found, &ranges).unwrap(), expect, "{uri}");
        }
        let beyond = [Range { offset: text.len() as u64 - 1, length: 2 }];
        assert!(matches!(fetch("a.json", &text, &beyond), Err(EvidenceError::OutOfRange { .. })));
        assert!(matches!(fetch("a.json", b"other", &ranges), Err(EvidenceError::Changed { .. })));
        assert!(matches!(fetch("none.json", &text, &ranges), Err(EvidenceError::Gone { .. })));
        assert!(matches!(fetch("c.zip!none", &text, &ranges), Err(EvidenceError::Gone { .. })));
    }
}

#[test]
fn errors_are_one_line_with_a_hint() {
    let source = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let path = std::path::PathBuf::from("case/x");
    let errors = [
        EvidenceError::Write { path: path.clone(), source: source() },
        EvidenceError::Read { path: path.clone(), source: source() },
        EvidenceError::Scratch { uri: "a".into(), path: path.clone(), source: source() },
        EvidenceError::Unreadable { path: path.clone(), source: source() },
        EvidenceError::Special { path },
    ];
    let mut out = Vec::new();
    for error in &errors {
        writeln!(out, "{error}: {}", error.hint()).unwrap();
        assert!(!error.to_string().ends_with('.') && !error.hint().is_empty());
    }
    assert_eq!(memchr::memchr_iter(b'\n', &out).count(), errors.len());
    assert!(errors[0].hint().contains("free some space"));
}
