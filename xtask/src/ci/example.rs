//! README's first command, on a copy of the example: it must end well and name the seven elements.

use std::path::Path;
use std::{env, fs, process};

use anyhow::{Context as _, Result};

use super::State;
use super::runner::Runner;

const EXAMPLE: &str = "examples/exposed-key";

/// The elements as people read them and as machines do.
const ELEMENTS: [(&str, &str); 7] = [
    ("Access", "access"),
    ("Infrastructure changes", "infrastructure-changes"),
    ("AI changes", "ai-changes"),
    ("Data store changes", "data-store-changes"),
    ("Invocation", "invocation"),
    ("Private data", "private-data"),
    ("Agency", "agency"),
];

pub(super) fn run(root: &Path, runner: &Runner) -> Result<State> {
    let example = root.join(EXAMPLE);
    if !example.is_dir() {
        return Ok(State::Failed(format!("{EXAMPLE} is missing: README's first command needs it")));
    }
    let scratch = env::temp_dir().join(format!("heptagon-readme-{}", process::id()));
    let result = investigate(&example, &scratch, runner);
    // Whatever happened, leave nothing behind.
    if scratch.exists() {
        fs::remove_dir_all(&scratch).context("cannot remove the temporary case")?;
    }
    result
}

fn investigate(example: &Path, scratch: &Path, runner: &Runner) -> Result<State> {
    let copy = scratch.join("exposed-key");
    let case = scratch.join("case");
    copy_folder(example, &copy)?;
    let (copy, case) = (copy.display().to_string(), case.display().to_string());
    let printed = runner.heptagon(&["investigate", &copy, "--case", &case])?;
    print!("{}", printed.stdout);
    if printed.code != Some(0) {
        return Ok(State::Failed(format!("exit code {:?}, not 0", printed.code)));
    }
    let missing = missing_elements(&printed.stdout);
    if !missing.is_empty() {
        return Ok(State::Failed(format!("not in the summary: {}", missing.join(", "))));
    }
    let verified = runner.heptagon(&["verify", "--case", &case])?;
    Ok(State::of(verified.success, "`heptagon verify` does not accept the case just made"))
}

/// Elements that no line of the summary begins with.
fn missing_elements(stdout: &str) -> Vec<&'static str> {
    let names: Vec<String> = stdout
        .lines()
        .map(|line| line.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase())
        .collect();
    let named = |name: &str| names.iter().any(|line| line.starts_with(&name.to_lowercase()));
    ELEMENTS
        .into_iter()
        .filter(|(title, slug)| !named(title) && !named(slug))
        .map(|(title, _)| title)
        .collect()
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> std::io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                copy_folder(&entry.path(), &target).map_err(std::io::Error::other)?;
            } else {
                fs::copy(entry.path(), target)?;
            }
        }
        Ok(())
    };
    copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_seven_must_be_named() {
        let lines: Vec<String> =
            ELEMENTS.iter().map(|(title, _)| format!("  | {title}   confirmed")).collect();
        assert!(missing_elements(&lines.join("\n")).is_empty());
        assert_eq!(missing_elements(&lines[1..].join("\n")), ["Access"]);
        assert_eq!(missing_elements("").len(), 7);
    }
}
