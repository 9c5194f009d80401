//! The order of rows in runs and tables, and what makes two rows copies of one event.
//!
//! Order: event time, account, key id, rank (richest copy first), artifact, record, part. Copies
//! agree in time, account and key id; the first of them is the canonical one.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::TimestampMicrosecondArray;
use arrow::array::{AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use heptagon_model::Timestamp;

/// The key's fields: every run schema starts with them.
pub(crate) fn key_fields() -> Vec<Field> {
    vec![
        Field::new(
            "event_time",
            DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            false,
        ),
        Field::new("account", DataType::Utf8, false),
        Field::new("key_id", DataType::Utf8, false),
        Field::new("rank", DataType::Int32, false),
        Field::new("artifact", DataType::Utf8, false),
        Field::new("record", DataType::Int64, false),
        Field::new("part", DataType::Int32, false),
    ]
}

/// The rank of a copy: with its bodies, from a source that is complete for its time, and the longest
/// record come first.
pub(crate) fn rank(length: u64, complete_source: bool, bodies: i32) -> i32 {
    let length = i32::try_from(length.min(1 << 26)).expect("bounded by the line above");
    -(length + (i32::from(complete_source) << 27) + (bodies << 28))
}

/// The key columns of a batch.
#[derive(Clone)]
pub(crate) struct Keys {
    time: TimestampMicrosecondArray,
    account: StringArray,
    key_id: StringArray,
    rank: Int32Array,
    artifact: StringArray,
    record: Int64Array,
    part: Int32Array,
}

impl Keys {
    pub(crate) fn of(batch: &RecordBatch) -> Keys {
        Keys {
            time: batch.column(0).as_primitive::<TimestampMicrosecondType>().clone(),
            account: batch.column(1).as_string::<i32>().clone(),
            key_id: batch.column(2).as_string::<i32>().clone(),
            rank: batch.column(3).as_primitive::<Int32Type>().clone(),
            artifact: batch.column(4).as_string::<i32>().clone(),
            record: batch.column(5).as_primitive::<Int64Type>().clone(),
            part: batch.column(6).as_primitive::<Int32Type>().clone(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.time.len()
    }

    pub(crate) fn time(&self, row: usize) -> Timestamp {
        Timestamp(self.time.value(row))
    }

    pub(crate) fn day(&self, row: usize) -> i64 {
        self.time(row).day()
    }

    pub(crate) fn artifact(&self, row: usize) -> &str {
        self.artifact.value(row)
    }

    pub(crate) fn part(&self, row: usize) -> i32 {
        self.part.value(row)
    }

    pub(crate) fn record(&self, row: usize) -> i64 {
        self.record.value(row)
    }

    /// Whether two rows are copies of one event.
    pub(crate) fn same_event(&self, row: usize, other: &Keys, other_row: usize) -> bool {
        self.time.value(row) == other.time.value(other_row)
            && self.key_id.value(row) == other.key_id.value(other_row)
            && self.account.value(row) == other.account.value(other_row)
    }

    /// The total order.
    pub(crate) fn compare(&self, row: usize, other: &Keys, other_row: usize) -> Ordering {
        self.time
            .value(row)
            .cmp(&other.time.value(other_row))
            .then_with(|| self.account.value(row).cmp(other.account.value(other_row)))
            .then_with(|| self.key_id.value(row).cmp(other.key_id.value(other_row)))
            .then_with(|| self.rank.value(row).cmp(&other.rank.value(other_row)))
            .then_with(|| self.artifact.value(row).cmp(other.artifact.value(other_row)))
            .then_with(|| self.record.value(row).cmp(&other.record.value(other_row)))
            .then_with(|| self.part.value(row).cmp(&other.part.value(other_row)))
    }
}
