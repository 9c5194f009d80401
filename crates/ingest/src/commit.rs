//! Table list, manifest and inputs change together.
//!
//! Several files cannot be replaced in one step, so what goes with a new table list is written
//! down first, sealed with that list. A run killed after the swap of `tables.json` is completed by
//! the next one; a run killed before it has changed nothing.

use std::path::{Path, PathBuf};

use heptagon_case::{CaseDir, Tables};
use heptagon_evidence::manifest as manifest_file;
use heptagon_model::ArtifactRow;
use serde::{Deserialize, Serialize};

use crate::IngestError;

/// Name of the case file that says what the tables were made with.
pub(crate) const INPUTS: &str = "inputs.json";
/// What is being committed.
const PENDING: &str = ".work/commit.json";
/// The table that answers add after an ingest: it says nothing about whose commit the list is.
const LATER: &str = "coverage";

#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    tables: Tables,
    inputs: String,
    manifest: Vec<ArtifactRow>,
}

fn without_later(tables: &Tables) -> Tables {
    let mut tables = tables.clone();
    tables.set(LATER, Vec::new());
    tables
}

/// Makes the tables and all that goes with them the case's, and removes the work folder.
pub(crate) fn commit(
    case: &CaseDir,
    tables: &Tables,
    manifest: Vec<ArtifactRow>,
    inputs: String,
) -> Result<Vec<ArtifactRow>, IngestError> {
    let pending = Pending { tables: without_later(tables), inputs, manifest };
    let text = serde_json::to_vec(&pending).map_err(IngestError::journal)?;
    case.write_atomic(PENDING, &text)?;
    case.commit(tables)?;
    complete(case, &pending)?;
    Ok(pending.manifest)
}

/// Completes the commit of a killed run, or forgets it when its tables never became the case's.
pub(crate) fn recover(case: &CaseDir) -> Result<(), IngestError> {
    let path = pending_path(case);
    let Ok(text) = std::fs::read(&path) else { return Ok(()) };
    match serde_json::from_slice::<Pending>(&text) {
        Ok(pending) if pending.tables == without_later(&case.tables()?) => complete(case, &pending),
        _ => remove(&path),
    }
}

fn pending_path(case: &CaseDir) -> PathBuf {
    case.path().join(PENDING)
}

fn complete(case: &CaseDir, pending: &Pending) -> Result<(), IngestError> {
    manifest_file::write(case.path(), &pending.manifest)?;
    case.write_atomic(INPUTS, pending.inputs.as_bytes())?;
    let work = case.work_dir("ingest")?;
    std::fs::remove_dir_all(&work).map_err(|e| IngestError::io("remove", &work, e))?;
    remove(&pending_path(case))
}

fn remove(path: &Path) -> Result<(), IngestError> {
    std::fs::remove_file(path).map_err(|e| IngestError::io("remove", path, e))
}
