//! What goes wrong around an investigation: one line, a hint, the right exit code, nothing lost.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::evidence::{gzip, logs, write};
use super::support::{balanced_sources, investigate, sql, sum, temp, verdicts};

fn codes(case: &Path) -> Vec<String> {
    sql(case, "SELECT code, reason FROM problems ORDER BY code")
        .iter()
        .map(|row| format!("{}: {}", row["code"], row["reason"]))
        .collect()
}

#[test]
fn a_missing_path_is_refused() {
    let (_temp, evidence, case) = temp();
    heptagon!("investigate", evidence.join("nowhere"), "--case", &case)
        .refuses("no such file or folder", "EVIDENCE");
    assert!(!case.exists(), "nothing half made");
}

#[test]
fn a_case_inside_the_evidence_is_refused() {
    let (_temp, evidence, _) = temp();
    heptagon!("investigate", &evidence, "--case", evidence.join("case"))
        .refuses("inside the evidence", "--case");
}

#[test]
fn a_case_of_a_newer_format_is_refused() {
    let (_temp, evidence, case) = temp();
    investigate(std::slice::from_ref(&evidence), &case);
    let file = case.join("case.toml");
    let newer = fs::read_to_string(&file).unwrap().replace("format = 1", "format = 999");
    fs::write(&file, newer).unwrap();
    heptagon!("investigate", &evidence, "--case", &case).refuses("newer heptagon", "--case");
    heptagon!("answers", "--case", &case).refuses("newer heptagon", "--case");
}

#[test]
fn without_a_case_every_command_says_how_to_make_one() {
    let (_temp, _, case) = temp();
    heptagon!("answers", "--case", &case).refuses("no case", "heptagon investigate");
}

#[test]
fn an_empty_folder_denies_nothing() {
    let (_temp, evidence, case) = temp();
    let ran = investigate(std::slice::from_ref(&evidence), &case);
    assert!(ran.err.contains("no files"), "{}", ran.err);
    let said = verdicts(&case);
    assert_eq!(said.len(), 43);
    assert!(said.values().all(|verdict| verdict == "cannot_tell"), "{said:?}");
}

#[test]
fn files_of_no_known_kind_are_named() {
    let (_temp, evidence, case) = temp();
    write(&evidence.join("notes.txt"), "dear responder,\nnothing here\n");
    write(&evidence.join("nothing.json"), "");
    let ran = investigate(std::slice::from_ref(&evidence), &case);
    assert!(ran.err.contains("notes.txt"), "{}", ran.err);
    let sources = balanced_sources(&case);
    let kinds: Vec<String> = sources
        .iter()
        .map(|source| format!("{} {}", source["uri"], source["kind"]).replace('"', ""))
        .collect();
    assert_eq!(kinds, ["notes.txt unsupported", "nothing.json empty"]);
}

#[test]
fn a_bomb_stops_at_the_limit_it_names() {
    let (_temp, evidence, case) = temp();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..160 {
        encoder.write_all(&zeros).unwrap();
    }
    write(&evidence.join("bomb.json.gz"), encoder.finish().unwrap());
    investigate(std::slice::from_ref(&evidence), &case);
    let said = codes(&case);
    assert!(said.iter().any(|p| p.contains("limit-exceeded") && p.contains("ratio")), "{said:?}");
}

#[test]
fn a_cut_file_keeps_every_complete_record() {
    let (_temp, evidence, case) = temp();
    let log = logs().into_iter().filter(super::evidence::Log::is_cloudtrail).nth(40).unwrap();
    let n = log.records().len() as u64;
    let cut = log.text.len() - 30;
    write(&evidence.join("cut.json"), &log.text[..cut]);
    let whole = gzip(log.text.as_bytes());
    write(&evidence.join("other/cut.json.gz"), &whole[..whole.len() - 20]);
    investigate(std::slice::from_ref(&evidence), &case);
    let sources = balanced_sources(&case);
    assert_eq!(sources[0]["records"], n, "{}", sources[0]);
    assert_eq!(sources[0]["problems"], 1);
    assert!(codes(&case).iter().any(|problem| problem.contains("truncated")));
    assert!(sum(&sources, "rows") >= n - 1);
}
