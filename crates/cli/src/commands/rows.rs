//! Commands that print rows as they are in the case.

use std::collections::BTreeMap;

use heptagon_case::records::{read_coverage, read_findings};
use serde_json::Value;

use crate::analyse;
use crate::args::RowsArgs;
use crate::failure::{Exit, Outcome};
use crate::print::Rows;
use crate::store::Store;

const SOURCES: &[&str] = &[
    "uri",
    "kind",
    "bytes",
    "records",
    "parsed",
    "problems",
    "rows",
    "duplicates",
    "notices",
    "warnings",
    "first_event_time",
    "last_event_time",
    "accounts",
    "regions",
    "artifact",
];

pub(crate) fn sources(args: &RowsArgs) -> Outcome {
    let store = Store::open(&args.case.case)?;
    let mut rows = Rows::new(args.format, SOURCES);
    for row in &store.manifest {
        rows.push(row)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}

const FINDINGS: &[&str] = &[
    "level",
    "title",
    "elements",
    "count",
    "first_time",
    "last_time",
    "principals",
    "source_ips",
    "finding_id",
];

pub(crate) fn findings(args: &RowsArgs) -> Outcome {
    let store = Store::open(&args.case.case)?;
    let uris = store.uris();
    let mut found = read_findings(&store.case, &|artifact| uri(&uris, artifact))?;
    found.sort_by(|a, b| {
        (a.first_time, &a.rule_id, &a.finding_id).cmp(&(b.first_time, &b.rule_id, &b.finding_id))
    });
    let mut rows = Rows::new(args.format, FINDINGS);
    for finding in &found {
        rows.push(finding)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}

/// The URI of an artifact, or its id when the manifest does not know it.
pub(crate) fn uri(uris: &BTreeMap<String, String>, artifact: &str) -> String {
    uris.get(artifact).cloned().unwrap_or_else(|| artifact.to_owned())
}

const COVERAGE: &[&str] =
    &["source", "category", "account", "region", "from", "to", "state", "basis", "trail", "why"];

pub(crate) fn coverage(args: &RowsArgs) -> Outcome {
    let store = Store::open(&args.case.case)?;
    let uris = store.uris();
    let mut rows = Rows::new(args.format, COVERAGE);
    for row in read_coverage(&store.case, &|artifact| uri(&uris, artifact))? {
        rows.push(&row)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}

const ACTORS: &[&str] = &[
    "suspicion",
    "actor",
    "kind",
    "account",
    "events",
    "writes",
    "denied",
    "source_ips",
    "first_time",
    "last_time",
    "reasons",
];

pub(crate) fn actors(args: &RowsArgs) -> Outcome {
    let store = Store::open(&args.case.case)?;
    let actors: Vec<Value> = analyse::read(store.case.path(), analyse::ACTORS)?;
    let mut rows = Rows::new(args.format, ACTORS);
    for actor in &actors {
        rows.push(actor)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}
