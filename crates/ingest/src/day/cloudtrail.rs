//! One day of CloudTrail: `cloudtrail`, `events`, `observations`, `matches`, and the model calls
//! that the invocation log describes.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, StringArray, StringBuilder, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::Int64Type;
use heptagon_case::{DayWriter, TableFile};

use crate::IngestError;
use crate::aggregate::{ActivityCounter, PresenceCounter, RowCounter, Seen};
use crate::day::existing::Existing;
use crate::day::group::{FLUSH_ROWS, Group};
use crate::day::{Candidate, DayContext, DayResult};
use crate::key::Keys;
use crate::matches::MatchRows;
use crate::merge::{Gather, Keyed, Merge};
use crate::project::{constant, list, table, text, value};
use crate::rows::invocation::LIST_SEPARATOR;
use crate::run::RunTable;

/// What copies of an event agree in.
const CORE: [&str; 5] =
    ["event_source", "event_name", "user_identity_arn", "source_ip_address", "error_code"];

/// Merges a day; `existing` are the rows the case has of it.
pub(crate) fn merge(
    context: &DayContext<'_>,
    day: i64,
    existing: Option<Existing>,
) -> Result<DayResult, IngestError> {
    let mut sources = context.sources(RunTable::CloudTrail, day)?;
    let mut result = DayResult::default();
    if let Some(existing) = existing {
        existing.rows_before(&mut result.rows);
        sources.push(existing.source);
    }
    let mut merge = Merge::new(sources)?;
    let mut writers = Writers::new(context)?;
    let mut gather = Gather::default();
    let mut extras: Vec<Extra> = Vec::new();
    let mut group = Group::new(&CORE);
    while let Some((keyed, row)) = merge.next()? {
        if !group.is_of(&keyed, row) || gather.len() >= FLUSH_ROWS {
            if gather.is_full() {
                writers.write(context, &gather.take()?, &extras)?;
                extras.clear();
            }
            group.clear();
        }
        match group.copy_of(&keyed, row) {
            Some((first, at, extra)) => extras[extra].copy(first, at, &keyed, row),
            None => {
                gather.push(&keyed, row);
                extras.push(Extra::of(&keyed, row));
                group.add(keyed, row, extras.len() - 1);
                if let Some((first, last)) = group.conflict() {
                    extras[first].conflict = true;
                    extras[last].conflict = true;
                }
            }
        }
    }
    if !gather.is_empty() {
        writers.write(context, &gather.take()?, &extras)?;
    }
    writers.finish(&mut result)?;
    Ok(result)
}

/// What copies add to a canonical row.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) other_refs: Vec<String>,
    pub(crate) conflict: bool,
}

impl Extra {
    pub(crate) fn of(keyed: &Keyed, row: usize) -> Extra {
        let mut extra = Extra::default();
        extra.take_refs(keyed, row);
        extra
    }

    /// References a row has from an earlier merge.
    pub(crate) fn take_refs(&mut self, keyed: &Keyed, row: usize) {
        if let Some(refs) = keyed.other_refs.as_ref().and_then(|refs| value(refs, row)) {
            self.other_refs.extend(refs.split(LIST_SEPARATOR).map(str::to_owned));
        }
    }

    /// Another copy of the event.
    pub(crate) fn copy(&mut self, first: &Keyed, at: usize, keyed: &Keyed, row: usize) {
        self.take_refs(keyed, row);
        let same_record = first.keys.artifact(at) == keyed.keys.artifact(row)
            && first.keys.record(at) == keyed.keys.record(row);
        if same_record {
            return;
        }
        self.other_refs.push(reference(&keyed.keys, row));
    }

    /// The references of all copies, sorted, each once, without the canonical record.
    pub(crate) fn refs(&self, canonical: &str) -> Vec<String> {
        let mut refs = self.other_refs.clone();
        refs.retain(|reference| reference != canonical);
        refs.sort();
        refs.dedup();
        refs
    }
}

/// `artifact:record` of a row.
pub(crate) fn reference(keys: &Keys, row: usize) -> String {
    format!("{}:{}", keys.artifact(row), keys.record(row))
}

/// References of copies as a column of joined text.
pub(crate) fn refs_column(keys: &Keys, extras: &[Extra]) -> StringArray {
    let mut refs = StringBuilder::new();
    for (row, extra) in extras.iter().enumerate() {
        if extra.other_refs.is_empty() {
            refs.append_null();
        } else {
            let joined = extra.refs(&reference(keys, row)).join(&LIST_SEPARATOR.to_string());
            refs.append_option((!joined.is_empty()).then_some(joined));
        }
    }
    refs.finish()
}

struct Writers {
    cloudtrail: DayWriter,
    events: DayWriter,
    observations: DayWriter,
    matches: MatchRows,
    presence: PresenceCounter,
    activity: ActivityCounter,
    rows: RowCounter,
}

impl Writers {
    fn new(context: &DayContext<'_>) -> Result<Writers, IngestError> {
        Ok(Writers {
            cloudtrail: context.case.writer("cloudtrail")?,
            events: context.case.writer("events")?,
            observations: context.case.writer("observations")?,
            matches: MatchRows::new(context.case)?,
            presence: PresenceCounter::default(),
            activity: ActivityCounter::default(),
            rows: RowCounter::default(),
        })
    }

    fn write(
        &mut self,
        context: &DayContext<'_>,
        batch: &RecordBatch,
        extras: &[Extra],
    ) -> Result<(), IngestError> {
        let keys = Keys::of(batch);
        self.cloudtrail.write(&table(batch, "cloudtrail", &[])?)?;
        let rules: ArrayRef = Arc::new(list(text(batch, "rules")));
        let source = constant("cloudtrail", batch.num_rows());
        let refs: ArrayRef = Arc::new(list(&refs_column(&keys, extras)));
        let column = |name: &str| Arc::clone(batch.column_by_name(name).expect("a run column"));
        let event_columns = [
            ("source", source),
            ("rules", rules),
            ("other_refs", refs),
            ("access_key", column("user_identity_access_key_id")),
            ("source_ip", column("source_ip_address")),
            ("event_id", column("key_id")),
        ];
        self.events.write(&table(batch, "events", &event_columns)?)?;
        self.observe(context, batch, &event_columns)?;
        self.count(batch, &keys);
        self.matches.add_batch(batch, &keys, extras)
    }

    fn observe(
        &mut self,
        context: &DayContext<'_>,
        batch: &RecordBatch,
        event_columns: &[(&str, ArrayRef)],
    ) -> Result<(), IngestError> {
        let (sources, names) = (text(batch, "event_source"), text(batch, "event_name"));
        let rules = text(batch, "rules");
        let kinds = text(batch, "actor_kind");
        let invoked_by = text(batch, "user_identity_invoked_by");
        let errors = text(batch, "error_code");
        let selected = |row: usize| {
            context.select.selects(&Candidate {
                event_source: sources.value(row),
                event_name: names.value(row),
                by_service: invoked_by.is_valid(row) || kinds.value(row) == "aws-service",
                failed: errors.is_valid(row),
            })
        };
        let chosen: UInt32Array = (0..batch.num_rows())
            .filter(|&row| rules.is_valid(row) || selected(row))
            .map(|row| u32::try_from(row).expect("a batch holds fewer rows than 2^32"))
            .collect::<Vec<_>>()
            .into();
        if chosen.is_empty() {
            return Ok(());
        }
        let rows = table(batch, "observations", event_columns)?;
        let columns = rows
            .columns()
            .iter()
            .map(|column| take(column, &chosen, None))
            .collect::<Result<Vec<_>, _>>()?;
        self.observations.write(&RecordBatch::try_new(rows.schema(), columns)?)?;
        Ok(())
    }

    fn count(&mut self, batch: &RecordBatch, keys: &Keys) {
        let column = |name| text(batch, name);
        let (accounts, regions, categories) =
            (column("account"), column("region"), column("category"));
        let (actors, kinds, principals) =
            (column("actor"), column("actor_kind"), column("principal"));
        let (access_keys, ips, agents) = (
            column("user_identity_access_key_id"),
            column("source_ip_address"),
            column("user_agent"),
        );
        let errors = column("error_code");
        let complete = batch.column_by_name("complete_source").expect("a run column").as_boolean();
        for row in 0..batch.num_rows() {
            let time = keys.time(row);
            let category = categories.value(row);
            let complete = complete.is_valid(row) && complete.value(row);
            self.presence.add(category, accounts.value(row), regions.value(row), time, complete);
            let error = value(errors, row);
            self.activity.add(&Seen {
                actor: actors.value(row),
                kind: kinds.value(row),
                account: accounts.value(row),
                principal: principals.value(row),
                access_key: value(access_keys, row),
                source_ip: value(ips, row),
                user_agent: value(agents, row),
                region: regions.value(row),
                time,
                write: category == "management-write" && error.is_none(),
                denied: error.is_some_and(is_denied),
            });
            self.rows.add(keys.artifact(row));
        }
    }

    fn finish(self, result: &mut DayResult) -> Result<(), IngestError> {
        let files: [(&'static str, Vec<TableFile>); 4] = [
            ("cloudtrail", self.cloudtrail.finish()?),
            ("events", self.events.finish()?),
            ("observations", self.observations.finish()?),
            ("matches", self.matches.finish()?),
        ];
        result.files.extend(files);
        result.presence = self.presence.finish("cloudtrail");
        result.activity = self.activity.finish();
        result.rows.after = self.rows.finish();
        Ok(())
    }
}

/// Error codes that say the caller may not.
pub(crate) fn is_denied(code: &str) -> bool {
    code.contains("AccessDenied") || code.contains("Unauthorized") || code.contains("Forbidden")
}

/// Counts the rows per artifact of a batch.
pub(crate) fn count_rows(rows: &mut RowCounter, batch: &RecordBatch) {
    let artifacts = text(batch, "artifact");
    for row in 0..batch.num_rows() {
        rows.add(artifacts.value(row));
    }
}

/// An integer column by name.
pub(crate) fn integers<'a>(batch: &'a RecordBatch, name: &str) -> &'a arrow::array::Int64Array {
    batch.column_by_name(name).expect("a run column").as_primitive::<Int64Type>()
}
