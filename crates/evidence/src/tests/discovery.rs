//! Roots, folders, links, special files, files that cannot be read or that change.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use heptagon_model::{Limits, ProblemCode};

use super::{Evidence, Recorder, lines, tight};
use crate::{ArtifactDone, ArtifactHeader, Content, EvidenceError, Opener, Visitor, discover};

#[test]
fn files_come_sorted_and_relative_to_their_root() {
    let evidence =
        Evidence::new().with("b/2.json", b"22").with("a.json", b"1").with(".DS_Store", b"");
    let found = discover(&[evidence.root()], &[]).unwrap();
    let uris: Vec<(&str, u64)> =
        found.files.iter().map(|file| (file.uri.as_str(), file.bytes)).collect();
    assert_eq!(uris, [(".DS_Store", 0), ("a.json", 1), ("b/2.json", 2)]);
    assert_eq!(found.problems, []);
    let one = discover(&[evidence.root().join("b/2.json")], &[]).unwrap();
    assert_eq!(one.files[0].uri, "2.json");
    assert_eq!(fs::read(&one.files[0].path).unwrap(), b"22");
}

#[test]
fn the_order_and_overlap_of_roots_do_not_matter() {
    let evidence = Evidence::new().with("b/2.json", b"22").with("a.json", b"1");
    let (root, inner) = (evidence.root(), evidence.root().join("b"));
    let once = discover(std::slice::from_ref(&root), &[]).unwrap();
    for roots in [
        vec![root.clone(), inner.clone()],
        vec![inner.clone(), root.clone()],
        vec![root.clone(), root.clone()],
    ] {
        assert_eq!(discover(&roots, &[]).unwrap(), once);
    }
    let file = inner.join("2.json");
    assert_eq!(discover(&[file, root], &[]).unwrap(), once);
}

#[test]
fn a_missing_root_is_an_error_with_a_hint() {
    for path in ["/no/such/evidence", "s3://bucket/prefix"] {
        let error = discover(&[PathBuf::from(path)], &[]).unwrap_err();
        assert!(matches!(error, EvidenceError::Missing { .. }));
        assert_eq!(error.to_string(), format!("evidence {path} does not exist"));
        assert!(!error.hint().is_empty() && !error.hint().contains('\n'));
    }
}

#[test]
fn an_empty_folder_has_no_files() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(discover(&[folder.path().to_owned()], &[]).unwrap(), crate::Discovery::default());
}

#[test]
fn the_case_inside_the_evidence_is_left_out() {
    let evidence = Evidence::new()
        .with("a.json", b"1")
        .with("case/ledger.jsonl", b"{}")
        .with("casework/b", b"");
    let found =
        discover(&[evidence.root()], &[evidence.root().join("case"), PathBuf::from("/no/such")])
            .unwrap();
    let uris: Vec<&str> = found.files.iter().map(|file| file.uri.as_str()).collect();
    assert_eq!(uris, ["a.json", "casework/b"]);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_sockets_are_named_and_not_opened() {
    let evidence = Evidence::new().with("a.json", b"1");
    let root = evidence.root();
    std::os::unix::fs::symlink("/etc", root.join("folder")).unwrap();
    std::os::unix::fs::symlink("a.json", root.join("file")).unwrap();
    std::os::unix::fs::symlink(".", root.join("loop")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(root.join("pipe")).status();
    let found = discover(std::slice::from_ref(&root), &[]).unwrap();
    assert_eq!(found.files.len(), 1);
    let mut expect = vec!["file", "folder", "loop", "socket"];
    if pipe.is_ok_and(|status| status.success()) {
        expect.insert(3, "pipe");
    }
    let uris: Vec<&str> = found.problems.iter().map(|problem| problem.uri.as_str()).collect();
    assert_eq!(uris, expect);
    assert!(found.problems.iter().all(|problem| problem.code == ProblemCode::UnsafeMember));
    assert!(found.problems[1].reason.contains("\"/etc\""));
    // A root that is itself a link was named by the user and is followed.
    let link = evidence.folder.path().join("link");
    std::os::unix::fs::symlink(&root, &link).unwrap();
    assert_eq!(discover(&[link], &[]).unwrap().files[0].uri, "a.json");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_a_problem() {
    use std::os::unix::fs::PermissionsExt;
    let evidence =
        Evidence::new().with("a.json", b"1").with("closed/b.json", b"1").with("c.json", b"1");
    let set = |name: &str, mode| {
        fs::set_permissions(evidence.root().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("a.json", 0o000);
    set("closed", 0o000);
    // The superuser reads everything: then there is nothing to see here.
    let readable = fs::File::open(evidence.root().join("a.json")).is_ok();
    let seen = evidence.read(&Limits::DEFAULT);
    set("closed", 0o700);
    if readable {
        return;
    }
    assert_eq!(
        seen.faults(),
        [(ProblemCode::Unreadable, "closed"), (ProblemCode::Unreadable, "a.json")]
    );
    assert!(seen.reasons().contains("permission denied"));
    assert_eq!(seen.uris(), ["c.json"]);
}

#[test]
fn a_file_that_is_gone_or_replaced_by_a_folder_is_a_problem() {
    let evidence = Evidence::new().with("a.json", b"1").with("b.json", b"1");
    let found = discover(&[evidence.root()], &[]).unwrap();
    fs::remove_file(&found.files[0].path).unwrap();
    fs::remove_file(&found.files[1].path).unwrap();
    fs::create_dir(&found.files[1].path).unwrap();
    let mut seen = Recorder::default();
    let mut opener = Opener::new(&Limits::DEFAULT, &evidence.scratch());
    for file in &found.files {
        opener.visit(file, &mut seen).unwrap();
    }
    assert_eq!(
        seen.faults(),
        [(ProblemCode::Unreadable, "a.json"), (ProblemCode::Unreadable, "b.json")]
    );
    assert!(seen.reasons().contains("no longer there"));
}

/// Changes the file between its hash and the reading of its content.
struct Meddler {
    path: PathBuf,
    change: fn(&mut fs::File),
    seen: Recorder,
}

impl Visitor for Meddler {
    fn wants(&mut self, _: &ArtifactHeader) -> bool {
        let mut file = fs::OpenOptions::new().write(true).open(&self.path).unwrap();
        (self.change)(&mut file);
        true
    }

    fn artifact(&mut self, header: &ArtifactHeader, content: Content<'_>) {
        if let Content::Stream(stream) = content {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            self.seen.leaves.push((header.uri.clone(), bytes, stream.truncated(), true));
        }
    }

    fn problem(&mut self, problem: heptagon_model::Problem) {
        self.seen.problem(problem);
    }

    fn done(&mut self, done: &ArtifactDone) {
        self.seen.done(done);
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_told() {
    let changes: [fn(&mut fs::File); 2] =
        [|file| file.write_all(b"overwritten").unwrap(), |file| file.set_len(9_000).unwrap()];
    let text = lines(500);
    let stored = super::zip_with(&[("a", &text)], zip::CompressionMethod::Stored);
    for bytes in [text.clone(), super::gzip(&lines(5_000))] {
        for change in changes {
            let evidence = Evidence::new().with("a", &bytes);
            let file = &discover(&[evidence.root()], &[]).unwrap().files[0];
            let mut meddler =
                Meddler { path: file.path.clone(), change, seen: Recorder::default() };
            Opener::new(&tight(), &evidence.scratch()).visit(file, &mut meddler).unwrap();
            let codes: Vec<ProblemCode> =
                meddler.seen.faults().iter().map(|fault| fault.0).collect();
            assert!(codes.contains(&ProblemCode::ChangedDuringRead), "{codes:?}");
            assert!(!meddler.seen.done[0].complete);
        }
    }
    let evidence = Evidence::new().with("a.zip", &stored);
    let file = &discover(&[evidence.root()], &[]).unwrap().files[0];
    let change: fn(&mut fs::File) = |file| file.write_all(b"PK\x03\x04\x00").unwrap();
    let mut meddler = Meddler { path: file.path.clone(), change, seen: Recorder::default() };
    Opener::new(&tight(), &evidence.scratch()).visit(file, &mut meddler).unwrap();
    assert!(meddler.seen.faults().iter().any(|fault| fault.0 == ProblemCode::ChangedDuringRead));
}

#[test]
fn evidence_is_left_as_it_was() {
    let evidence =
        Evidence::new().with("a.tar", &super::tar(&[("x", &lines(500))])).with("b.json", b"{}");
    let state = |evidence: &Evidence| -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
        let found = discover(&[evidence.root()], &[]).unwrap();
        found
            .files
            .into_iter()
            .map(|file| {
                let modified = fs::metadata(&file.path).unwrap().modified().unwrap();
                (file.path.clone(), fs::read(&file.path).unwrap(), modified)
            })
            .collect()
    };
    let before = state(&evidence);
    evidence.read(&tight());
    assert!(state(&evidence) == before);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_text_are_kept() {
    use std::os::unix::ffi::OsStrExt;
    let evidence = Evidence::new().with("ok", b"1");
    let odd = std::ffi::OsStr::from_bytes(b"x\xff\n!%.json");
    fs::write(evidence.root().join(odd), "2").unwrap();
    let seen = evidence.read(&Limits::DEFAULT);
    assert_eq!(seen.uris(), ["ok", "x%FF%0A%21%25.json"]);
}
