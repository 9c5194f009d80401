//! What the machine does to an investigation: files in use, no rights, no room, little memory.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use wait4::Wait4;

use super::evidence::{Log, logs, write};
use super::support::{
    HEPTAGON, Ran, assert_same, balanced_sources, command, example, example_case, investigate,
    problems, sql, sum, temp,
};

fn a_log() -> Log {
    logs().into_iter().filter(Log::is_cloudtrail).nth(40).unwrap()
}

/// Records of one kind that differ in their id.
fn write_records(out: &mut dyn Write, separator: &str, bytes_min: usize) -> u64 {
    let record = a_log().records()[0].get().to_owned();
    let value: Value = serde_json::from_str(&record).unwrap();
    let id = value["eventID"].as_str().unwrap();
    let (before, after) = record.split_once(id).expect("the id is in the record");
    let (mut n, mut bytes) = (0_u64, 0);
    while bytes < bytes_min {
        let number = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let id = format!("{:08x}-0000-4000-8000-{:012x}", number >> 32, n);
        if n > 0 {
            out.write_all(separator.as_bytes()).unwrap();
        }
        write!(out, "{before}{id}{after}").unwrap();
        bytes += record.len() + separator.len();
        n += 1;
    }
    n
}

#[test]
fn a_case_in_use_is_refused() {
    let (_temp, evidence, case) = temp();
    write(&evidence.join("log.json"), a_log().text);
    investigate(std::slice::from_ref(&evidence), &case);
    let before = fs::read(case.join("ledger.jsonl")).unwrap();
    let lock = File::open(case.join(".lock")).unwrap();
    lock.lock().unwrap();
    heptagon!("investigate", &evidence, "--case", &case).refuses("another run", "wait");
    assert_eq!(fs::read(case.join("ledger.jsonl")).unwrap(), before);
    // Reading goes on.
    heptagon!("answers", "--case", &case).exits(0);
    drop(lock);
    investigate(std::slice::from_ref(&evidence), &case);
}

#[test]
fn a_file_that_grows_is_read_as_one_state_or_named() {
    let (_temp, evidence, case) = temp();
    let path = evidence.join("growing.json");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    // Larger than what is read at once, so that it is passed over twice.
    write_records(&mut file, "\n", 40 << 20);
    file.flush().unwrap();
    drop(file);
    let args: Vec<OsString> =
        ["investigate".into(), evidence.into(), "--case".into(), case.clone().into()].into();
    let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut grow = OpenOptions::new().append(true).open(&path).unwrap();
    let mut n_appended = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if n_appended < 20_000 {
            writeln!(grow, "\n{}", a_log().records()[0].get()).unwrap();
            n_appended += 1;
        }
    };
    assert!(status.success() && n_appended > 0);
    let source = &balanced_sources(&case)[0];
    let verified = heptagon!("verify", "--case", &case, "--format", "json").json();
    let named = !problems(&case, "changed-during-read").is_empty();
    let same = verified["artifacts"]["ok"] == 1;
    assert!(named || same || verified["artifacts"]["changed"][0] == "growing.json", "{verified}");
    // A state that was read as a whole has rows; what changed underneath is named instead.
    assert!(named || source["rows"].as_u64() > Some(0), "{source}");
}

#[test]
fn a_file_without_rights_is_named_and_the_rest_is_read() {
    let (temp, evidence, _) = temp();
    write(&evidence.join("open.json"), a_log().text);
    write(&evidence.join("shut.json"), a_log().text);
    fs::set_permissions(evidence.join("shut.json"), fs::Permissions::from_mode(0o0)).unwrap();
    let case;
    let mut run;
    if File::open(evidence.join("shut.json")).is_ok() {
        // The superuser may read everything: somebody else runs it.
        for folder in [temp.path(), &evidence] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        fs::set_permissions(evidence.join("open.json"), fs::Permissions::from_mode(0o644)).unwrap();
        let binary = temp.path().join("heptagon");
        fs::hard_link(HEPTAGON, &binary)
            .or_else(|_| fs::copy(HEPTAGON, &binary).map(|_| ()))
            .unwrap();
        case = temp.path().join("theirs");
        run = Command::new(binary);
        run.uid(65_534).gid(65_534);
    } else {
        case = temp.path().join("case");
        run = Command::new(HEPTAGON);
    }
    run.arg("investigate").arg(&evidence).arg("--case").arg(&case);
    let ran = match run.output() {
        Ok(output) => Ran::new(&[], &output).exits(0),
        Err(error) => {
            eprintln!("skipped: cannot run as somebody else: {error}");
            return;
        }
    };
    assert!(ran.err.contains("shut.json") || ran.out.contains("shut.json"), "{ran:?}");
    let named = problems(&case, "unreadable");
    assert_eq!(named.len(), 1, "{named:?}");
    assert_eq!(named[0]["uri"], "shut.json");
    assert!(named[0]["reason"].as_str().unwrap().contains("permission"), "{named:?}");
    assert!(sum(&balanced_sources(&case), "rows") > 0);
}

/// A small file system of its own, gone when the test ends.
struct Disk(PathBuf);

impl Disk {
    fn of(path: &Path, size: &str) -> Option<Disk> {
        let path = path.join("disk");
        fs::create_dir(&path).unwrap();
        let option = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &option, "tmpfs"]).arg(&path).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Disk(path))
    }

    fn resize(&self, size: &str) {
        let option = format!("remount,size={size}");
        let status = Command::new("mount").args(["-o", &option]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_ends_a_run_that_goes_on_when_there_is_room() {
    let temp = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::of(temp.path(), "64k") else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let case = disk.0.join("case");
    let mut n_refused = 0;
    for size in ["64k", "512k", "1m", "2m", "4m", "6m", "8m"] {
        disk.resize(size);
        let ran = heptagon!("investigate", example(), "--case", &case);
        if ran.code == Some(0) {
            continue;
        }
        let ran = ran.exits(2);
        assert_eq!(ran.out, "");
        let said: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(said.len(), 1, "with {size}: {}", ran.err);
        assert!(said[0].to_lowercase().contains("space"), "with {size}: {}", ran.err);
        assert!(ran.err.contains("\nhint: "), "with {size}: {}", ran.err);
        n_refused += 1;
    }
    assert!(n_refused >= 3, "{n_refused} runs met a full disk");
    disk.resize("200m");
    investigate(&[example()], &case);
    assert_same(&case, &example_case());
    heptagon!("verify", "--case", &case).exits(0);
}

/// Runs an investigation and returns the most memory it held.
fn peak_bytes(evidence: &Path, case: &Path) -> u64 {
    let args: Vec<OsString> =
        ["investigate".into(), evidence.into(), "--case".into(), case.into()].into();
    let child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ended = child.wait4().unwrap();
    assert!(ended.status.success());
    ended.rusage.maxrss
}

const GIB: u64 = 1 << 30;

#[test]
fn a_long_line_takes_no_more_memory_than_a_short_one() {
    let (_temp, evidence, case) = temp();
    let file = File::create(evidence.join("line.json.gz")).unwrap();
    let mut encoder = GzEncoder::new(BufWriter::new(file), Compression::fast());
    encoder.write_all(b"{\"Records\":[").unwrap();
    let n = write_records(&mut encoder, ",", 200 << 20);
    encoder.write_all(b"]}").unwrap();
    encoder.finish().unwrap().flush().unwrap();
    let peak = peak_bytes(&evidence, &case);
    assert_eq!(sum(&balanced_sources(&case), "rows"), n);
    let events = sql(&case, "SELECT count(*) AS n FROM events");
    assert_eq!(events[0]["n"].as_u64(), Some(n));
    assert!(peak < GIB, "{} MiB", peak >> 20);
}

#[test]
fn a_record_without_end_is_one_problem() {
    let (_temp, evidence, case) = temp();
    let (record, next) =
        (a_log().records()[0].get().to_owned(), a_log().records()[1].get().to_owned());
    let file = File::create(evidence.join("record.json.gz")).unwrap();
    let mut encoder = GzEncoder::new(BufWriter::new(file), Compression::fast());
    write!(encoder, "{{\"Records\":[{},\"more\":\"", record.trim_end_matches('}')).unwrap();
    // Not so regular that it would be taken for a bomb.
    let mut state = 1_u32;
    let mut block = vec![0; 1 << 20];
    for _ in 0..200 {
        for byte in &mut block {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = b'a' + (state >> 28) as u8;
        }
        encoder.write_all(&block).unwrap();
    }
    write!(encoder, "\"}},{next}]}}").unwrap();
    encoder.finish().unwrap().flush().unwrap();
    let peak = peak_bytes(&evidence, &case);
    let source = &balanced_sources(&case)[0];
    assert!(!problems(&case, "record-too-long").is_empty(), "{source}");
    assert!(source["problems"].as_u64() >= Some(1));
    assert!(peak < GIB / 2, "{} MiB", peak >> 20);
}
