//! Bodies and the records that name them, when they come into the case in different runs.
//!
//! A body that is in the case already is fetched from the evidence again; records of the case
//! whose body comes now are read again with it, and their earlier rows are left out of the merge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use heptagon_case::{CaseDir, TableFile, Tables, read_files};
use heptagon_evidence::{Opener, Range};
use heptagon_model::{ArtifactId, ArtifactRow, Limits};

use crate::IngestError;
use crate::bodies::{Bodies, Waiting, body_name};
use crate::day::cloudtrail::integers;
use crate::project::{text, value};

/// The kind of an artifact that is a body.
const BODY: &str = "bedrock-body";
/// Bytes of a body that is fetched again.
const BODY_BYTES_MAX: u64 = 32 << 20;

/// What earlier runs brought into the case.
pub(crate) struct Earlier<'a> {
    roots: Vec<PathBuf>,
    opener: Opener,
    /// Artifacts by their 16 digits.
    artifacts: BTreeMap<&'a str, &'a ArtifactRow>,
    /// Bodies by the name of their object.
    bodies: BTreeMap<String, &'a ArtifactRow>,
}

impl<'a> Earlier<'a> {
    pub(crate) fn new(
        manifest: &'a [ArtifactRow],
        roots: Vec<PathBuf>,
        limits: &Limits,
        work: &Path,
    ) -> Earlier<'a> {
        let bodies = manifest.iter().filter(|row| row.kind == BODY);
        Earlier {
            roots,
            opener: Opener::new(limits, &work.join("again")),
            artifacts: manifest.iter().map(|row| (row.artifact.as_str(), row)).collect(),
            bodies: bodies.filter_map(|row| Some((body_name(&row.uri)?, row))).collect(),
        }
    }

    /// The body an object path names, when an earlier run met it and it is still there.
    pub(crate) fn body(&mut self, s3_path: Option<&str>) -> Option<String> {
        let row = *self.bodies.get(&body_name(s3_path?)?)?;
        let whole = Range { offset: 0, length: row.content_bytes };
        if whole.length > BODY_BYTES_MAX {
            return None;
        }
        self.fetch(row, &[whole])?.pop()
    }

    fn fetch(&mut self, row: &ArtifactRow, ranges: &[Range]) -> Option<Vec<String>> {
        let id = ArtifactId::from_hex(&row.sha256)?;
        // Evidence that is gone leaves the body missing, as it was.
        let found = self.opener.fetch(&self.roots, &row.uri, id, ranges).ok()?;
        found.into_iter().map(|bytes| String::from_utf8(bytes).ok()).collect()
    }

    /// Records of the case whose missing body this run brought, as they came.
    pub(crate) fn completed(
        &mut self,
        case: &CaseDir,
        tables: &Tables,
        bodies: &Bodies,
    ) -> Result<Vec<Waiting>, IngestError> {
        let names = bodies.names()?;
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut wanted: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for file in tables.files("invocations") {
            for batch in read_files(case, "invocations", std::slice::from_ref(file), None)? {
                places(&batch?, file, &names, &mut wanted);
            }
        }
        let mut completed = Vec::new();
        for (artifact, places) in &wanted {
            let Some(row) = self.artifacts.get(artifact.as_str()).copied() else { continue };
            let ranges: Vec<Range> = places.iter().map(|place| place.range).collect();
            let Some(texts) = self.fetch(row, &ranges) else { continue };
            let complete = complete_sources(case, tables, artifact, places)?;
            completed.extend(places.iter().zip(texts).map(|(place, raw)| Waiting {
                attempt: 0,
                artifact: artifact.clone(),
                record: place.record,
                offset: place.range.offset,
                length: u32::try_from(place.range.length).unwrap_or(u32::MAX),
                complete_source: complete.contains(&place.record),
                raw,
            }));
        }
        Ok(completed)
    }
}

/// Where a record stands.
struct Place {
    day: Option<i64>,
    record: u64,
    range: Range,
}

fn places(
    batch: &RecordBatch,
    file: &TableFile,
    names: &BTreeSet<String>,
    wanted: &mut BTreeMap<String, Vec<Place>>,
) {
    let artifacts = text(batch, "artifact");
    let [records, offsets, lengths] =
        ["record", "offset", "length"].map(|name| integers(batch, name));
    let sides =
        [("input_body_state", "input_body_path"), ("output_body_state", "output_body_path")]
            .map(|(state, path)| (text(batch, state), text(batch, path)));
    for row in 0..batch.num_rows() {
        let arrived = sides.iter().any(|(states, paths)| {
            value(states, row) == Some("missing")
                && value(paths, row).and_then(body_name).is_some_and(|name| names.contains(&name))
        });
        if arrived {
            wanted.entry(artifacts.value(row).to_owned()).or_default().push(Place {
                day: file.day(),
                record: records.value(row).cast_unsigned(),
                range: Range {
                    offset: offsets.value(row).cast_unsigned(),
                    length: lengths.value(row).cast_unsigned(),
                },
            });
        }
    }
}

/// Which of an artifact's records came from a source that holds all there is.
fn complete_sources(
    case: &CaseDir,
    tables: &Tables,
    artifact: &str,
    places: &[Place],
) -> Result<BTreeSet<u64>, IngestError> {
    let days: BTreeSet<Option<i64>> = places.iter().map(|place| place.day).collect();
    let columns = ["artifact", "record", "complete_source"];
    let mut complete = BTreeSet::new();
    for file in tables.files("events").iter().filter(|file| days.contains(&file.day())) {
        for batch in read_files(case, "events", std::slice::from_ref(file), Some(&columns))? {
            let batch = batch?;
            let (artifacts, records) = (text(&batch, "artifact"), integers(&batch, "record"));
            let said = batch.column_by_name("complete_source").expect("asked for").as_boolean();
            complete.extend(
                (0..batch.num_rows())
                    .filter(|&row| artifacts.value(row) == artifact)
                    .filter(|&row| said.is_valid(row) && said.value(row))
                    .map(|row| records.value(row).cast_unsigned()),
            );
        }
    }
    Ok(complete)
}
