//! Archives: members, nesting, hostile names and types, damage, bounds.

use std::io::{Cursor, Write};

use heptagon_model::{Limits, ProblemCode};
use zip::CompressionMethod;

use super::{
    Evidence, Recorder, files_below, gzip, lines, read_one, tar, tight, zip, zip_with, zstd,
};
use crate::hash::sha256;

#[test]
fn every_container_gives_the_same_members() {
    let (a, b) = (lines(40), lines(700));
    let members: [(&str, &[u8]); 3] = [("logs/a.json", &a), ("b.json", &b), ("none", b"")];
    let packed = [
        ("x.zip", zip(&members), "zip"),
        ("x.zip", zip_with(&members, CompressionMethod::Stored), "zip"),
        ("x.zip", zip_with(&members, CompressionMethod::Zstd), "zip"),
        ("x.tar", tar(&members), "tar"),
        ("x.tar.gz", gzip(&tar(&members)), "tar"),
        ("x.tar.zst", zstd(&tar(&members)), "tar"),
        ("x.zip.gz", gzip(&zip(&members)), "zip"),
    ];
    for (name, bytes, container) in packed {
        for limits in [Limits::DEFAULT, tight()] {
            let seen = read_one(name, &bytes, &limits);
            assert_eq!(seen.faults(), [], "{name}");
            assert_eq!(
                seen.uris(),
                members.map(|(member, _)| format!("{name}!{member}")),
                "{name}"
            );
            assert!(
                seen.leaf(&format!("{name}!logs/a.json")) == a
                    && seen.leaf(&format!("{name}!b.json")) == b
            );
            let last = seen.done.last().unwrap();
            assert_eq!((last.header.uri.as_str(), last.container), (name, Some(container)));
            assert_eq!(last.header.id.0, sha256(&bytes));
            assert!(last.complete);
            let content = match name {
                "x.tar.gz" | "x.tar.zst" => tar(&members),
                "x.zip.gz" => zip(&members),
                _ => bytes.clone(),
            };
            assert_eq!(last.content_sha256, sha256(&content), "{name}");
            assert_eq!(last.content_bytes, content.len() as u64);
        }
    }
}

#[test]
fn archives_in_archives_are_opened_as_deep_as_allowed() {
    let text = lines(30);
    let inner = gzip(&tar(&[("deep.json.gz", &gzip(&text))]));
    let bytes = zip(&[("logs.tar.gz", &inner), ("plain", b"x")]);
    for limits in [Limits::DEFAULT, Limits { whole_bytes_max: 64, ..Limits::DEFAULT }] {
        let evidence = Evidence::new().with("bundle.zip", &bytes);
        let seen = evidence.read(&limits);
        assert_eq!(seen.faults(), []);
        assert_eq!(seen.uris(), ["bundle.zip!logs.tar.gz!deep.json.gz", "bundle.zip!plain"]);
        assert!(seen.leaf("bundle.zip!logs.tar.gz!deep.json.gz") == text);
        let order: Vec<&str> = seen.done.iter().map(|done| done.header.uri.as_str()).collect();
        assert_eq!(order[1..], ["bundle.zip!logs.tar.gz", "bundle.zip!plain", "bundle.zip"]);
        assert_eq!(files_below(evidence.folder.path()), 1, "nothing is left in the scratch folder");
    }
    let seen = read_one("bundle.zip", &bytes, &Limits { nesting_max: 1, ..Limits::DEFAULT });
    assert_eq!(seen.faults(), [(ProblemCode::NestingTooDeep, "bundle.zip!logs.tar.gz")]);
    assert_eq!(seen.uris(), ["bundle.zip!plain"]);
    assert!(seen.reasons().contains("nesting_max"));
}

#[test]
fn hostile_names_are_labels_and_nothing_is_written() {
    let names = ["../../escape.json", "/etc/passwd", "a/../../b", "..\\c", "ok.json", "ok.json"];
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, name.as_bytes())).collect();
    let evidence = Evidence::new().with("x.tar", &tar(&members));
    let seen = evidence.read(&Limits { whole_bytes_max: 4, ..Limits::DEFAULT });
    assert_eq!(
        seen.uris(),
        [
            "x.tar!%2E%2E/%2E%2E/escape.json",
            "x.tar!%2F/etc/passwd",
            "x.tar!a/%2E%2E/%2E%2E/b",
            "x.tar!%2E%2E\\c",
            "x.tar!ok.json",
            "x.tar!ok.json",
        ]
    );
    assert_eq!(seen.faults().len(), 5);
    assert!(seen.faults().iter().all(|fault| fault.0 == ProblemCode::UnsafeMember));
    assert!(seen.reasons().contains("second member of the same name"));
    assert_eq!(files_below(evidence.folder.path()), 1);
    let seen = read_one("x.zip", &zip(&[("../up", b"1"), ("/abs", b"2")]), &Limits::DEFAULT);
    assert_eq!(seen.uris(), ["x.zip!%2E%2E/up", "x.zip!%2F/abs"]);
    assert_eq!(seen.faults().len(), 2);
}

#[test]
fn a_zip_that_names_two_members_alike_gives_both() {
    let mut bytes = zip(&[("aaaa", b"first"), ("bbbb", b"second")]);
    while let Some(at) = memchr::memmem::find(&bytes, b"bbbb") {
        bytes[at..at + 4].copy_from_slice(b"aaaa");
    }
    let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
    let contents: Vec<&[u8]> = seen.leaves.iter().map(|leaf| leaf.1.as_slice()).collect();
    assert_eq!(contents, [&b"first"[..], b"second"]);
    assert_eq!(seen.faults(), [(ProblemCode::UnsafeMember, "x.zip!aaaa")]);
}

#[test]
fn links_and_devices_are_not_followed() {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind) in [
        ("soft", tar::EntryType::Symlink),
        ("hard", tar::EntryType::Link),
        ("device", tar::EntryType::Char),
        ("pipe", tar::EntryType::Fifo),
        ("folder", tar::EntryType::Directory),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_path(name).unwrap();
        header.set_link_name("/etc/passwd\u{1b}").unwrap();
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    }
    let seen = read_one("x.tar", &builder.into_inner().unwrap(), &Limits::DEFAULT);
    let expect = ["x.tar!soft", "x.tar!hard", "x.tar!device", "x.tar!pipe"];
    assert_eq!(seen.faults(), expect.map(|uri| (ProblemCode::UnsafeMember, uri)));
    assert!(seen.reasons().contains("\"/etc/passwd\\u{1b}\""));

    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("soft", "/etc/passwd", zip::write::SimpleFileOptions::default()).unwrap();
    writer.add_directory("folder", zip::write::SimpleFileOptions::default()).unwrap();
    let seen = read_one("x.zip", &writer.finish().unwrap().into_inner(), &Limits::DEFAULT);
    assert_eq!(seen.faults(), [(ProblemCode::UnsafeMember, "x.zip!soft")]);
    assert!(seen.leaves.is_empty());
}

#[test]
fn an_encrypted_member_is_named_and_the_others_are_read() {
    let mut bytes = zip(&[("open", b"1"), ("secret.json", b"2"), ("open too", b"3")]);
    // The flag's first bit, in the local header and in the directory.
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = memchr::memmem::find_iter(&bytes, signature).nth(1).unwrap();
        bytes[at + flags] |= 1;
    }
    let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
    assert_eq!(seen.uris(), ["x.zip!open", "x.zip!open too"]);
    assert_eq!(seen.faults(), [(ProblemCode::Unreadable, "x.zip!secret.json")]);
    assert!(seen.reasons().contains("encrypted"));
    assert!(!seen.done.last().unwrap().complete);
}

#[test]
fn a_cut_tar_gives_every_member_before_the_cut() {
    let text = lines(200);
    let bytes = tar(&[("a", &text), ("b", &text), ("c", &text)]);
    let cut = text.len() * 2;
    for limits in [Limits::DEFAULT, tight()] {
        let seen = read_one("x.tar", &bytes[..cut], &limits);
        assert_eq!(seen.uris(), ["x.tar!a", "x.tar!b"]);
        assert!(seen.leaf("x.tar!a") == text);
        let (_, content, truncated, _) = &seen.leaves[1];
        assert!(*truncated && text.starts_with(content) && content.len() > text.len() / 2);
        assert_eq!(seen.faults(), [(ProblemCode::Truncated, "x.tar!b")]);
        assert!(
            seen.done.last().is_some_and(|done| !done.complete && done.container == Some("tar"))
        );
        let packed = gzip(&bytes);
        let seen = read_one("x.tgz", &packed[..packed.len() - 100], &limits);
        assert!(seen.leaf("x.tgz!a") == text && seen.leaf("x.tgz!b") == text);
        assert!(!seen.done.last().unwrap().complete);
    }
}

#[test]
fn a_damaged_tar_header_is_told_and_what_is_before_it_kept() {
    let text = lines(10);
    let mut bytes = tar(&[("a", &text), ("b", &text)]);
    let second = 512 + text.len().next_multiple_of(512);
    bytes[second] ^= 0x40;
    let seen = read_one("x.tar", &bytes, &Limits::DEFAULT);
    assert_eq!(seen.faults(), [(ProblemCode::CorruptArchive, "x.tar")]);
    assert_eq!(seen.uris(), ["x.tar!a"]);
    let both = [tar(&[("a", &text)]), tar(&[("b", &text)])].concat();
    let seen = read_one("x.tar", &both, &Limits::DEFAULT);
    assert_eq!((seen.uris(), seen.faults().len()), (vec!["x.tar!a", "x.tar!b"], 0));
}

#[test]
fn a_zip_without_its_directory_is_read_by_its_members() {
    let text = lines(300);
    let members: [(&str, &[u8]); 3] = [("a", &text), ("b", b"second"), ("c", &text)];
    for method in [CompressionMethod::Deflated, CompressionMethod::Stored] {
        let bytes = zip_with(&members, method);
        let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        let seen = read_one("x.zip", &bytes[..directory], &Limits::DEFAULT);
        assert_eq!(seen.uris(), ["x.zip!a", "x.zip!b", "x.zip!c"]);
        assert!(seen.leaf("x.zip!a") == text && seen.leaf("x.zip!c") == text);
        assert_eq!(seen.faults(), [(ProblemCode::Truncated, "x.zip")]);
        assert!(!seen.done.last().unwrap().complete);

        let seen = read_one("x.zip", &bytes[..directory - 60], &Limits::DEFAULT);
        let (_, content, truncated, _) = &seen.leaves[2];
        assert!(*truncated && text.starts_with(content) && content.len() > text.len() / 2);
    }
}

#[test]
fn a_zip_written_as_a_stream_and_cut_is_read_too() {
    let text = lines(300);
    let mut writer = zip::ZipWriter::new_stream(Vec::new());
    for name in ["a", "b"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&text).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
    assert_eq!((seen.faults().len(), seen.leaves.len()), (0, 2));
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let seen = read_one("x.zip", &bytes[..directory], &Limits::DEFAULT);
    assert!(seen.leaf("x.zip!a") == text && seen.leaf("x.zip!b") == text);
    assert!(!seen.leaves[0].2 && !seen.leaves[1].2);
    let seen = read_one("x.zip", &bytes[..directory - 100], &Limits::DEFAULT);
    assert!(seen.leaf("x.zip!a") == text);
    assert!(seen.leaves[1].2 && text.starts_with(&seen.leaves[1].1));
}

#[test]
fn a_directory_damaged_half_way_loses_no_member() {
    let text = lines(50);
    let members: [(&str, &[u8]); 4] = [("a", &text), ("b", &text), ("c", &text), ("d", &text)];
    let mut bytes = zip(&members);
    let second = memchr::memmem::find_iter(&bytes, b"PK\x01\x02").nth(1).unwrap();
    bytes[second] = b'?';
    let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
    assert_eq!(seen.uris(), ["x.zip!a", "x.zip!b", "x.zip!c", "x.zip!d"]);
    assert!(seen.leaves.iter().all(|leaf| leaf.1 == text));
    assert_eq!(seen.faults(), [(ProblemCode::Truncated, "x.zip")]);
}

#[test]
fn members_behind_the_declared_count_are_read() {
    let members: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b"2"), ("c", b"3")];
    for declared in [0, 1, 2] {
        let mut bytes = zip(&members);
        let end = memchr::memmem::rfind(&bytes, b"PK\x05\x06").unwrap();
        bytes[end + 8] = declared;
        bytes[end + 10] = declared;
        let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
        assert_eq!(seen.uris(), ["x.zip!a", "x.zip!b", "x.zip!c"], "{declared}");
        assert_eq!(seen.faults(), [(ProblemCode::Truncated, "x.zip")]);
    }
    assert_eq!(read_one("x.zip", &zip(&[]), &Limits::DEFAULT).faults(), []);
}

#[test]
fn a_damaged_zip_member_keeps_what_is_before_the_damage() {
    let text = lines(20_000);
    let mut bytes = zip(&[("a", &text), ("b", b"sound")]);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0xff);
    let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
    let (_, content, truncated, _) = &seen.leaves[0];
    assert!(*truncated && content.len() > text.len() / 3);
    assert!(content[..text.len() / 3] == text[..text.len() / 3]);
    assert_eq!(seen.leaf("x.zip!b"), b"sound");
    assert_eq!(seen.faults(), [(ProblemCode::CorruptArchive, "x.zip!a")]);

    let mut bytes = zip_with(&[("a", b"0123456789")], CompressionMethod::Stored);
    let at = memchr::memmem::find(&bytes, b"0123").unwrap();
    bytes[at] = b'x';
    let seen = read_one("x.zip", &bytes, &Limits::DEFAULT);
    assert_eq!(seen.leaf("x.zip!a"), b"x123456789");
    assert_eq!(seen.faults(), [(ProblemCode::CorruptArchive, "x.zip!a")]);
}

#[test]
fn archives_end_at_the_limit_that_is_named() {
    let zeros = vec![0; 1 << 20];
    let members: [(&str, &[u8]); 4] = [("a", &zeros), ("b", &zeros), ("c", &zeros), ("d", &zeros)];
    let cases = [
        (Limits { archive_members_max: 2, ..Limits::DEFAULT }, "archive_members_max", 2),
        (Limits { archive_bytes_max: 5 << 19, ..Limits::DEFAULT }, "archive_bytes_max", 2),
        (Limits { archive_bytes_max: 5 << 19, ..tight() }, "archive_bytes_max", 2),
        (
            Limits { decompressed_bytes_max: 1 << 19, ..Limits::DEFAULT },
            "decompressed_bytes_max",
            0,
        ),
        (Limits { ratio_max: 10, ratio_floor_bytes: 3 << 19, ..Limits::DEFAULT }, "ratio_max", 2),
    ];
    for (limits, limit, members_read) in cases {
        for bytes in [zip(&members), gzip(&tar(&members))] {
            if limit == "decompressed_bytes_max" && bytes.starts_with(&[0x1f]) {
                continue;
            }
            let seen = read_one("x", &bytes, &limits);
            assert!(seen.reasons().contains(limit), "{limit}: {}", seen.reasons());
            assert!(seen.faults().iter().any(|f| f.0 == ProblemCode::LimitExceeded));
            assert!(seen.leaves.len() <= members_read, "{limit}");
            assert!(!seen.done.last().unwrap().complete);
        }
    }
}

#[test]
fn bombs_inside_bombs_count_together() {
    let zeros = vec![0; 4 << 20];
    let inner = gzip(&zeros);
    let members: Vec<(String, &[u8])> =
        (0..50).map(|at| (format!("{at}.gz"), &inner[..])).collect();
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let limits = Limits { archive_bytes_max: 10 << 20, ..Limits::DEFAULT };
    let seen = read_one("x.zip", &zip(&members), &limits);
    let total: usize = seen.leaves.iter().map(|leaf| leaf.1.len()).sum();
    assert!(total <= 10 << 20, "{total}");
    assert!(seen.reasons().contains("archive_bytes_max"));
}

#[test]
fn long_headers_do_not_fill_memory() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_path("././@LongLink").unwrap();
    header.set_size(64 << 20);
    header.set_cksum();
    let bytes = [header.as_bytes().as_slice(), &vec![b'a'; 8 << 20]].concat();
    let seen = read_one("x.tar.gz", &gzip(&bytes), &Limits::DEFAULT);
    assert_eq!(seen.faults(), [(ProblemCode::CorruptArchive, "x.tar.gz")]);
    assert!(seen.reasons().contains("header too long"));
}

#[test]
fn many_bad_members_are_counted_not_listed() {
    let members: Vec<(&str, &[u8])> = vec![("same", b"x"); 30];
    let mut builder = tar::Builder::new(Vec::new());
    for (name, _) in &members {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Fifo);
        header.set_path(name).unwrap();
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    }
    let limits = Limits { problems_listed_max: 5, ..Limits::DEFAULT };
    let seen = read_one("x.tar", &builder.into_inner().unwrap(), &limits);
    assert_eq!(seen.faults().len(), 6);
    assert_eq!(seen.faults()[5].0, ProblemCode::More);
    assert!(seen.reasons().contains("25 more"));
}

#[test]
fn unwanted_artifacts_are_passed_over() {
    let evidence = Evidence::new()
        .with("x.zip", &zip(&[("a", b"1"), ("b", b"2")]))
        .with("y.zip", &zip(&[("c", b"3")]));
    let mut seen =
        Recorder { unwanted: vec!["x.zip!a".into(), "y.zip".into()], ..Recorder::default() };
    evidence.read_into(&Limits::DEFAULT, &mut seen);
    assert_eq!(seen.uris(), ["x.zip!b"]);
    assert_eq!(seen.done.len(), 2);
}

#[test]
fn a_scratch_folder_that_cannot_be_written_is_an_error_with_a_hint() {
    let evidence = Evidence::new().with("x.tar", &tar(&[("big", &lines(500))]));
    let blocked = evidence.folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let file = &crate::discover(&[evidence.root()], &[]).unwrap().files[0];
    let mut seen = Recorder::default();
    let error =
        crate::Opener::new(&tight(), &blocked.join("scratch")).visit(file, &mut seen).unwrap_err();
    assert!(error.to_string().starts_with("x.tar!big cannot be unpacked"), "{error}");
    assert!(!error.hint().is_empty());
    assert!(seen.done.is_empty(), "an artifact that was not read is not done");
}
