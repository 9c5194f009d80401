//! Opening a case to read it, and its evidence behind references.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use heptagon_case::text::safe;
use heptagon_case::{CaseDir, RawSource};
use heptagon_evidence::{Content, Opener, manifest};
use heptagon_model::{ArtifactId, ArtifactRow, Limits};
use heptagon_parse::{Configuration, End, Parser, Record, RecordMeta, RecordProblem, Sink};

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
    roots: Vec<PathBuf>,
    artifacts: BTreeMap<String, ArtifactRow>,
    opener: Mutex<Opener>,
}

impl Records {
    /// What stands at the given numbers of an artifact. It is parsed again: a record may have come
    /// inside a string of another one, or have been dropped as a copy.
    pub(crate) fn read(
        &self,
        artifact: &str,
        records: &BTreeSet<u64>,
    ) -> Result<BTreeMap<u64, Read>, Failure> {
        let (row, id) = self.artifact(artifact)?;
        let mut wanted = Wanted { records, found: BTreeMap::new() };
        let mut parser = Parser::new(&Limits::DEFAULT).with_name_hint(&row.uri);
        let mut failed = None;
        let mut opener = self.opener.lock().expect("no thread panics while it holds the opener");
        opener.reopen(&self.roots, &row.uri, id, &mut |content| match content {
            Content::Whole { bytes, truncated } => {
                let end = if truncated { End::Truncated } else { End::Eof };
                parser.feed(bytes, end, &mut wanted);
            }
            Content::Stream(mut stream) => {
                failed = parser.read(&mut stream, false, &mut wanted).err();
            }
        })?;
        match failed {
            Some(error) => Err(Failure::from(error)),
            None => Ok(wanted.found),
        }
    }

    fn artifact(&self, artifact: &str) -> Result<(&ArtifactRow, ArtifactId), Failure> {
        let row = self.artifacts.get(artifact).ok_or_else(|| {
            Failure::new(
                format!("no artifact {} in this case", safe(artifact)),
                "references are printed as artifact:record by every command",
            )
        })?;
        let id = ArtifactId::from_hex(&row.sha256).ok_or_else(|| {
            Failure::new(
                format!("the manifest has no valid hash for {}", safe(&row.uri)),
                "run `heptagon verify`",
            )
        })?;
        Ok((row, id))
    }
}

impl RawSource for Records {
    fn raw(&self, wanted: &[(&str, i64)]) -> Vec<Option<String>> {
        let mut by_artifact: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for (artifact, record) in wanted {
            by_artifact.entry(artifact).or_default().insert(record.cast_unsigned());
        }
        let found: BTreeMap<&str, BTreeMap<u64, Read>> = by_artifact
            .into_iter()
            .filter_map(|(artifact, records)| Some((artifact, self.read(artifact, &records).ok()?)))
            .collect();
        let text = |(artifact, record): &(&str, i64)| match found
            .get(artifact)?
            .get(&record.cast_unsigned())?
        {
            Read::Record(text) => Some(text.clone()),
            Read::Other(_) => None,
        };
        wanted.iter().map(text).collect()
    }
}

/// What stands at a record's number.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    /// The record's own text, without what it came wrapped in.
    Record(String),
    /// Why there is no event there.
    Other(String),
}

/// Keeps the texts of chosen records while an artifact is parsed again.
struct Wanted<'a> {
    records: &'a BTreeSet<u64>,
    found: BTreeMap<u64, Read>,
}

impl Sink for Wanted<'_> {
    fn record(&mut self, meta: &RecordMeta, record: &Record<'_>) {
        if self.records.contains(&meta.ordinal) {
            let raw = match record {
                Record::CloudTrail(record) => record.raw,
                Record::Invocation(record) => record.raw,
            };
            self.found.insert(meta.ordinal, Read::Record(raw.to_owned()));
        }
    }

    fn notice(&mut self, meta: &RecordMeta, reason: &str) {
        if self.records.contains(&meta.ordinal) {
            self.found.insert(meta.ordinal, Read::Other(reason.to_owned()));
        }
    }

    fn configuration(&mut self, meta: &RecordMeta, configuration: &Configuration<'_>) {
        if self.records.contains(&meta.ordinal) {
            self.found.insert(meta.ordinal, Read::Record(configuration.document.to_owned()));
        }
    }

    fn problem(&mut self, problem: RecordProblem) {
        if let Some(ordinal) = problem.ordinal.filter(|ordinal| self.records.contains(ordinal)) {
            self.found.entry(ordinal).or_insert(Read::Other(problem.reason));
        }
    }
}
