//! How long files are: one concept a module, and no file that nobody reads to its end.

use super::{Fault, code};
use crate::repository::{SourceFile, has_extension};

const CODE_LINES_MAX: usize = 600;

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) -> String {
    let mut counts = Vec::new();
    for file in files.iter().filter(|file| has_extension(&file.path, "rs")) {
        let count = code::lines(&file.text).iter().filter(|l| !l.code.trim().is_empty()).count();
        counts.push(count);
        if count > CODE_LINES_MAX {
            let what = format!("{count} lines of code, more than {CODE_LINES_MAX}");
            faults.push(Fault::new(&file.path, 1, what, "split it: one concept a module"));
        }
    }
    counts.sort_unstable();
    let middle = counts.get(counts.len() / 2).copied().unwrap_or(0);
    let longest = counts.last().copied().unwrap_or(0);
    let files = counts.len();
    format!("{files} Rust files, lines of code: median {middle}, longest {longest}")
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    #[test]
    fn comments_and_blank_lines_do_not_count() {
        let long = "// why\n\nf();\n".repeat(CODE_LINES_MAX);
        let check = |files: &[SourceFile], faults: &mut Vec<Fault>| drop(check(files, faults));
        assert!(faults_of(check, &[("crates/a/src/lib.rs", &long)]).is_empty());
        let longer = format!("{long}g();\n");
        let faults = faults_of(check, &[("crates/a/src/lib.rs", &longer)]);
        assert_eq!(faults, ["crates/a/src/lib.rs:1: 601 lines of code, more than 600"]);
    }
}
