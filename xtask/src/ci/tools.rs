//! What is installed, and what to install when it is not.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

/// Versions of the tools that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tools {
    /// What Cargo.toml asks for.
    pub(super) rust_version: String,
    pub(super) rustc: Option<String>,
    pub(super) compiler: Option<String>,
    pub(super) clippy: Option<String>,
    pub(super) fmt: Option<String>,
    pub(super) nextest: Option<String>,
    pub(super) deny: Option<String>,
    pub(super) fuzz: Option<String>,
    pub(super) nightly: Option<String>,
}

impl Tools {
    pub(super) fn find(root: &Path) -> Tools {
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        Tools {
            rust_version: quoted(&manifest, "rust-version").unwrap_or_default(),
            rustc: version("rustc", &["--version"]),
            compiler: version("cc", &["--version"]),
            clippy: version("cargo", &["clippy", "--version"]),
            fmt: version("cargo", &["fmt", "--version"]),
            nextest: version("cargo", &["nextest", "--version"]),
            deny: version("cargo", &["deny", "--version"]),
            fuzz: version("cargo", &["fuzz", "--version"]),
            nightly: version("cargo", &["+nightly", "--version"]),
        }
    }

    pub(super) fn describe(&self) -> Vec<String> {
        let tools = [
            ("rustc", &self.rustc),
            ("C compiler", &self.compiler),
            ("clippy", &self.clippy),
            ("rustfmt", &self.fmt),
            ("cargo-nextest", &self.nextest),
            ("cargo-deny", &self.deny),
            ("cargo-fuzz", &self.fuzz),
            ("nightly", &self.nightly),
        ];
        let missing = "not installed";
        tools
            .into_iter()
            .map(|(name, found)| format!("{name:<14} {}", found.as_deref().unwrap_or(missing)))
            .collect()
    }

    /// What stops us, as a hint.
    pub(super) fn missing(&self) -> Option<String> {
        let wanted = &self.rust_version;
        let Some(rustc) = &self.rustc else {
            return Some(format!("install Rust {wanted} or newer: https://rustup.rs"));
        };
        if number(rustc) < number(wanted) {
            return Some(format!("{rustc} is too old: Rust {wanted} is needed; `rustup update`"));
        }
        if self.compiler.is_none() {
            let hint = "a C compiler is needed (SQLite, zstd): `apt-get install build-essential`";
            return Some(hint.to_owned());
        }
        if self.clippy.is_none() || self.fmt.is_none() {
            return Some("`rustup component add clippy rustfmt`".to_owned());
        }
        None
    }

    pub(super) fn can_fuzz(&self) -> bool {
        self.fuzz.is_some() && self.nightly.is_some()
    }
}

/// The fuzz targets, by their files.
pub(super) fn fuzz_targets(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("fuzz/fuzz_targets");
    let mut targets = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let name = entry?.file_name().to_string_lossy().into_owned();
        targets.extend(name.strip_suffix(".rs").map(str::to_owned));
    }
    targets.sort();
    Ok(targets)
}

/// The first line a tool prints of its version; none if it cannot be run.
fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or("").to_owned())
}

fn quoted(manifest: &str, key: &str) -> Option<String> {
    let line = manifest.lines().find(|line| line.starts_with(key))?;
    line.split('"').nth(1).map(str::to_owned)
}

/// The first version number in a text: `rustc 1.95.0 (...)` -> (1, 95).
fn number(text: &str) -> (u32, u32) {
    let word = text.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let mut parts = word.unwrap_or("0.0").split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        let some = || Some("1.0".to_owned());
        Tools {
            rust_version: "1.95".to_owned(),
            rustc: Some("rustc 1.95.0 (59807616e 2026-04-14)".to_owned()),
            compiler: some(),
            clippy: some(),
            fmt: some(),
            nextest: None,
            deny: None,
            fuzz: None,
            nightly: some(),
        }
    }

    #[test]
    fn optional_tools_stop_nobody() {
        assert_eq!(tools().missing(), None);
        assert!(!tools().can_fuzz());
    }

    #[test]
    fn what_stops_us_comes_with_a_hint() {
        let old = Tools { rustc: Some("rustc 1.9.0".to_owned()), ..tools() };
        assert!(old.missing().unwrap().contains("too old"));
        let bare = Tools { compiler: None, ..tools() };
        assert!(bare.missing().unwrap().contains("build-essential"));
    }
}
