//! One day of invocation records: `invocations`, `messages`, and their rows of `events`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringBuilder};
use heptagon_case::{CaseDir, DayWriter, Tables, read_files};
use heptagon_model::Timestamp;

use crate::IngestError;
use crate::aggregate::{PresenceCounter, RowCounter};
use crate::day::cloudtrail::{Extra, integers, reference, refs_column};
use crate::day::existing::{Existing, of_day};
use crate::day::group::{FLUSH_ROWS, Group};
use crate::day::{DayContext, DayResult};
use crate::key::Keys;
use crate::matches::MatchRows;
use crate::merge::{Gather, Merge};
use crate::project::{constant, list, table, text, value};
use crate::rows::cloudtrail::{CALL_WINDOW_US, is_model_call};
use crate::run::RunTable;

/// A model call as CloudTrail recorded it.
struct Call {
    time: Timestamp,
    request_id: String,
    source_ip: Option<String>,
    user_agent: Option<String>,
    access_key: Option<String>,
    actor: Option<String>,
    actor_kind: Option<String>,
    reference: String,
}

type CallReader = Box<dyn Iterator<Item = Result<Call, IngestError>>>;

/// Calls within the window around the time that is being joined; both sides are sorted by time, so
/// what is held is bounded by the calls of half an hour.
struct Calls {
    reader: std::iter::Peekable<CallReader>,
    window: VecDeque<Arc<Call>>,
    by_id: HashMap<String, Arc<Call>>,
}

const CALL_COLUMNS: [&str; 12] = [
    "event_time",
    "event_source",
    "event_name",
    "request_id",
    "source_ip",
    "user_agent",
    "access_key",
    "actor",
    "actor_kind",
    "artifact",
    "record",
    "source",
];

impl Calls {
    /// The calls of the day and of the days beside it, from the tables as they will be.
    fn open(case: &CaseDir, tables: &Tables, day: i64) -> Result<Calls, IngestError> {
        let mut readers: Vec<CallReader> = Vec::new();
        for near in [day - 1, day, day + 1] {
            let files = of_day(tables, "events", near);
            let batches = read_files(case, "events", &files, Some(&CALL_COLUMNS))?;
            readers.push(Box::new(batches.flat_map(|batch| -> Vec<Result<Call, IngestError>> {
                match batch {
                    Ok(batch) => calls_of(&batch).into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error.into())],
                }
            })));
        }
        let reader: CallReader = Box::new(readers.into_iter().flatten());
        Ok(Calls { reader: reader.peekable(), window: VecDeque::new(), by_id: HashMap::new() })
    }

    /// The call of a request at about `time`; times must not go back.
    fn find(
        &mut self,
        request_id: &str,
        time: Timestamp,
    ) -> Result<Option<Arc<Call>>, IngestError> {
        let (oldest, newest) = (time.0 - CALL_WINDOW_US, time.0 + CALL_WINDOW_US);
        while let Some(call) = self.reader.next_if(|call| match call {
            Ok(call) => call.time.0 <= newest,
            Err(_) => true,
        }) {
            let call = Arc::new(call?);
            if call.time.0 >= oldest {
                self.by_id.entry(call.request_id.clone()).or_insert_with(|| Arc::clone(&call));
                self.window.push_back(call);
            }
        }
        while let Some(call) = self.window.pop_front_if(|call| call.time.0 < oldest) {
            if self.by_id.get(&call.request_id).is_some_and(|known| Arc::ptr_eq(known, &call)) {
                self.by_id.remove(&call.request_id);
            }
        }
        Ok(self.by_id.get(request_id).cloned())
    }
}

fn calls_of(batch: &RecordBatch) -> Vec<Call> {
    let keys: &arrow::array::TimestampMicrosecondArray =
        arrow::array::AsArray::as_primitive(batch.column(0));
    let column = |name| text(batch, name);
    let (event_sources, names, ids) =
        (column("event_source"), column("event_name"), column("request_id"));
    let source = column("source");
    let records = integers(batch, "record");
    let owned = |name, row| value(column(name), row).map(str::to_owned);
    (0..batch.num_rows())
        .filter(|&row| {
            value(source, row) == Some("cloudtrail")
                && is_model_call(
                    value(event_sources, row).unwrap_or(""),
                    value(names, row).unwrap_or(""),
                )
        })
        .filter_map(|row| {
            Some(Call {
                time: Timestamp(keys.value(row)),
                request_id: value(ids, row)?.to_owned(),
                source_ip: owned("source_ip", row),
                user_agent: owned("user_agent", row),
                access_key: owned("access_key", row),
                actor: owned("actor", row),
                actor_kind: owned("actor_kind", row),
                reference: format!("{}:{}", value(column("artifact"), row)?, records.value(row)),
            })
        })
        .collect()
}

/// What copies of an invocation agree in.
const CORE: [&str; 3] = ["operation", "model_id", "principal"];

/// Merges a day; `tables` lists CloudTrail as it will be, `existing` the case's invocation rows.
pub(crate) fn merge(
    context: &DayContext<'_>,
    tables: &Tables,
    day: i64,
    existing: Option<Existing>,
) -> Result<DayResult, IngestError> {
    let mut sources = context.sources(RunTable::Invocations, day)?;
    let mut result = DayResult::default();
    if let Some(existing) = existing {
        existing.rows_before(&mut result.rows);
        sources.push(existing.source);
    }
    let mut merge = Merge::new(sources)?;
    let mut writers = Writers::new(context, tables, day)?;
    let mut gather = Gather::default();
    let mut extras: Vec<Extra> = Vec::new();
    let mut group = Group::new(&CORE);
    while let Some((keyed, row)) = merge.next()? {
        if !group.is_of(&keyed, row) || gather.len() >= FLUSH_ROWS {
            if gather.is_full() {
                writers.write(&gather.take()?, &extras)?;
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
        writers.write(&gather.take()?, &extras)?;
    }
    let copies = std::mem::take(&mut writers.copies);
    writers.finish(&mut result)?;
    result.files.push(("messages", messages(context, tables, day, &copies)?));
    Ok(result)
}

/// The messages of canonical records, from the runs and from the case.
fn messages(
    context: &DayContext<'_>,
    tables: &Tables,
    day: i64,
    copies: &BTreeSet<(String, i64)>,
) -> Result<Vec<heptagon_case::TableFile>, IngestError> {
    let mut sources = context.sources(RunTable::Messages, day)?;
    let schema = crate::rows::message::builders().schema();
    sources.extend(crate::day::existing::messages(
        context.case,
        tables,
        day,
        schema,
        context.superseded,
    )?);
    let mut merge = Merge::new(sources)?;
    let mut writer = context.case.writer("messages")?;
    let mut gather = Gather::default();
    let mut last: Option<(String, i64, i32)> = None;
    loop {
        let next = merge.next()?;
        let ended = next.is_none();
        if let Some((keyed, row)) = next {
            let record = (keyed.keys.artifact(row).to_owned(), keyed.keys.record(row));
            let part = (record.0.clone(), record.1, keyed.keys.part(row));
            // A record that is in the case already may have been read again after a kill.
            if !copies.contains(&record) && last.as_ref() != Some(&part) {
                gather.push(&keyed, row);
                last = Some(part);
            }
        }
        if !gather.is_empty() && (ended || gather.len() >= 512) {
            let batch = gather.take()?;
            let kind = Arc::clone(batch.column_by_name("kind").expect("a run column"));
            writer.write(&table(&batch, "messages", &[("part", kind)])?)?;
        }
        if ended {
            return Ok(writer.finish()?);
        }
    }
}

struct Writers {
    calls: Calls,
    invocations: DayWriter,
    events: DayWriter,
    matches: MatchRows,
    presence: PresenceCounter,
    rows: RowCounter,
    /// Records that are copies of others.
    copies: BTreeSet<(String, i64)>,
}

impl Writers {
    fn new(context: &DayContext<'_>, tables: &Tables, day: i64) -> Result<Writers, IngestError> {
        Ok(Writers {
            calls: Calls::open(context.case, tables, day)?,
            invocations: context.case.writer("invocations")?,
            events: context.case.writer("events")?,
            matches: MatchRows::new(context.case)?,
            presence: PresenceCounter::default(),
            rows: RowCounter::default(),
            copies: BTreeSet::new(),
        })
    }

    fn write(&mut self, batch: &RecordBatch, extras: &[Extra]) -> Result<(), IngestError> {
        let keys = Keys::of(batch);
        let rows = batch.num_rows();
        let joined = self.join(batch, &keys)?;
        let (accounts, regions) = (text(batch, "account"), text(batch, "region"));
        let complete = arrow::array::AsArray::as_boolean(
            batch.column_by_name("complete_source").expect("a run column").as_ref(),
        );
        for (row, extra) in extras.iter().enumerate() {
            for copy in extra.refs(&reference(&keys, row)) {
                if let Some((artifact, record)) = copy.rsplit_once(':')
                    && let Ok(record) = record.parse()
                {
                    self.copies.insert((artifact.to_owned(), record));
                }
            }
            self.rows.add(keys.artifact(row));
            self.presence.add(
                "invocation",
                accounts.value(row),
                regions.value(row),
                keys.time(row),
                complete.is_valid(row) && complete.value(row),
            );
        }
        let lists = |name: &str| -> ArrayRef { Arc::new(list(text(batch, name))) };
        let refs: ArrayRef = Arc::new(list(&refs_column(&keys, extras)));
        let mut given = vec![
            ("guardrail_reasons", lists("guardrail_reasons")),
            ("tool_calls", lists("tool_calls")),
            ("secrets", lists("secrets")),
            ("rules", lists("rules")),
            ("other_refs", refs),
        ];
        given.extend(joined.iter().map(|(name, array)| (*name, Arc::clone(array))));
        self.invocations.write(&table(batch, "invocations", &given)?)?;

        let column = |name: &str| Arc::clone(batch.column_by_name(name).expect("a run column"));
        let operations = text(batch, "operation");
        let errors = text(batch, "error_code");
        let mut actions = StringBuilder::new();
        let mut outcomes = StringBuilder::new();
        for row in 0..rows {
            actions
                .append_value(format!("bedrock:{}", value(operations, row).unwrap_or("Unknown")));
            outcomes.append_value(value(errors, row).unwrap_or("success"));
        }
        given.extend([
            ("source", constant("bedrock-invocation", rows)),
            ("action", Arc::new(actions.finish()) as ArrayRef),
            ("event_source", constant("bedrock.amazonaws.com", rows)),
            ("event_name", column("operation")),
            ("category", constant("invocation", rows)),
            ("resource", column("model_id")),
            ("outcome", Arc::new(outcomes.finish()) as ArrayRef),
            ("event_id", column("key_id")),
        ]);
        self.events.write(&table(batch, "events", &given)?)?;
        let as_matches = matched(batch, &given)?;
        self.matches.add_batch(&as_matches, &keys, extras)
    }

    /// Columns that CloudTrail's record of the same request adds.
    fn join(
        &mut self,
        batch: &RecordBatch,
        keys: &Keys,
    ) -> Result<Vec<(&'static str, ArrayRef)>, IngestError> {
        const NAMES: [&str; 6] =
            ["source_ip", "user_agent", "access_key", "actor", "actor_kind", "cloudtrail_ref"];
        let ids = text(batch, "request_id");
        let principals = text(batch, "principal");
        let mut builders: Vec<StringBuilder> = NAMES.iter().map(|_| StringBuilder::new()).collect();
        for row in 0..batch.num_rows() {
            let call = match value(ids, row) {
                Some(id) => self.calls.find(id, keys.time(row))?,
                None => None,
            };
            let call = call.as_deref();
            let values = [
                call.and_then(|c| c.source_ip.as_deref()),
                call.and_then(|c| c.user_agent.as_deref()),
                call.and_then(|c| c.access_key.as_deref()),
                call.and_then(|c| c.actor.as_deref()).or_else(|| value(principals, row)),
                call.and_then(|c| c.actor_kind.as_deref()),
                call.map(|c| c.reference.as_str()),
            ];
            for (builder, value) in builders.iter_mut().zip(values) {
                builder.append_option(value);
            }
        }
        Ok(NAMES
            .into_iter()
            .zip(builders)
            .map(|(name, mut builder)| (name, Arc::new(builder.finish()) as ArrayRef))
            .collect())
    }

    fn finish(self, result: &mut DayResult) -> Result<(), IngestError> {
        result.files.push(("invocations", self.invocations.finish()?));
        result.files.push(("events", self.events.finish()?));
        result.files.push(("matches", self.matches.finish()?));
        result.presence = self.presence.finish("bedrock-invocation");
        result.rows.after = self.rows.finish();
        Ok(())
    }
}

/// The columns the `matches` table takes, under the names it takes them by.
fn matched(batch: &RecordBatch, given: &[(&str, ArrayRef)]) -> Result<RecordBatch, IngestError> {
    let mut fields: Vec<(String, ArrayRef)> = Vec::new();
    for name in ["account", "region", "principal", "rules", "correlation"] {
        fields
            .push((name.to_owned(), Arc::clone(batch.column_by_name(name).expect("a run column"))));
    }
    for (from, to) in [
        ("actor", "actor"),
        ("source_ip", "source_ip_address"),
        ("resource", "resource"),
        ("event_name", "event_name"),
    ] {
        let (_, array) = given.iter().find(|(name, _)| *name == from).expect("given above");
        fields.push((to.to_owned(), Arc::clone(array)));
    }
    Ok(RecordBatch::try_from_iter_with_nullable(
        fields.into_iter().map(|(name, array)| (name, array, true)),
    )?)
}
