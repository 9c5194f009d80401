//! Single files: plain, gzip, zstd, whole and streamed, sound and damaged.

use std::io::Write;

use heptagon_model::{ArtifactId, Limits, ProblemCode, Severity};

use super::{gzip, lines, read_one, tight, zstd};
use crate::Encoding;
use crate::hash::sha256;

#[test]
fn content_is_the_same_whole_and_streamed() {
    let text = lines(2_000);
    let cases = [
        (text.clone(), Encoding::Plain),
        (gzip(&text), Encoding::Gzip),
        (zstd(&text), Encoding::Zstd),
    ];
    for (bytes, encoding) in cases {
        for (limits, streamed) in [(Limits::DEFAULT, false), (tight(), true)] {
            let seen = read_one("a.json", &bytes, &limits);
            assert_eq!(seen.faults(), []);
            let (uri, content, truncated, was_streamed) = &seen.leaves[0];
            assert_eq!((uri.as_str(), *truncated, *was_streamed), ("a.json", false, streamed));
            assert!(*content == text, "{encoding:?}");
            let done = &seen.done[0];
            assert_eq!(done.header.id, ArtifactId(sha256(&bytes)));
            assert_eq!(done.header.encoding, encoding);
            assert_eq!(done.header.bytes, bytes.len() as u64);
            assert_eq!(done.content_sha256, sha256(&text));
            assert_eq!(done.content_bytes, text.len() as u64);
            assert!(done.complete && done.container.is_none());
        }
    }
}

#[test]
fn sizes_around_the_limit_of_memory_are_right() {
    for size in [4095, 4096, 4097] {
        let text = vec![b'x'; size];
        for bytes in [gzip(&text), zstd(&text), text.clone()] {
            let seen = read_one("a", &bytes, &tight());
            assert_eq!(seen.faults(), []);
            assert_eq!((seen.leaves[0].1.len(), seen.leaves[0].3), (size, size > 4096));
        }
    }
}

#[test]
fn several_members_are_one_content() {
    let text = lines(500);
    let (first, second) = text.split_at(text.len() / 3);
    for (limits, encode) in [
        (Limits::DEFAULT, gzip as fn(&[u8]) -> Vec<u8>),
        (tight(), gzip),
        (Limits::DEFAULT, zstd),
        (tight(), zstd),
    ] {
        let bytes = [encode(first), encode(b""), encode(second)].concat();
        let seen = read_one("a.json.gz", &bytes, &limits);
        assert_eq!(seen.faults(), []);
        assert!(seen.leaves[0].1 == text);
    }
}

#[test]
fn a_member_repeated_is_read_twice() {
    let text = lines(100);
    let bytes = [gzip(&text), gzip(&text)].concat();
    let seen = read_one("a.gz", &bytes, &Limits::DEFAULT);
    assert_eq!(seen.faults(), []);
    assert!(seen.leaves[0].1 == [text.clone(), text].concat());
}

#[test]
fn a_cut_anywhere_keeps_every_byte_before_it() {
    // Zstandard decodes block by block, so that up to one block before the cut is out of reach.
    const BLOCK: usize = 128 << 10;
    for (encode, count, lost) in [(gzip as fn(&[u8]) -> Vec<u8>, 300, 64), (zstd, 8_000, BLOCK)] {
        let text = lines(count);
        let bytes = encode(&text);
        let mut longest = 0;
        for cut in (5..bytes.len()).step_by(bytes.len() / 30).chain([bytes.len() - 1]) {
            for limits in [Limits::DEFAULT, tight()] {
                let seen = read_one("a.gz", &bytes[..cut], &limits);
                assert_eq!(seen.faults(), [(ProblemCode::Truncated, "a.gz")], "cut at {cut}");
                let (_, content, truncated, _) = &seen.leaves[0];
                assert!(*truncated && text.starts_with(content));
                assert!(!seen.done[0].complete);
                longest = longest.max(content.len());
            }
        }
        assert!(longest >= text.len() - lost, "{longest} of {}", text.len());
    }
}

#[test]
fn damage_in_the_middle_keeps_what_is_before_it() {
    let text = lines(20_000);
    let mut bytes = gzip(&text);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0xff);
    for limits in [Limits::DEFAULT, tight()] {
        let seen = read_one("a.gz", &bytes, &limits);
        let (_, content, truncated, _) = &seen.leaves[0];
        assert_eq!(seen.faults()[0].0, ProblemCode::CorruptArchive);
        assert_eq!(seen.done[0].problems[0].severity, Severity::Lost);
        assert!(*truncated && !seen.done[0].complete);
        assert!(content.len() > text.len() / 3, "{} of {}", content.len(), text.len());
        assert!(content[..text.len() / 3] == text[..text.len() / 3]);
    }
}

#[test]
fn a_wrong_checksum_is_a_warning() {
    let text = lines(100);
    for at in [8, 4] {
        let mut bytes = gzip(&text);
        let place = bytes.len() - at;
        bytes[place] ^= 1;
        let seen = read_one("a.gz", &bytes, &Limits::DEFAULT);
        assert_eq!(seen.faults(), [(ProblemCode::CorruptArchive, "a.gz")]);
        assert!(seen.leaves[0].1 == text && !seen.leaves[0].2 && seen.done[0].complete);
    }
}

#[test]
fn bytes_after_the_end_are_told() {
    let text = lines(100);
    for (encode, limits) in
        [(gzip as fn(&[u8]) -> Vec<u8>, Limits::DEFAULT), (gzip, tight()), (zstd, Limits::DEFAULT)]
    {
        let mut bytes = encode(&text);
        bytes.extend_from_slice(b"garbage");
        let seen = read_one("a.gz", &bytes, &limits);
        assert_eq!(seen.faults(), [(ProblemCode::TrailingBytes, "a.gz")]);
        assert!(seen.reasons().starts_with("7 bytes after the end"), "{}", seen.reasons());
        assert!(seen.leaves[0].1 == text && seen.done[0].complete);
    }
    // Garbage that ends like the member does must not pass for the end of the member.
    let member = gzip(&text);
    let bytes = [&member[..], b"..", &member[member.len() - 8..]].concat();
    let seen = read_one("a.gz", &bytes, &Limits::DEFAULT);
    assert_eq!(seen.faults(), [(ProblemCode::TrailingBytes, "a.gz")]);
}

#[test]
fn a_size_that_lies_changes_nothing() {
    let text = lines(1_000);
    for lie in [0u32, 1, 100, u32::MAX] {
        let mut bytes = gzip(&text);
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&lie.to_le_bytes());
        let seen = read_one("a.gz", &bytes, &Limits::DEFAULT);
        assert_eq!(seen.faults(), [(ProblemCode::CorruptArchive, "a.gz")]);
        assert!(seen.leaves[0].1 == text);
    }
}

#[test]
fn headers_with_names_and_fields_are_skipped() {
    let text = lines(50);
    let mut encoder = flate2::GzBuilder::new()
        .filename("a name")
        .comment("a comment")
        .extra(vec![7; 300])
        .write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&text).unwrap();
    let member = encoder.finish().unwrap();
    for bytes in [member.clone(), [member.clone(), member].concat()] {
        for limits in [Limits::DEFAULT, tight()] {
            let seen = read_one("a.gz", &bytes, &limits);
            assert_eq!(seen.faults(), []);
            assert!(seen.leaves[0].1.starts_with(&text));
        }
    }
}

#[test]
fn compressed_twice_is_one_artifact() {
    let text = lines(500);
    for limits in [Limits::DEFAULT, tight()] {
        let seen = read_one("a.gz", &gzip(&zstd(&text)), &limits);
        assert_eq!(seen.faults(), []);
        assert!(seen.leaves[0].1 == text && seen.done.len() == 1);
        assert_eq!(seen.done[0].content_sha256, sha256(&text));
    }
    let mut deep = text;
    for _ in 0..5 {
        deep = gzip(&deep);
    }
    for limits in [Limits::DEFAULT, Limits { whole_bytes_max: 8, ..tight() }] {
        let seen = read_one("a.gz", &deep, &limits);
        assert_eq!(seen.faults(), [(ProblemCode::NestingTooDeep, "a.gz")]);
        assert!(seen.reasons().contains("nesting_max"));
        assert_eq!(seen.leaves.len(), 0);
    }
}

#[test]
fn bombs_end_at_the_limit_that_is_named() {
    let zeros = vec![0; 3 << 20];
    let cases = [
        (Limits { ratio_floor_bytes: 1 << 20, ratio_max: 100, ..Limits::DEFAULT }, "ratio_max"),
        (Limits { decompressed_bytes_max: 1 << 20, ..Limits::DEFAULT }, "decompressed_bytes_max"),
        (Limits { decompressed_bytes_max: 1 << 20, ..tight() }, "decompressed_bytes_max"),
    ];
    for encode in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        for (limits, limit) in &cases {
            let seen = read_one("a.gz", &encode(&zeros), limits);
            assert_eq!(seen.faults(), [(ProblemCode::LimitExceeded, "a.gz")]);
            assert!(seen.reasons().contains(limit), "{}", seen.reasons());
            let (_, content, truncated, _) = &seen.leaves[0];
            assert_eq!((content.len(), *truncated), (1 << 20, true));
            assert!(!seen.done[0].complete);
        }
    }
    let exact = Limits { decompressed_bytes_max: 3 << 20, ..Limits::DEFAULT };
    assert_eq!(read_one("a.gz", &gzip(&zeros), &exact).faults(), []);
}

#[test]
fn other_compressions_are_named() {
    let seen = read_one("a.json.xz", b"\xfd7zXZ\0rest", &Limits::DEFAULT);
    assert_eq!(seen.faults(), [(ProblemCode::Unsupported, "a.json.xz")]);
    assert_eq!(seen.done[0].container, Some("xz"));
    assert!(seen.leaves.is_empty() && !seen.done[0].complete);
}

#[test]
fn an_empty_file_and_a_misnamed_one_are_leaves() {
    let seen = read_one("empty.json.gz", b"", &Limits::DEFAULT);
    assert_eq!(seen.contents()["empty.json.gz"], b"");
    let seen = read_one("plain.json.gz", b"{}", &Limits::DEFAULT);
    assert_eq!((seen.faults().len(), seen.leaf("plain.json.gz")), (0, &b"{}"[..]));
}

#[test]
fn the_truth_of_a_drill_is_refused_in_any_wrapping() {
    let truth = br#"{"heptagon_truth":1,"answers":[]}"#;
    let wrapped = [
        truth.to_vec(),
        gzip(truth),
        super::zip(&[("t.json", truth)]),
        super::tar(&[("t", truth)]),
    ];
    for bytes in wrapped {
        let seen = read_one("truth.json", &bytes, &Limits::DEFAULT);
        assert!(seen.leaves.is_empty());
        assert_eq!(seen.problems.len(), 1);
        assert_eq!(seen.problems[0].code, ProblemCode::TruthFile);
        assert!(seen.done.iter().all(|done| done.container.is_some()));
    }
    let padded = [&truth[..], &vec![b' '; 10_000]].concat();
    let seen = read_one("truth.json", &padded, &tight());
    assert_eq!((seen.leaves.len(), seen.problems.len()), (0, 1));
}

#[test]
fn a_reader_that_stops_early_does_not_change_what_is_known() {
    struct Lazy(super::Recorder);
    impl crate::Visitor for Lazy {
        fn wants(&mut self, _: &crate::ArtifactHeader) -> bool {
            true
        }
        fn artifact(&mut self, _: &crate::ArtifactHeader, content: crate::Content<'_>) {
            if let crate::Content::Stream(stream) = content {
                assert_eq!(stream.read(&mut [0; 10]).unwrap(), 10);
            }
        }
        fn problem(&mut self, problem: heptagon_model::Problem) {
            self.0.problem(problem);
        }
        fn done(&mut self, done: &crate::ArtifactDone) {
            self.0.done(done);
        }
    }
    let text = lines(2_000);
    let bytes = gzip(&text);
    let evidence = super::Evidence::new().with("a.gz", &bytes[..bytes.len() - 2]);
    let file = &crate::discover(&[evidence.root()], &[]).unwrap().files[0];
    let mut lazy = Lazy(super::Recorder::default());
    crate::Opener::new(&tight(), &evidence.scratch()).visit(file, &mut lazy).unwrap();
    assert_eq!(lazy.0.faults(), [(ProblemCode::Truncated, "a.gz")]);
    assert_eq!(lazy.0.done[0].content_sha256, sha256(&text));
}
