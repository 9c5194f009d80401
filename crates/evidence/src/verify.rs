//! Holds the evidence against the manifest, and the ledger against itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Hashes every file of `rows` again, on all processors, and walks the ledger.
pub fn verify(roots: &[PathBuf], rows: &[ArtifactRow], ledger: &Path) -> Verification {
    let mut files: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| name::is_top_level(&row.uri))
        .map(|row| (row.uri.as_str(), row.sha256.as_str()))
        .collect();
    files.sort_unstable();
    files.dedup();
    let places = Places::new(roots);
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut part = ArtifactCheck::default();
        while let Some((uri, sha256)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            match state(&places, uri, sha256) {
                State::Ok => part.ok += 1,
                State::Changed => part.changed.push((*uri).to_owned()),
                State::Missing => part.missing.push((*uri).to_owned()),
            }
        }
        part
    };
    let threads =
        std::thread::available_parallelism().map_or(1, usize::from).min(files.len().max(1));
    let parts: Vec<ArtifactCheck> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("the worker does not panic"))
            .collect()
    });
    let mut artifacts = ArtifactCheck::default();
    for part in parts {
        artifacts.ok += part.ok;
        artifacts.changed.extend(part.changed);
        artifacts.missing.extend(part.missing);
    }
    for uris in [&mut artifacts.changed, &mut artifacts.missing] {
        uris.sort_unstable();
        uris.dedup();
    }
    Verification { artifacts, ledger: check(ledger) }
}

enum State {
    Ok,
    Changed,
    Missing,
}

fn state(places: &Places, uri: &str, sha256: &str) -> State {
    let found = places.locate(uri);
    let hashes: Vec<String> =
        found.iter().filter_map(|path| sha256_of_path(path)).map(|hash| hex(&hash)).collect();
    if hashes.iter().any(|hash| hash == sha256) {
        State::Ok
    } else if hashes.is_empty() {
        State::Missing
    } else {
        State::Changed
    }
}

/// Where the files of the roots are.
pub(crate) struct Places {
    folders: Vec<PathBuf>,
    /// Roots that are files, by name.
    files: BTreeMap<OsString, Vec<PathBuf>>,
}

impl Places {
    pub(crate) fn new(roots: &[PathBuf]) -> Places {
        let mut places = Places { folders: Vec::new(), files: BTreeMap::new() };
        for root in roots {
            match root.file_name() {
                Some(name) if root.is_file() => {
                    places.files.entry(name.to_owned()).or_default().push(root.clone());
                }
                _ => places.folders.push(root.clone()),
            }
        }
        places
    }

    /// The regular files that a top-level URI may stand for, one per root that has it.
    ///
    /// The URI may come from a manifest that was tampered with, so it never leads out of a root.
    pub(crate) fn locate(&self, uri: &str) -> Vec<PathBuf> {
        let Some(below) = path_of(uri) else { return Vec::new() };
        let files = self.files.get(below.as_os_str()).into_iter().flatten().cloned();
        let in_folders = self.folders.iter().map(|root| root.join(&below)).filter(|path| {
            std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
        });
        files.chain(in_folders).collect()
    }
}

fn path_of(uri: &str) -> Option<PathBuf> {
    let path = path_from(name::unescape(uri)?);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.components().next().is_some()).then_some(path)
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}
