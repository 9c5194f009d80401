//! The rows a case has of a day, as one more sorted source of its merge.
//!
//! `cloudtrail` and the CloudTrail files of `events` hold the same rows in the same order, so they
//! are read side by side; the same holds for `invocations` and its files of `events`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::SchemaRef;
use heptagon_case::{CaseDir, TableFile, Tables, read_files};

use crate::IngestError;
use crate::day::RowCounts;
use crate::day::Superseded;
use crate::aggregate::RowCounter;
use crate::day::cloudtrail::{count_rows, integers};
use crate::key::rank;
use crate::merge::Source;
use crate::project::{joined, text, value};

/// Existing rows of one day.
pub(crate) struct Existing {
    pub(crate) source: Source,
    rows: BTreeMap<String, u64>,
}

impl Existing {
    /// The existing rows are counted: the merge counts them again.
    pub(crate) fn rows_before(&self, rows: &mut RowCounts) {
        for (artifact, n_rows) in &self.rows {
            *rows.before.entry(artifact.clone()).or_default() += n_rows;
        }
    }
}

/// The rows of `main` (`cloudtrail` or `invocations`) on a day, in the shape of `schema`.
pub(crate) fn rows(
    case: &CaseDir,
    tables: &Tables,
    main: &'static str,
    source_slug: &str,
    day: i64,
    schema: SchemaRef,
    superseded: &Superseded,
) -> Result<Option<Existing>, IngestError> {
    let files: Vec<TableFile> = of_day(tables, main, day);
    if files.is_empty() {
        return Ok(None);
    }
    let mut event_files = Vec::new();
    for file in of_day(tables, "events", day) {
        let mut reader =
            read_files(case, "events", std::slice::from_ref(&file), Some(&["source"]))?;
        let first = reader.next().transpose()?;
        if first.is_some_and(|batch| batch.column(0).as_string::<i32>().value(0) == source_slug) {
            event_files.push(file);
        }
    }
    let correlations = correlations(case, tables, day)?;
    let mut counted = RowCounter::default();
    for batch in read_files(case, main, &files, Some(&["artifact"]))? {
        count_rows(&mut counted, &batch?);
    }
    let superseded = superseded.clone();
    // Both tables are cut into files and batches at the same rows.
    let main_rows = read_files(case, main, &files, None)?;
    let event_rows = read_files(case, "events", &event_files, None)?;
    let batches = main_rows.zip(event_rows).map(move |(main_batch, event_batch)| {
        let batch = rebuild(&schema, &main_batch?, &event_batch?, &correlations)?;
        without(batch, &superseded)
    });
    Ok(Some(Existing { source: Box::new(batches), rows: counted.finish() }))
}

pub(crate) fn of_day(tables: &Tables, table: &str, day: i64) -> Vec<TableFile> {
    tables.files(table).iter().filter(|file| file.day() == Some(day)).cloned().collect()
}

/// The correlation fields of matched rows: by (artifact, record), as `{"<rule id>": …}`.
fn correlations(
    case: &CaseDir,
    tables: &Tables,
    day: i64,
) -> Result<BTreeMap<(String, i64), String>, IngestError> {
    let mut all: BTreeMap<(String, i64), serde_json::Map<String, serde_json::Value>> =
        BTreeMap::new();
    for batch in read_files(case, "matches", &of_day(tables, "matches", day), None)? {
        let batch = batch?;
        let (rules, fields) = (text(&batch, "rule_id"), text(&batch, "correlation"));
        let (artifacts, records) = (text(&batch, "artifact"), integers(&batch, "record"));
        for row in 0..batch.num_rows() {
            let Some(json) = value(fields, row) else { continue };
            let Ok(json) = serde_json::from_str(json) else { continue };
            all.entry((artifacts.value(row).to_owned(), records.value(row)))
                .or_default()
                .insert(rules.value(row).to_owned(), json);
        }
    }
    Ok(all
        .into_iter()
        .map(|(key, map)| (key, serde_json::Value::Object(map).to_string()))
        .collect())
}

/// The batch without rows of records that are read again.
fn without(batch: RecordBatch, superseded: &Superseded) -> Result<RecordBatch, IngestError> {
    if superseded.is_empty() {
        return Ok(batch);
    }
    let (artifacts, records) = (text(&batch, "artifact"), integers(&batch, "record"));
    let keep: BooleanArray = (0..batch.num_rows())
        .map(|row| {
            Some(!superseded.contains(&(artifacts.value(row).to_owned(), records.value(row))))
        })
        .collect();
    Ok(filter_record_batch(&batch, &keep)?)
}

/// Columns of a run that have other names in the tables.
fn source_name(run_column: &str) -> &str {
    match run_column {
        "key_id" => "event_id",
        "kind" => "part",
        other => other,
    }
}

fn rebuild(
    schema: &SchemaRef,
    main: &RecordBatch,
    events: &RecordBatch,
    correlations: &BTreeMap<(String, i64), String>,
) -> Result<RecordBatch, IngestError> {
    let n_rows = main.num_rows();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let name = field.name().as_str();
        let column: ArrayRef = match name {
            "rank" => ranks(main, events),
            "part" => Arc::new(Int32Array::from(vec![0; n_rows])),
            "correlation" => {
                let (artifacts, records) = (text(main, "artifact"), integers(main, "record"));
                Arc::new(
                    (0..n_rows)
                        .map(|row| {
                            let key = (artifacts.value(row).to_owned(), records.value(row));
                            correlations.get(&key).cloned()
                        })
                        .collect::<StringArray>(),
                )
            }
            // What `events` computed wins over columns of the same name in the main table.
            "account" | "region" | "key_id" | "rules" | "other_refs" | "complete_source" => {
                Arc::clone(events.column_by_name(source_name(name)).expect("a column of events"))
            }
            _ => main
                .column_by_name(name)
                .or_else(|| events.column_by_name(name))
                .map_or_else(|| new_null_array(field.data_type(), n_rows), Arc::clone),
        };
        columns.push(if let Some(list) = column.as_list_opt::<i32>() {
            Arc::new(joined(list))
        } else if column.data_type() == field.data_type() {
            column
        } else {
            cast(&column, field.data_type())?
        });
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// The rank a row had when it was read.
fn ranks(main: &RecordBatch, events: &RecordBatch) -> ArrayRef {
    let lengths = integers(main, "length");
    let complete = events.column_by_name("complete_source").map(AsArray::as_boolean);
    let states = main
        .column_by_name("input_body_state")
        .map(|_| [text(main, "input_body_state"), text(main, "output_body_state")]);
    Arc::new(
        (0..main.num_rows())
            .map(|row| {
                let bodies = states.map_or(0, |columns| {
                    let resolved = |column: &&StringArray| value(column, row) == Some("resolved");
                    columns.iter().filter(|column| resolved(column)).count()
                });
                let complete = complete.is_some_and(|c| c.is_valid(row) && c.value(row));
                rank(
                    lengths.value(row).cast_unsigned(),
                    complete,
                    i32::try_from(bodies).expect("two bodies at most"),
                )
            })
            .collect::<Int32Array>(),
    )
}

/// The messages a case has of a day, in the shape of `schema`.
pub(crate) fn messages(
    case: &CaseDir,
    tables: &Tables,
    day: i64,
    schema: SchemaRef,
    superseded: &Superseded,
) -> Result<Option<Source>, IngestError> {
    let files = of_day(tables, "messages", day);
    if files.is_empty() {
        return Ok(None);
    }
    let superseded = superseded.clone();
    let batches = read_files(case, "messages", &files, None)?.map(move |batch| {
        let batch = batch?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let column: ArrayRef = match field.name().as_str() {
                "rank" => Arc::new(Int32Array::from(vec![0; batch.num_rows()])),
                "key_id" => Arc::clone(batch.column_by_name("request_id").expect("a column")),
                "part" => Arc::clone(batch.column_by_name("idx").expect("a column")),
                "kind" => Arc::clone(batch.column_by_name("part").expect("a column")),
                name => Arc::clone(batch.column_by_name(name).expect("run and table agree")),
            };
            columns.push(if column.data_type() == field.data_type() {
                column
            } else {
                cast(&column, field.data_type())?
            });
        }
        without(RecordBatch::try_new(Arc::clone(&schema), columns)?, &superseded)
    });
    Ok(Some(Box::new(batches)))
}
