//! What a text file must not hold: paths of somebody's machine, control characters, stray spaces.

use super::Fault;
use crate::repository::SourceFile;

/// Folders of developers' machines, written so that this file does not hold them itself.
const PLACES: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/home/", "runner/"),
];

/// Test data is what it is: hostile, truncated, with other systems' paths in it.
const DATA: [&str; 5] = ["/cases/", "/corpus/", "/evidence/", "/testdata/", "/snapshots/"];

const KINDS: [&str; 9] = [".rs", ".toml", ".md", ".yml", ".yaml", ".csv", ".sh", ".css", ".html"];

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) {
    for file in files.iter().filter(|file| is_ours(&file.path)) {
        check_file(file, faults);
    }
}

fn is_ours(path: &str) -> bool {
    let known = KINDS.iter().any(|kind| path.ends_with(kind)) || path == ".ci/run";
    known && !DATA.iter().any(|folder| path.contains(folder))
}

fn check_file(file: &SourceFile, faults: &mut Vec<Fault>) {
    let path = &file.path;
    for (index, line) in file.text.split('\n').enumerate() {
        let number = index + 1;
        for place in PLACES.into_iter().filter(|place| names_place(line, place)) {
            let what = format!("a path of somebody's machine: {place}");
            faults.push(Fault::new(path, number, what, "name it relative to the repository"));
        }
        if let Some(control) = line.chars().find(|c| c.is_control() && *c != '\t') {
            let what = format!("control character U+{:04X}", u32::from(control));
            faults.push(Fault::new(
                path,
                number,
                what,
                "write it as an escape (or end lines with LF)",
            ));
        } else if line.ends_with([' ', '\t']) {
            faults.push(Fault::new(
                path,
                number,
                "white space at the end of the line",
                "remove it",
            ));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        let line = file.text.lines().count();
        faults.push(Fault::new(path, line, "no newline at the end", "end the file with one"));
    }
}

/// Whether a line names a place by an absolute path: not a longer path with such a folder in it.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| {
            !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '}' | '*'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    #[test]
    fn each_fault_is_found_once_with_its_line() {
        let text = format!("fine\nsee {}x\ntail \nbell \u{7}\n\tindented", PLACES[0]);
        let faults = faults_of(check, &[("README.md", &text)]);
        assert_eq!(
            faults,
            [
                format!("README.md:2: a path of somebody's machine: {}", PLACES[0]),
                "README.md:3: white space at the end of the line".to_owned(),
                "README.md:4: control character U+0007".to_owned(),
                "README.md:5: no newline at the end".to_owned(),
            ]
        );
    }

    #[test]
    fn a_folder_of_that_name_deeper_down_is_nobodys_machine() {
        let text = format!("s3://bucket{}x and a{}b\n", PLACES[1], PLACES[0]);
        assert!(faults_of(check, &[("README.md", &text)]).is_empty());
    }

    #[test]
    fn windows_line_ends_are_control_characters_and_data_is_left_alone() {
        assert_eq!(faults_of(check, &[("a.md", "x\r\n")]), ["a.md:1: control character U+000D"]);
        assert!(faults_of(check, &[("crates/parse/cases/01.yml", "x\r\n")]).is_empty());
    }
}
