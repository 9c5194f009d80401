//! Any bytes as a file of evidence: gzip, zstd, zip, tar, nested, damaged. Nothing is lost without
//! a word, no bound is passed, nothing is written outside the scratch folder.
#![no_main]

use std::fs;

use heptagon_evidence::{ArtifactDone, ArtifactHeader, Content, FoundFile, Opener, Visitor};
use heptagon_model::{Limits, Problem};
use libfuzzer_sys::fuzz_target;

/// Small bounds, so that short inputs reach them, and both ways of handing content over are used.
const LIMITS: Limits = Limits {
    decompressed_bytes_max: 1 << 20,
    ratio_max: 100,
    ratio_floor_bytes: 64 << 10,
    nesting_max: 2,
    archive_members_max: 100,
    archive_bytes_max: 2 << 20,
    whole_bytes_max: 16 << 10,
    window_bytes: 4 << 10,
    problems_listed_max: 50,
    ..Limits::DEFAULT
};

#[derive(Default)]
struct Audit {
    wanted: u64,
    done: u64,
    content_bytes: u64,
    problems: usize,
}

impl Visitor for Audit {
    fn wants(&mut self, _: &ArtifactHeader) -> bool {
        self.wanted += 1;
        self.content_bytes = 0;
        true
    }

    fn artifact(&mut self, _: &ArtifactHeader, content: Content<'_>) {
        self.content_bytes = match content {
            Content::Whole { bytes, .. } => bytes.len() as u64,
            Content::Stream(stream) => {
                let mut buffer = vec![0; LIMITS.window_bytes];
                let mut total = 0;
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    total += n as u64;
                }
                total
            }
        };
        assert!(self.content_bytes <= LIMITS.decompressed_bytes_max);
    }

    fn problem(&mut self, problem: Problem) {
        assert!(!problem.reason.chars().any(char::is_control), "{problem:?}");
        self.problems += 1;
    }

    fn done(&mut self, done: &ArtifactDone) {
        self.done += 1;
        if done.container.is_none() {
            assert_eq!(done.content_bytes, self.content_bytes, "{done:?}");
        }
        // An archive is incomplete if a member is, which then has the problem.
        self.problems += done.problems.len();
        assert!(done.complete || self.problems > 0, "lost without a word: {done:?}");
    }
}

fuzz_target!(|input: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("input");
    fs::write(&path, input).expect("the input can be written");
    let file = FoundFile { uri: "input".to_owned(), path: path.clone(), bytes: input.len() as u64 };
    let mut audit = Audit::default();
    let mut opener = Opener::new(&LIMITS, &folder.path().join("scratch"));
    opener.visit(&file, &mut audit).expect("the scratch folder can be written");
    assert_eq!(audit.wanted, audit.done);
    assert_eq!(fs::read(&path).expect("the input is still there"), input, "evidence was changed");
});
