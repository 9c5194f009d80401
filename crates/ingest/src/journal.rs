//! The journal of an ingest that has not been committed yet.
//!
//! A line is written once a run and the artifacts whose rows are all in runs are safely on disk.
//! After a kill the next ingest reads it: finished artifacts are not read again, and rows of
//! artifacts that were not finished are told apart by the attempt that wrote them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use heptagon_model::{ArtifactRow, Problem};
use serde::{Deserialize, Serialize};

use crate::IngestError;
use crate::configuration::Snapshot;
use crate::run::RunFile;

/// An artifact whose rows are all in runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FinishedArtifact {
    pub(crate) attempt: u32,
    pub(crate) row: ArtifactRow,
    pub(crate) problems: Vec<Problem>,
    /// Kept beside the row: whether its records are all there is (false: filtered exports).
    pub(crate) complete_source: bool,
    /// Its configuration documents.
    #[serde(default)]
    pub(crate) snapshots: Vec<Snapshot>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// What the runs depend on: a journal of other inputs is discarded.
    Begin {
        attempt: u32,
        inputs: String,
    },
    Flush {
        runs: Vec<RunFile>,
        artifacts: Vec<FinishedArtifact>,
    },
}

/// What earlier attempts achieved.
#[derive(Debug, Default)]
pub(crate) struct Achieved {
    pub(crate) runs: Vec<RunFile>,
    /// By SHA-256 and URI.
    pub(crate) artifacts: BTreeMap<(String, String), FinishedArtifact>,
}

/// The open journal.
pub(crate) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    pub(crate) attempt: u32,
}

impl Journal {
    /// Opens the journal of `work`; lines of an attempt with other `inputs` are discarded with
    /// their runs, and a torn last line is ignored.
    pub(crate) fn open(work: &Path, inputs: &str) -> Result<(Journal, Achieved), IngestError> {
        let path = work.join("journal.jsonl");
        let mut achieved = Achieved::default();
        let mut attempt = 0;
        let mut valid = String::new();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines() {
                let Ok(line) = line else { break };
                let Ok(parsed) = serde_json::from_str::<Line>(&line) else { break };
                match parsed {
                    Line::Begin { attempt: number, inputs: theirs } => {
                        if theirs != inputs {
                            achieved = Achieved::default();
                            valid.clear();
                        }
                        attempt = attempt.max(number + 1);
                    }
                    Line::Flush { runs, artifacts } => {
                        achieved.runs.extend(runs);
                        for artifact in artifacts {
                            let key = (artifact.row.sha256.clone(), artifact.row.uri.clone());
                            achieved.artifacts.insert(key, artifact);
                        }
                    }
                }
                valid.push_str(&line);
                valid.push('\n');
            }
        }
        // Without all of its runs a journal proves nothing: everything is read again.
        if !achieved.runs.iter().all(|run| run.path.is_file()) {
            achieved = Achieved::default();
            valid.clear();
        }
        std::fs::write(&path, valid).map_err(|e| IngestError::io("write", &path, e))?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|e| IngestError::io("open", &path, e))?;
        let journal = Journal { path, file: Mutex::new(file), attempt };
        journal.append(&Line::Begin { attempt, inputs: inputs.to_owned() })?;
        Ok((journal, achieved))
    }

    /// Records that `runs` and everything of `artifacts` are on disk.
    pub(crate) fn flush(
        &self,
        runs: Vec<RunFile>,
        artifacts: Vec<FinishedArtifact>,
    ) -> Result<(), IngestError> {
        self.append(&Line::Flush { runs, artifacts })
    }

    fn append(&self, line: &Line) -> Result<(), IngestError> {
        let mut text = serde_json::to_string(line).map_err(IngestError::journal)?;
        text.push('\n');
        let mut file = self.file.lock().expect("no thread panics while it holds the journal");
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(|e| IngestError::io("write", &self.path, e))
    }
}
