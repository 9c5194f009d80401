//! Configuration snapshots, and what has to be looked up because of them.

use std::collections::BTreeSet;

use heptagon_case::configuration::read_configuration;
use heptagon_case::{CaseDir, read};

use serde_json::Value;

use super::LoadError;
use super::columns::Columns;
use crate::input::{Ref, Snapshot};

pub(super) fn snapshots(case: &CaseDir) -> Result<Vec<Snapshot>, LoadError> {
    let rows = read_configuration(case)?.into_iter();
    Ok(rows
        .map(|row| Snapshot {
            kind: row.kind,
            account: row.account,
            region: row.region,
            document: row.document,
            reference: Ref { artifact: row.artifact, record: row.record },
        })
        .collect())
}

/// Where invocation records hold text, among the places whose snapshot says that none is delivered.
pub(super) fn text_places(
    case: &CaseDir,
    snapshots: &[Snapshot],
) -> Result<BTreeSet<(String, String)>, LoadError> {
    let doubted: BTreeSet<(&str, &str)> = snapshots
        .iter()
        .filter(|snapshot| withholds_text(&snapshot.document))
        .filter_map(|snapshot| Some((snapshot.account.as_deref()?, snapshot.region.as_deref()?)))
        .collect();
    let mut found = BTreeSet::new();
    if doubted.is_empty() {
        return Ok(found);
    }
    for batch in read(case, "messages", Some(&["account", "region", "part"]))? {
        let batch = batch?;
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default();
            let place = (text(0), text(1));
            if text(2) == "text" && doubted.contains(&place) {
                found.insert((place.0.to_owned(), place.1.to_owned()));
            }
        }
        if found.len() == doubted.len() {
            break;
        }
    }
    Ok(found)
}

fn withholds_text(document: &str) -> bool {
    let text =
        |document: Value| document.get("loggingConfig")?.get("textDataDeliveryEnabled")?.as_bool();
    serde_json::from_str(document).ok().and_then(text) == Some(false)
}
