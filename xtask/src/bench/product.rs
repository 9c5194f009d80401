//! The product under measurement: `heptagon investigate` as users run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::corpus::Content;
use super::measure::{self, Cost};

/// The binary, and a folder for its cases.
#[derive(Debug)]
pub(crate) struct Product {
    binary: PathBuf,
    folder: PathBuf,
}

/// An investigation that was measured.
#[derive(Debug)]
pub(crate) struct Investigated {
    pub(crate) cost: Cost,
    pub(crate) case_bytes: u64,
}

impl Product {
    /// Builds the binary, or finds it built.
    pub(crate) fn build(root: &Path, folder: &Path) -> Result<Product> {
        eprintln!("building the product");
        let output = Command::new("cargo")
            .args(["build", "--release", "--package", "heptagon-cli"])
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(root)
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        ensure!(output.status.success(), "the product could not be built");
        let messages = String::from_utf8_lossy(&output.stdout);
        let binary = messages.lines().filter_map(executable).next_back();
        Product::at(Path::new(&binary.context("cargo named no executable")?), folder)
    }

    /// Uses a binary that is there.
    pub(crate) fn at(binary: &Path, folder: &Path) -> Result<Product> {
        ensure!(binary.is_file(), "{} is not there", binary.display());
        Ok(Product { binary: binary.to_owned(), folder: folder.to_owned() })
    }

    /// Investigates folders into a new case, which is removed again.
    pub(crate) fn investigate(
        &self,
        folders: &[PathBuf],
        content: &Content,
        threads: usize,
        arguments: &[&str],
    ) -> Result<Investigated> {
        let case = self.folder.join("case");
        if case.exists() {
            fs::remove_dir_all(&case).context("cannot remove an old case")?;
        }
        let mut command = Command::new(&self.binary);
        command.arg("--quiet").arg("investigate").args(folders).arg("--case").arg(&case);
        command.args(["--threads", &threads.to_string()]).args(arguments);
        // Ingest ends when the manifest stands; what follows is answering.
        let manifest = case.join("manifest.jsonl");
        let (cost, _) =
            measure::run(&mut command, &self.folder.join("investigate"), Some(&manifest))?;
        let records = records(&manifest)?;
        if records != content.records {
            bail!("the case has {records} records, the corpus {}", content.records);
        }
        let case_bytes = size(&case.join("tables"))?;
        fs::remove_dir_all(&case).context("cannot remove the case")?;
        Ok(Investigated { cost, case_bytes })
    }
}

fn executable(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    (message["target"]["name"] == "heptagon").then(|| path.to_owned())
}

/// Records of all artifacts.
fn records(manifest: &Path) -> Result<u64> {
    let text = fs::read_to_string(manifest).context("cannot read the case's manifest")?;
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).context("the manifest is not JSON")?;
            find_number(&row, "records").context("a row of the manifest has no `records`")
        })
        .sum()
}

/// A number by its name, at the top or one level down.
fn find_number(row: &Value, name: &str) -> Option<u64> {
    let inner = || row.as_object()?.values().find_map(|value| value.get(name)?.as_u64());
    row.get(name).and_then(Value::as_u64).or_else(inner)
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_taken_from_cargos_messages() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"heptagon"},"executable":"x/heptagon"}"#;
        assert_eq!(executable(line).as_deref(), Some("x/heptagon"));
        assert_eq!(executable(&line.replace("\"heptagon\"", "\"other\"")), None);
        assert_eq!(executable("Compiling"), None);
    }

    #[test]
    fn records_are_found_where_the_manifest_has_them() {
        let flat = serde_json::json!({"records": 3});
        let nested = serde_json::json!({"uri": "a", "accounting": {"records": 4}});
        assert_eq!(find_number(&flat, "records"), Some(3));
        assert_eq!(find_number(&nested, "records"), Some(4));
        assert_eq!(find_number(&serde_json::json!({}), "records"), None);
    }
}
