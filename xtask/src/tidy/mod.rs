//! Rules about the repository that no compiler checks.

mod arrows;
mod code;
mod content;
mod docs;
mod headers;
mod size;
mod text;
mod words;

use std::fmt;

use anyhow::Result;

use crate::repository::{self, SourceFile};

/// Something that is not as it should be, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    path: String,
    line: usize,
    what: String,
    hint: String,
}

impl Fault {
    fn new(path: &str, line: usize, what: impl Into<String>, hint: impl Into<String>) -> Fault {
        Fault { path: path.to_owned(), line, what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { path, line, what, hint } = self;
        write!(formatter, "{path}:{line}: {what}\n    hint: {hint}")
    }
}

/// Checks the working tree; true if nothing is wrong.
pub(crate) fn run() -> Result<bool> {
    let root = repository::root()?;
    let files = repository::files(&root)?;
    let (mut faults, summary) = check(&files);
    faults.sort();
    for fault in &faults {
        println!("{fault}");
    }
    println!("tidy: {summary}");
    if faults.is_empty() {
        println!("tidy: nothing to complain about");
    } else {
        println!("tidy: {} faults", faults.len());
    }
    Ok(faults.is_empty())
}

fn check(files: &[SourceFile]) -> (Vec<Fault>, String) {
    let mut faults = Vec::new();
    arrows::check(files, &mut faults);
    headers::check(files, &mut faults);
    let content = content::check(files, &mut faults);
    let size = size::check(files, &mut faults);
    words::check(files, &mut faults);
    text::check(files, &mut faults);
    docs::check(files, &mut faults);
    (faults, format!("{size}; {content}"))
}

/// Helpers of the checks' tests.
#[cfg(test)]
mod testing {
    use super::{Fault, SourceFile};

    /// The faults of one check over some files, one `path:line: what` a line.
    pub(super) fn faults_of(
        check: impl FnOnce(&[SourceFile], &mut Vec<Fault>),
        files: &[(&str, &str)],
    ) -> Vec<String> {
        let files: Vec<SourceFile> =
            files.iter().map(|(path, text)| SourceFile::new(path, text)).collect();
        let mut faults = Vec::new();
        check(&files, &mut faults);
        faults.sort();
        faults
            .iter()
            .map(|fault| format!("{}:{}: {}", fault.path, fault.line, fault.what))
            .collect()
    }
}
