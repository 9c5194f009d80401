//! Holds the evidence against the manifest, and the ledger against itself.

use std::path::{Path, PathBuf};

use heptagon_model::ArtifactRow;

use crate::hash::{hex, sha256_of_path};
use crate::ledger::{LedgerState, check};
use crate::name;

/// How the files of the manifest are now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactCheck {
    /// Files that are as they were taken in.
    pub ok: u64,
    /// URIs of files with other content, sorted.
    pub changed: Vec<String>,
    /// URIs of files that are under none of the roots or cannot be read, sorted.
    pub missing: Vec<String>,
}

/// The state of evidence and ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The files; members of archives are covered by the hash of their archive.
    pub artifacts: ArtifactCheck,
    /// The chain of the ledger.
    pub ledger: LedgerState,
}

impl Verification {
    /// Whether nothing changed, nothing is missing and the chain holds.
    pub fn is_sound(&self) -> bool {
        self.artifacts.changed.is_empty()
            && self.artifacts.missing.is_empty()
            && matches!(self.ledger, LedgerState::Sound { .. })
    }
}

/// Hashes every file of `rows` again and walks the ledger.
pub fn verify(roots: &[PathBuf], rows: &[ArtifactRow], ledger: &Path) -> Verification {
    let mut artifacts = ArtifactCheck::default();
    let mut files: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| name::is_top_level(&row.uri))
        .map(|row| (row.uri.as_str(), row.sha256.as_str()))
        .collect();
    files.sort_unstable();
    files.dedup();
    for (uri, sha256) in files {
        let hashes: Vec<String> = locate(roots, uri)
            .iter()
            .filter_map(|path| sha256_of_path(path).ok())
            .map(|hash| hex(&hash))
            .collect();
        if hashes.iter().any(|hash| hash == sha256) {
            artifacts.ok += 1;
        } else if hashes.is_empty() {
            artifacts.missing.push(uri.to_owned());
        } else {
            artifacts.changed.push(uri.to_owned());
        }
    }
    artifacts.changed.dedup();
    artifacts.missing.dedup();
    Verification { artifacts, ledger: check(ledger) }
}

/// The regular files that a top-level URI may stand for, one per root that has it.
///
/// The URI may come from a manifest that was tampered with, so it never leads out of a root.
pub(crate) fn locate(roots: &[PathBuf], uri: &str) -> Vec<PathBuf> {
    let Some(below) = path_of(uri) else { return Vec::new() };
    let mut places = Vec::new();
    for root in roots {
        let place = if root.is_file() {
            let is_it = root.file_name().is_some_and(|name| name == below.as_os_str());
            is_it.then(|| root.clone())
        } else {
            Some(root.join(&below))
        };
        places.extend(place.filter(|path| {
            let is_file = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|m| m.is_file());
            path == root || is_file(path)
        }));
    }
    places
}

fn path_of(uri: &str) -> Option<PathBuf> {
    let bytes = name::unescape(uri)?;
    let path = path_from(bytes)?;
    let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    (inside && path.components().next().is_some()).then_some(path)
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}
