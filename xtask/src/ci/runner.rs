//! Runs commands, after printing them.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result};

/// Runs commands at the root of the workspace.
#[derive(Debug)]
pub(super) struct Runner {
    root: PathBuf,
}

/// What a command of the product printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) success: bool,
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
}

impl Runner {
    pub(super) fn new(root: &Path) -> Runner {
        Runner { root: root.to_owned() }
    }

    /// Runs cargo; true if it succeeded.
    pub(super) fn cargo(&self, arguments: &[&str]) -> Result<bool> {
        let status = self.command(arguments).status().context("cannot run cargo")?;
        Ok(status.success())
    }

    /// Runs tests; whether all passed, and how many.
    pub(super) fn tests(&self, arguments: &[&str]) -> Result<(bool, u64)> {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run cargo")?;
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let second = thread::spawn(move || forward(stderr));
        let n_passed = forward(stdout) + second.join().expect("forwarding lines does not panic");
        let status = child.wait().context("cannot wait for cargo")?;
        Ok((status.success(), n_passed))
    }

    /// Runs the product as README does.
    pub(super) fn heptagon(&self, arguments: &[&str]) -> Result<Printed> {
        let arguments = [&["run", "--quiet", "--locked", "--release", "--"], arguments].concat();
        let output = self
            .command(&arguments)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        Ok(Printed {
            success: output.status.success(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        println!("$ cargo {}", arguments.join(" "));
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }
}

/// Prints lines as they come, and counts tests by the closing lines.
fn forward(stream: impl Read) -> u64 {
    let mut n_passed = 0;
    for line in BufReader::new(stream).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        n_passed += passed(&line);
    }
    n_passed
}

/// `Summary [ 3.2s] 812 tests run: 812 passed, 0 skipped` or `test result: ok. 12 passed; ...`.
fn passed(line: &str) -> u64 {
    if !(line.trim_start().starts_with("Summary") || line.starts_with("test result:")) {
        return 0;
    }
    let words: Vec<&str> = line.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| *word == "passed").unwrap_or(0);
    at.checked_sub(1).and_then(|at| words[at].parse().ok()).unwrap_or(0)
}

/// The last lines of a text.
pub(super) fn last_lines(text: &str, n: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(n)..].iter().flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        let nextest = "     Summary [   3.215s] 812 tests run: 812 passed (2 slow), 0 skipped";
        assert_eq!(passed(nextest), 812);
        assert_eq!(passed("test result: ok. 12 passed; 0 failed; 0 ignored;"), 12);
        assert_eq!(passed("the 3 passed away"), 0);
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc\n");
    }
}
