//! Lists the files under the evidence roots.

use std::collections::BTreeSet;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use heptagon_model::{Problem, ProblemCode, Severity};
use walkdir::WalkDir;

use crate::{EvidenceError, name};

/// A regular file under one of the roots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundFile {
    /// Path relative to its root, with `/`, escaped without loss; a root that is a file has its name.
    pub uri: String,
    /// Where to open it.
    pub path: PathBuf,
    /// Size when it was listed.
    pub bytes: u64,
}

/// Everything under the roots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// The files, sorted by URI.
    pub files: Vec<FoundFile>,
    /// What was passed over, and why; sorted.
    pub problems: Vec<Problem>,
}

/// Lists the files under the roots, without those in `exclude` (the case's own folder).
///
/// A root that does not exist is an error. Links below a root are not followed; pipes, sockets
/// and devices are not opened; both are problems, as is a folder that may not be listed. A root
/// that lies in another root is not listed twice. No files at all is not an error here.
pub fn discover(roots: &[PathBuf], exclude: &[PathBuf]) -> Result<Discovery, EvidenceError> {
    let mut known = Vec::new();
    for root in roots {
        let canonical = fs::canonicalize(root).map_err(|source| root_error(root, source))?;
        let metadata = fs::metadata(root).map_err(|source| root_error(root, source))?;
        if !metadata.is_file() && !metadata.is_dir() {
            return Err(EvidenceError::Special { path: root.clone() });
        }
        known.push((canonical, root.clone(), metadata));
    }
    let exclude: Vec<PathBuf> =
        exclude.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let folders: BTreeSet<PathBuf> = known
        .iter()
        .filter(|(_, _, metadata)| metadata.is_dir())
        .map(|(canonical, _, _)| canonical.clone())
        .collect();
    let mut listed = BTreeSet::new();
    let mut discovery = Discovery::default();
    for (canonical, root, metadata) in &known {
        let inside_another = canonical.ancestors().skip(1).any(|outer| folders.contains(outer));
        let excluded = exclude.iter().any(|path| canonical.starts_with(path));
        if inside_another || excluded || !listed.insert(canonical) {
            continue;
        }
        if metadata.is_file() {
            let file_name = canonical.file_name().unwrap_or(canonical.as_os_str());
            discovery.files.push(FoundFile {
                uri: name::of_path(Path::new(root.file_name().unwrap_or(file_name))),
                path: root.clone(),
                bytes: metadata.len(),
            });
        } else {
            list(root, canonical, &exclude, &mut discovery);
        }
    }
    discovery.files.sort();
    discovery.problems.sort();
    Ok(discovery)
}

fn root_error(root: &Path, source: io::Error) -> EvidenceError {
    let path = root.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => EvidenceError::Missing { path },
        _ => EvidenceError::Unreadable { path, source },
    }
}

fn list(root: &Path, canonical: &Path, exclude: &[PathBuf], discovery: &mut Discovery) {
    // Walking the canonical root makes the exclusion a comparison of paths, as nothing below is followed.
    let mut walk = WalkDir::new(canonical).follow_links(false).into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(canonical);
                let uri = name::of_path(path.strip_prefix(canonical).unwrap_or(path));
                let why = error.io_error().map_or_else(|| "listing failed".into(), describe);
                discovery.problems.push(problem(
                    uri,
                    ProblemCode::Unreadable,
                    format!("cannot be listed or read: {why}"),
                ));
                continue;
            }
        };
        if exclude.iter().any(|path| path == entry.path()) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            continue;
        }
        if entry.file_type().is_dir() {
            continue;
        }
        let below = entry.path().strip_prefix(canonical).unwrap_or(entry.path());
        let uri = name::of_path(below);
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => discovery.files.push(FoundFile {
                uri,
                path: root.join(below),
                bytes: metadata.len(),
            }),
            Ok(metadata) => discovery.problems.push(passed_over(uri, entry.path(), &metadata)),
            Err(error) => {
                let why = error.io_error().map_or_else(|| "no metadata".into(), describe);
                discovery.problems.push(problem(
                    uri,
                    ProblemCode::Unreadable,
                    format!("cannot be read: {why}"),
                ));
            }
        }
    }
}

fn passed_over(uri: String, path: &Path, metadata: &Metadata) -> Problem {
    let reason = if metadata.file_type().is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        let target = name::show(target.as_os_str().as_encoded_bytes());
        format!(
            "symbolic link to {target}, not followed: name its target as evidence to have it read"
        )
    } else {
        format!("{}, not read: only regular files are evidence", kind(metadata.file_type()))
    };
    problem(uri, ProblemCode::UnsafeMember, reason)
}

#[cfg(unix)]
fn kind(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if file_type.is_fifo() {
        "named pipe"
    } else if file_type.is_socket() {
        "socket"
    } else if file_type.is_block_device() || file_type.is_char_device() {
        "device"
    } else {
        "special file"
    }
}

#[cfg(not(unix))]
fn kind(_: FileType) -> &'static str {
    "special file"
}

/// An I/O error without its operating-system number, which differs between systems.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::NotFound => "no longer there".into(),
        _ => error.to_string(),
    }
}

fn problem(uri: String, code: ProblemCode, reason: String) -> Problem {
    Problem {
        artifact: String::new(),
        uri,
        record: None,
        offset: None,
        severity: Severity::Lost,
        code,
        reason,
    }
}
