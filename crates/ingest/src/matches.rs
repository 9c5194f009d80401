//! The `matches` table: one row per matched event rule, in the order correlations read them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use heptagon_case::{CaseDir, DayWriter, TableFile};
use heptagon_model::Timestamp;
use serde_json::value::RawValue;

use crate::IngestError;
use crate::day::cloudtrail::Extra;
use crate::key::Keys;
use crate::project::{text, value};
use crate::rows::invocation::LIST_SEPARATOR;

/// The rule id under which copies with different content are recorded.
pub const CONFLICT_RULE: &str = "heptagon-event-conflict";

/// How far apart copies of one action in several accounts may lie.
const SHARED_WINDOW_US: i64 = 15 * 60 * 1_000_000;

/// Columns of a run that become text columns of `matches`.
const TEXT: [(&str, &str); 7] = [
    ("account", "account"),
    ("region", "region"),
    ("principal", "principal"),
    ("actor", "actor"),
    ("source_ip", "source_ip_address"),
    ("resource", "resource"),
    ("event_name", "event_name"),
];

/// Writes the matches of a day.
pub(crate) struct MatchRows {
    writer: DayWriter,
    shared: BTreeSet<(Timestamp, String, String)>,
}

impl MatchRows {
    pub(crate) fn new(case: &CaseDir) -> Result<MatchRows, IngestError> {
        Ok(MatchRows { writer: case.writer("matches")?, shared: BTreeSet::new() })
    }

    /// Whether another copy of the action (in another account) matched the rule already.
    fn counted(&mut self, time: Timestamp, shared_id: &str, rule: &str) -> bool {
        let oldest = Timestamp(time.0 - SHARED_WINDOW_US);
        while self.shared.first().is_some_and(|(seen, _, _)| *seen < oldest) {
            self.shared.pop_first();
        }
        let known = self.shared.iter().any(|(_, id, of)| id == shared_id && of == rule);
        if !known {
            self.shared.insert((time, shared_id.to_owned(), rule.to_owned()));
        }
        known
    }

    /// Adds the matches of a batch of canonical rows.
    pub(crate) fn add_batch(
        &mut self,
        batch: &RecordBatch,
        keys: &Keys,
        extras: &[Extra],
    ) -> Result<(), IngestError> {
        let rules = text(batch, "rules");
        let correlations = text(batch, "correlation");
        let sources = TEXT.map(|(_, name)| text(batch, name));
        let shared_ids =
            batch.column_by_name("shared_event_id").map(|_| text(batch, "shared_event_id"));
        let mut time = TimestampMicrosecondBuilder::new().with_timezone("UTC");
        let mut rule_id = StringBuilder::new();
        let mut columns: Vec<StringBuilder> = TEXT.iter().map(|_| StringBuilder::new()).collect();
        let mut correlation = StringBuilder::new();
        let mut shared = StringBuilder::new();
        let mut artifact = StringBuilder::new();
        let mut record = Int64Builder::new();
        for (row, extra) in extras.iter().enumerate() {
            let matched = value(rules, row);
            if matched.is_none() && !extra.conflict {
                continue;
            }
            let shared_id = shared_ids.and_then(|ids| value(ids, row)).filter(|id| !id.is_empty());
            let conflict = extra.conflict.then_some(CONFLICT_RULE);
            let fields = value(correlations, row).map(by_rule).unwrap_or_default();
            for rule in
                matched.into_iter().flat_map(|ids| ids.split(LIST_SEPARATOR)).chain(conflict)
            {
                if shared_id.is_some_and(|id| self.counted(keys.time(row), id, rule)) {
                    continue;
                }
                time.append_value(keys.time(row).0);
                rule_id.append_value(rule);
                for (builder, source) in columns.iter_mut().zip(sources) {
                    builder.append_option(value(source, row));
                }
                correlation.append_option(fields.get(rule).map(|fields| fields.get()));
                shared.append_option(shared_id);
                artifact.append_value(keys.artifact(row));
                record.append_value(keys.record(row));
            }
        }
        let columns: Vec<_> = columns.iter_mut().map(StringBuilder::finish).collect();
        let mut arrays: Vec<Arc<dyn Array>> =
            vec![Arc::new(time.finish()), Arc::new(rule_id.finish())];
        arrays.extend(columns.into_iter().map(|column| Arc::new(column) as Arc<dyn Array>));
        arrays.push(Arc::new(correlation.finish()));
        arrays.push(Arc::new(shared.finish()));
        arrays.push(Arc::new(artifact.finish()));
        arrays.push(Arc::new(record.finish()));
        let rows = RecordBatch::try_new(heptagon_case::schema("matches"), arrays)?;
        Ok(self.writer.write(&rows)?)
    }

    pub(crate) fn finish(self) -> Result<Vec<TableFile>, IngestError> {
        Ok(self.writer.finish()?)
    }
}

/// `{"<rule id>": {...}, ...}` taken apart; the members are text as it was written.
fn by_rule(json: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(json).unwrap_or_default()
}
