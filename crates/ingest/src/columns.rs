//! Builders of run batches: the key columns, then text, then the rest.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Int32Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use heptagon_model::Timestamp;

use crate::IngestError;
use crate::key::key_fields;

/// Names a set of columns and gives each a position.
macro_rules! columns {
    ($name:ident { $($column:ident),+ $(,)? }) => {
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($column),+ }
        impl $name {
            pub(crate) const NAMES: &'static [&'static str] = &[$(stringify!($column)),+];
        }
    };
}
pub(crate) use columns;

/// The key of a row.
pub(crate) struct RowKey<'a> {
    pub(crate) event_time: Timestamp,
    pub(crate) account: &'a str,
    pub(crate) key_id: &'a str,
    /// Smaller is richer.
    pub(crate) rank: i32,
    pub(crate) artifact: &'a str,
    pub(crate) record: i64,
    pub(crate) part: i32,
}

/// Column builders of one run table.
pub(crate) struct RunColumns {
    schema: SchemaRef,
    event_time: TimestampMicrosecondBuilder,
    account: StringBuilder,
    key_id: StringBuilder,
    rank: Int32Builder,
    artifact: StringBuilder,
    record: Int64Builder,
    part: Int32Builder,
    text: Vec<StringBuilder>,
    integer: Vec<Int64Builder>,
    boolean: Vec<BooleanBuilder>,
    rows: usize,
    bytes: usize,
}

impl RunColumns {
    pub(crate) fn new(text: &[&str], integer: &[&str], boolean: &[&str]) -> RunColumns {
        let mut fields = key_fields();
        let mut add = |names: &[&str], kind: &DataType| {
            fields.extend(names.iter().map(|name| Field::new(*name, kind.clone(), true)));
        };
        add(text, &DataType::Utf8);
        add(integer, &DataType::Int64);
        add(boolean, &DataType::Boolean);
        RunColumns {
            schema: Arc::new(Schema::new(fields)),
            event_time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            account: StringBuilder::new(),
            key_id: StringBuilder::new(),
            rank: Int32Builder::new(),
            artifact: StringBuilder::new(),
            record: Int64Builder::new(),
            part: Int32Builder::new(),
            text: text.iter().map(|_| StringBuilder::new()).collect(),
            integer: integer.iter().map(|_| Int64Builder::new()).collect(),
            boolean: boolean.iter().map(|_| BooleanBuilder::new()).collect(),
            rows: 0,
            bytes: 0,
        }
    }

    /// The schema of the batches: the key, then text, integer and boolean columns.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Begins a row; every text, integer and boolean column must follow exactly once.
    pub(crate) fn key(&mut self, key: &RowKey<'_>) {
        self.event_time.append_value(key.event_time.0);
        self.account.append_value(key.account);
        self.key_id.append_value(key.key_id);
        self.rank.append_value(key.rank);
        self.artifact.append_value(key.artifact);
        self.record.append_value(key.record);
        self.part.append_value(key.part);
        self.rows += 1;
        self.bytes += 64 + key.account.len() + key.key_id.len() + key.artifact.len();
    }

    pub(crate) fn text(&mut self, column: usize, value: Option<&str>) {
        self.text[column].append_option(value);
        self.bytes += 4 + value.map_or(0, str::len);
    }

    pub(crate) fn integer(&mut self, column: usize, value: Option<i64>) {
        self.integer[column].append_option(value);
        self.bytes += 8;
    }

    pub(crate) fn boolean(&mut self, column: usize, value: Option<bool>) {
        self.boolean[column].append_option(value);
    }

    /// The rows so far as one batch; the builders are empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, IngestError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.event_time.finish()),
            Arc::new(self.account.finish()),
            Arc::new(self.key_id.finish()),
            Arc::new(self.rank.finish()),
            Arc::new(self.artifact.finish()),
            Arc::new(self.record.finish()),
            Arc::new(self.part.finish()),
        ];
        columns.extend(self.text.iter_mut().map(|b| Arc::new(b.finish()) as ArrayRef));
        columns.extend(self.integer.iter_mut().map(|b| Arc::new(b.finish()) as ArrayRef));
        columns.extend(self.boolean.iter_mut().map(|b| Arc::new(b.finish()) as ArrayRef));
        self.rows = 0;
        self.bytes = 0;
        Ok(RecordBatch::try_new(self.schema(), columns)?)
    }
}
