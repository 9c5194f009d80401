//! What stops an ingest: never evidence, only the machine or the case.

use std::path::{Path, PathBuf};

/// Why an ingest could not go on.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A file of the case could not be used.
    #[error("cannot {operation} {path}", path = path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The case store failed.
    #[error(transparent)]
    Case(#[from] heptagon_case::CaseError),
    /// The evidence could not be listed.
    #[error(transparent)]
    Evidence(#[from] heptagon_evidence::EvidenceError),
    /// Rows could not be arranged.
    #[error("cannot arrange rows")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The journal could not be written.
    #[error("cannot write the journal of the ingest")]
    Journal(#[source] serde_json::Error),
}

impl IngestError {
    pub(crate) fn io(operation: &'static str, path: &Path, source: std::io::Error) -> IngestError {
        IngestError::Io { operation, path: path.to_owned(), source }
    }

    pub(crate) fn journal(source: serde_json::Error) -> IngestError {
        IngestError::Journal(source)
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            IngestError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "free space on the case's disk, or choose another with --case; run the same command again to go on".to_owned()
            }
            IngestError::Io { .. } | IngestError::Journal(_) => {
                "check the case folder's permissions and disk; run the same command again to go on".to_owned()
            }
            IngestError::Case(error) => error.hint().unwrap_or("run the same command again to go on").to_owned(),
            IngestError::Evidence(error) => error.hint(),
            IngestError::Arrow(_) => "this is a defect of heptagon; please report it with the file it stopped at".to_owned(),
        }
    }
}
