//! Bodies that the invocation log keeps as objects of their own, and the records that wait for them.
//!
//! A body arrives as an artifact of any file order, so records whose body is elsewhere wait on
//! disk until every artifact has been read.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::IngestError;

/// An invocation record that waits for a body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// The attempt that read it.
    pub(crate) attempt: u32,
    pub(crate) artifact: String,
    pub(crate) record: u64,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) complete_source: bool,
    pub(crate) raw: String,
}

/// The folder of bodies and waiting records inside the work folder.
pub(crate) struct Bodies {
    folder: PathBuf,
}

impl Bodies {
    pub(crate) fn create(work: &Path) -> Result<Bodies, IngestError> {
        let folder = work.join("bodies");
        std::fs::create_dir_all(&folder).map_err(|e| IngestError::io("create", &folder, e))?;
        Ok(Bodies { folder })
    }

    /// Keeps a body under the last segment of its object key.
    pub(crate) fn keep(&self, uri: &str, content: &[u8]) -> Result<(), IngestError> {
        let Some(name) = body_name(uri) else { return Ok(()) };
        let path = self.folder.join(&name);
        let partial = self.folder.join(format!("{name}.partial"));
        std::fs::write(&partial, content)
            .and_then(|()| std::fs::rename(&partial, &path))
            .map_err(|e| IngestError::io("write", &path, e))
    }

    /// The body an `s3://…/data/<requestId>_input.json.gz` path names, when it was in the evidence.
    pub(crate) fn find(&self, s3_path: Option<&str>) -> Option<String> {
        let path = self.folder.join(body_name(s3_path?)?);
        std::fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The names of the bodies of this ingest.
    pub(crate) fn names(&self) -> Result<BTreeSet<String>, IngestError> {
        let listing = std::fs::read_dir(&self.folder)
            .map_err(|e| IngestError::io("read", &self.folder, e))?;
        Ok(listing
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !name.ends_with(".waiting") && !name.ends_with(".partial"))
            .collect())
    }

    /// Writes waiting records of one flush.
    pub(crate) fn wait(&self, name: &str, waiting: &[Waiting]) -> Result<(), IngestError> {
        let path = self.folder.join(format!("{name}.waiting"));
        let write = || -> std::io::Result<()> {
            let mut file = std::io::BufWriter::new(File::create(&path)?);
            for record in waiting {
                serde_json::to_writer(&mut file, record)?;
                file.write_all(b"\n")?;
            }
            file.flush()?;
            file.get_ref().sync_data()
        };
        write().map_err(|e| IngestError::io("write", &path, e))
    }

    /// All waiting records of all attempts, file by file in name order.
    pub(crate) fn waiting(
        &self,
        mut visit: impl FnMut(Waiting) -> Result<(), IngestError>,
    ) -> Result<(), IngestError> {
        let listing = std::fs::read_dir(&self.folder)
            .map_err(|e| IngestError::io("read", &self.folder, e))?;
        let mut paths: Vec<PathBuf> = listing
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "waiting"))
            .collect();
        paths.sort();
        for path in paths {
            let file = File::open(&path).map_err(|e| IngestError::io("open", &path, e))?;
            for line in BufReader::new(file).lines() {
                let line = line.map_err(|e| IngestError::io("read", &path, e))?;
                // A torn last line belongs to an artifact that will be read again.
                let Ok(record) = serde_json::from_str(&line) else { break };
                visit(record)?;
            }
        }
        Ok(())
    }
}

/// `<requestId>_input.json` of a path or URI, if its last segment is a safe file name.
pub(crate) fn body_name(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '!']).next()?.trim_end_matches(".gz");
    let safe = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    safe.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_found_by_their_object_name() {
        let work = tempfile::tempdir().unwrap();
        let bodies = Bodies::create(work.path()).unwrap();
        bodies.keep("a/data/r-1_input.json.gz", b"{}").unwrap();
        assert_eq!(bodies.find(Some("s3://b/x/data/r-1_input.json.gz")).as_deref(), Some("{}"));
        assert_eq!(bodies.find(Some("s3://b/x/data/r-2_input.json.gz")), None);
        assert_eq!(bodies.find(Some("s3://b/..")), None);
    }
}
