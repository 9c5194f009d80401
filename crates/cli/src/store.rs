//! Opening a case to read it, and its evidence behind references.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use heptagon_case::rows::{ints, texts};
use heptagon_case::{CaseDir, RawSource};
use heptagon_evidence::{Opener, Range, manifest};
use heptagon_model::{ArtifactId, ArtifactRow, Limits};

use crate::failure::Failure;

/// A case opened to be read.
pub(crate) struct Store {
    pub(crate) case: CaseDir,
    pub(crate) manifest: Vec<ArtifactRow>,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Store, Failure> {
        if !path.join("case.toml").exists() {
            return Err(Failure::new(
                format!("no case at {}", path.display()),
                "make one with `heptagon investigate EVIDENCE`, or name one with --case DIR",
            ));
        }
        let case = CaseDir::open(path)?;
        let file = path.join(manifest::MANIFEST);
        let manifest = if file.exists() { manifest::read(&file)? } else { Vec::new() };
        Ok(Store { case, manifest })
    }

    /// The URI of an artifact: the smallest of its names.
    pub(crate) fn uris(&self) -> BTreeMap<String, String> {
        let mut uris = BTreeMap::new();
        for row in &self.manifest {
            uris.entry(row.artifact.clone()).or_insert_with(|| row.uri.clone());
        }
        uris
    }

    /// The evidence folders as the case knows them.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        self.case.meta().roots.iter().map(PathBuf::from).collect()
    }

    /// Where the records of references are, and what they are.
    pub(crate) fn records(&self) -> Records {
        Records {
            case: self.case.path().to_owned(),
            roots: self.roots(),
            artifacts: self
                .manifest
                .iter()
                .map(|row| (row.artifact.clone(), row.clone()))
                .collect(),
            opener: Mutex::new(Opener::new(&Limits::DEFAULT, &self.case.path().join(".work/show"))),
        }
    }
}

/// Records as they came, from the sealed evidence.
pub(crate) struct Records {
    case: PathBuf,
    roots: Vec<PathBuf>,
    artifacts: BTreeMap<String, ArtifactRow>,
    opener: Mutex<Opener>,
}

/// Bytes of a record that are shown.
const RECORD_BYTES_MAX: u64 = 16 << 20;

impl Records {
    /// The texts of records of one artifact, at their places in its content.
    pub(crate) fn fetch(&self, artifact: &str, ranges: &[Range]) -> Result<Vec<String>, Failure> {
        let row = self.artifacts.get(artifact).ok_or_else(|| {
            Failure::new(
                format!("no artifact {artifact} in this case"),
                "references are printed as artifact:record by every command",
            )
        })?;
        let id = ArtifactId::from_hex(&row.sha256).ok_or_else(|| {
            Failure::new(
                format!("the manifest has no valid hash for {}", row.uri),
                "run `heptagon verify`",
            )
        })?;
        let mut opener = self.opener.lock().expect("no thread panics while it holds the opener");
        let found = opener.fetch(&self.roots, &row.uri, id, ranges)?;
        Ok(found.into_iter().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
    }

    /// Offsets and lengths of records, from the tables.
    pub(crate) fn places(
        &self,
        wanted: &[(String, u64)],
    ) -> Result<BTreeMap<(String, u64), Range>, Failure> {
        let case = CaseDir::open(&self.case)?;
        let wanted: std::collections::BTreeSet<(&str, u64)> =
            wanted.iter().map(|(artifact, record)| (artifact.as_str(), *record)).collect();
        let mut places = BTreeMap::new();
        let columns = ["artifact", "record", "offset", "length"];
        for batch in heptagon_case::read(&case, "events", Some(&columns))? {
            let batch = batch?;
            let artifacts = texts(&batch, "artifact")?;
            let (records, offsets, lengths) =
                (ints(&batch, "record")?, ints(&batch, "offset")?, ints(&batch, "length")?);
            for row in 0..batch.num_rows() {
                let record = records.get(row).unwrap_or_default().cast_unsigned();
                let key = (artifacts.get(row).unwrap_or_default(), record);
                if wanted.contains(&key) {
                    let number = |value: Option<i64>| value.unwrap_or_default().cast_unsigned();
                    let range = Range {
                        offset: number(offsets.get(row)),
                        length: number(lengths.get(row)).min(RECORD_BYTES_MAX),
                    };
                    places.insert((key.0.to_owned(), key.1), range);
                }
            }
        }
        Ok(places)
    }
}

impl RawSource for Records {
    fn raw(&self, artifact: &str, record: i64) -> Option<String> {
        let key = (artifact.to_owned(), record.cast_unsigned());
        let places = self.places(std::slice::from_ref(&key)).ok()?;
        self.fetch(artifact, &[*places.get(&key)?]).ok()?.pop()
    }
}
