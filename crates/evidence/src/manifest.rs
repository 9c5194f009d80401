//! The manifest of what was taken in, for us (`manifest.jsonl`) and for coreutils (`SHA256SUMS`).

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use heptagon_model::ArtifactRow;

use crate::{EvidenceError, name};

/// Name of the manifest in a case.
pub const MANIFEST: &str = "manifest.jsonl";
/// Name of the list of sums in a case.
pub const SUMS: &str = "SHA256SUMS";

/// Writes `manifest.jsonl` and `SHA256SUMS` into `folder`, each in one step: a reader sees the
/// old file or the new one. Rows are sorted by URI, then hash.
pub fn write(folder: &Path, rows: &[ArtifactRow]) -> Result<(), EvidenceError> {
    let mut sorted: Vec<&ArtifactRow> = rows.iter().collect();
    sorted.sort_by(|a, b| (&a.uri, &a.sha256).cmp(&(&b.uri, &b.sha256)));
    replace(&folder.join(MANIFEST), |out| {
        for row in &sorted {
            serde_json::to_writer(&mut *out, row)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    replace(&folder.join(SUMS), |out| {
        let files = sorted.iter().filter(|row| name::is_top_level(&row.uri));
        for row in files {
            out.write_all(&sum_line(&row.uri, &row.sha256))?;
        }
        Ok(())
    })
}

/// Reads the rows of the `manifest.jsonl` at `path`.
pub fn read(path: &Path) -> Result<Vec<ArtifactRow>, EvidenceError> {
    let failed = |source| EvidenceError::Read { path: path.to_owned(), source };
    let mut rows = Vec::new();
    for (at, line) in BufReader::new(File::open(path).map_err(failed)?).lines().enumerate() {
        let line = line.map_err(failed)?;
        let row = serde_json::from_str(&line).map_err(|source| EvidenceError::Manifest {
            path: path.to_owned(),
            line: at + 1,
            source,
        })?;
        rows.push(row);
    }
    Ok(rows)
}

/// A line as `sha256sum` writes it: a name with a line break or backslash is escaped, which a
/// backslash in front of the line says.
fn sum_line(uri: &str, sha256: &str) -> Vec<u8> {
    let path = name::unescape(uri).unwrap_or_else(|| uri.as_bytes().to_vec());
    let mut line = Vec::with_capacity(path.len() + 70);
    if path.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r')) {
        line.push(b'\\');
    }
    line.extend_from_slice(sha256.as_bytes());
    line.extend_from_slice(b"  ");
    if path == b"-" {
        line.extend_from_slice(b"./");
    }
    for byte in path {
        match byte {
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            _ => line.push(byte),
        }
    }
    line.push(b'\n');
    line
}

fn replace(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), EvidenceError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let write = || {
        let mut out = BufWriter::new(File::create(beside)?);
        fill(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(beside, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|source| EvidenceError::Write { path: path.to_owned(), source })
}
