//! Rules, questions and selection as one run uses them.

use std::path::{Path, PathBuf};

use heptagon_content::catalog::{Catalog, EventTraits, Selection};
use heptagon_content::questions::Questions;
use heptagon_detect::{RuleFault, RuleFile, RuleSet};
use heptagon_ingest::{Candidate, Select};

use crate::failure::Failure;

/// Rule files read from disk are bounded: a rule pack has kilobytes a file.
const RULE_BYTES_MAX: u64 = 4 << 20;

/// The embedded rules.
pub(crate) fn own_rules() -> Vec<RuleFile> {
    embedded(heptagon_content::rules::rules())
}

/// The embedded fixtures.
pub(crate) fn own_fixtures() -> Vec<RuleFile> {
    embedded(heptagon_content::rules::fixtures())
}

fn embedded(files: Vec<heptagon_content::embedded::ContentFile>) -> Vec<RuleFile> {
    files
        .into_iter()
        .map(|file| RuleFile { path: file.path.to_owned(), text: file.text.to_owned() })
        .collect()
}

/// Every `.yml` and `.yaml` file under the paths, sorted; fixtures are told apart by `.test.`.
pub(crate) fn read_rules(paths: &[PathBuf]) -> Result<(Vec<RuleFile>, Vec<RuleFile>), Failure> {
    let mut rules = Vec::new();
    let mut fixtures = Vec::new();
    for root in paths {
        if !root.exists() {
            return Err(Failure::new(
                format!("no such file or folder: {}", root.display()),
                "--rules takes a Sigma file or a folder of them",
            ));
        }
        for path in yaml_files(root)? {
            let file = RuleFile { path: path.display().to_string(), text: read(&path)? };
            if path.to_string_lossy().contains(".test.") {
                fixtures.push(file);
            } else {
                rules.push(file);
            }
        }
    }
    Ok((rules, fixtures))
}

fn read(path: &Path) -> Result<String, Failure> {
    let size = std::fs::metadata(path)?.len();
    if size > RULE_BYTES_MAX {
        return Err(Failure::new(
            format!("{} is too large for a rule file: {size} bytes", path.display()),
            "rule files have at most 4 MiB",
        ));
    }
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

fn yaml_files(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    if root.is_file() {
        return Ok(vec![root.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|e| e == "yml" || e == "yaml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Rules for an investigation: the embedded ones unless left out, then those given.
pub(crate) fn rule_set(
    given: &[PathBuf],
    with_own: bool,
) -> Result<(RuleSet, Vec<RuleFault>, String), Failure> {
    let mut files = if with_own { own_rules() } else { Vec::new() };
    files.extend(read_rules(given)?.0);
    let hash = hash_of(&files);
    let (rules, faults) = RuleSet::load(&files);
    Ok((rules, faults, hash))
}

/// A short name of exactly these rules: tables made with others are made again.
fn hash_of(files: &[RuleFile]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.path.hash(&mut hasher);
        file.text.hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// The questions that come with the tool.
pub(crate) fn questions() -> Result<Questions, Failure> {
    let (questions, faults) = heptagon_content::questions::load();
    match faults.first() {
        None => Ok(questions),
        Some(fault) => Err(Failure::new(
            format!("the tool's questions are broken: {fault:?}"),
            "this is a defect of heptagon; please report it",
        )),
    }
}

/// The catalog of AWS actions.
pub(crate) fn catalog() -> Result<Catalog, Failure> {
    Catalog::load().map_err(|error| {
        Failure::new(
            format!("the tool's catalog is broken: {error}"),
            "this is a defect of heptagon; please report it",
        )
    })
}

/// What goes into `observations`.
pub(crate) struct Observed(pub(crate) Selection);

impl Select for Observed {
    fn selects(&self, event: &Candidate<'_>) -> bool {
        let traits = EventTraits { by_service: event.by_service, failed: event.failed };
        self.0.selects(event.event_source, event.event_name, traits)
    }
}
