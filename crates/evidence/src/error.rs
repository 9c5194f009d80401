//! What is wrong with the request or with our own disk; bad evidence is a `Problem` instead.

use std::io;
use std::path::PathBuf;

/// An intake that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// A path that was named does not exist.
    #[error("evidence {} does not exist", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// A path that was named cannot be looked at.
    #[error("evidence {} cannot be read", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A path that was named is a pipe, socket or device.
    #[error("evidence {} is neither a file nor a folder", path.display())]
    Special {
        /// The path as given.
        path: PathBuf,
    },
    /// A file of ours could not be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of ours could not be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A large archive member could not be spilled to the scratch folder.
    #[error("{uri} cannot be unpacked into the scratch folder {}", path.display())]
    Scratch {
        /// The artifact that was being unpacked.
        uri: String,
        /// The scratch folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line of a manifest is not one of ours.
    #[error("{} line {line} is not a manifest row", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An artifact that is asked for is under none of the roots.
    #[error("artifact {uri} is not in the evidence")]
    Gone {
        /// The artifact.
        uri: String,
    },
    /// An artifact that is asked for is no longer the one that was taken in.
    #[error("artifact {uri} has changed since it was taken in")]
    Changed {
        /// The artifact.
        uri: String,
    },
    /// A range that is asked for lies outside the artifact.
    #[error("artifact {uri} has no {length} bytes at {offset}")]
    OutOfRange {
        /// The artifact.
        uri: String,
        /// Start of the range in the decoded content.
        offset: u64,
        /// Length of the range.
        length: u64,
    },
}

impl EvidenceError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            EvidenceError::Missing { path } if path.to_string_lossy().starts_with("s3://") => {
                "copy the prefix into a folder first: aws s3 sync PREFIX FOLDER".into()
            }
            EvidenceError::Missing { .. } => {
                "check the spelling, and that the disk or share is mounted".into()
            }
            EvidenceError::Unreadable { .. } => {
                "give your user read access to it, or copy the evidence with a user who has it".into()
            }
            EvidenceError::Special { .. } => {
                "write its data into a file and name that file".into()
            }
            EvidenceError::Write { source, .. } | EvidenceError::Scratch { source, .. } => {
                match source.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        "free some space or choose another place for the case, then run the same command again: it resumes".into()
                    }
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                        "choose a case folder that your user may write to".into()
                    }
                    _ => "check the disk that holds the case, then run the same command again: it resumes".into(),
                }
            }
            EvidenceError::Read { .. } => "check that the case folder is complete and readable".into(),
            EvidenceError::Manifest { .. } => {
                "the manifest was edited or belongs to another version: restore it, or make a new case".into()
            }
            EvidenceError::Gone { .. } => {
                "give the folder the evidence was read from; `heptagon verify` lists what is missing".into()
            }
            EvidenceError::Changed { .. } => {
                "the evidence was modified: `heptagon verify` lists what changed; restore the original".into()
            }
            EvidenceError::OutOfRange { .. } => {
                "the reference is from another version of the evidence: run `heptagon verify`".into()
            }
        }
    }
}
