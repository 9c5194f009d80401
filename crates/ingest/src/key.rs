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

use crate::columns::{RowKey, RunColumns};

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

    /// The key of a row.
    pub(crate) fn row_key(&self, row: usize) -> RowKey<'_> {
        RowKey {
            event_time: self.time(row),
            account: self.account.value(row),
            key_id: self.key_id.value(row),
            rank: self.rank.value(row),
            artifact: self.artifact(row),
            record: self.record(row),
            part: self.part(row),
        }
    }

    /// The total order.
    pub(crate) fn compare(&self, row: usize, other: &Keys, other_row: usize) -> Ordering {
        self.row_key(row).cmp(&other.row_key(other_row))
    }
}

/// All rows of a buffer in the total order.
pub(crate) fn sorted(columns: &RunColumns) -> Vec<u32> {
    let rows = u32::try_from(columns.len()).expect("a buffer holds fewer rows than 2^32");
    let mut order: Vec<(Start, u32)> =
        (0..rows).map(|row| (start(&columns.row_key(row as usize)), row)).collect();
    order.sort_unstable_by(|(a, row), (b, other)| {
        let whole = |row: u32| columns.row_key(row as usize);
        a.cmp(b).then_with(|| whole(*row).cmp(&whole(*other)))
    });
    order.into_iter().map(|(_, row)| row).collect()
}

/// Time, the first bytes of the account and how many they are, the first bytes of the key id.
type Start = (i64, u128, usize, u64);

/// The start of a row's key: rows whose starts differ are in the order of their starts.
fn start(key: &RowKey<'_>) -> Start {
    let account = key.account.as_bytes();
    // What lies behind an account that is cut must not decide.
    let key_id = if account.len() <= 16 { key.key_id.as_bytes() } else { &[] };
    (
        key.event_time.0,
        u128::from_be_bytes(padded(account)),
        account.len().min(17),
        u64::from_be_bytes(padded(key_id)),
    )
}

/// The first bytes of a text, and zeros behind a shorter one.
fn padded<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let n = text.len().min(N);
    bytes[..n].copy_from_slice(&text[..n]);
    bytes
}

#[cfg(test)]
mod tests {
    use heptagon_model::Timestamp;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_sorted_by_their_whole_key(
            rows in prop::collection::vec(
                (0..3_i64, "[0-1\\x00]{0,3}|0{14,18}[01]?", "[ab\\x00]{0,10}", 0..3_i64), 0..40,
            )
        ) {
            let mut columns = RunColumns::new(&[], &[], &[]);
            for (time, account, key_id, record) in &rows {
                columns.key(&RowKey {
                    event_time: Timestamp(*time),
                    account,
                    key_id,
                    rank: 0,
                    artifact: "a",
                    record: *record,
                    part: 0,
                });
            }
            let order = sorted(&columns);
            prop_assert_eq!(order.len(), rows.len());
            let keys = Keys::of(&columns.gather(&order).unwrap());
            for row in 1..rows.len() {
                prop_assert_ne!(keys.compare(row - 1, &keys, row), Ordering::Greater);
            }
        }
    }
}
