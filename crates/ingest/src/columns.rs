//! Rows of runs before they are written: the key, then text, then the rest.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringBuilder,
    TimestampMicrosecondArray,
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

/// The key of a row; the order of the fields is the order of rows.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Where a text stands in the buffer of all texts; `NONE` is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    length: u32,
}

const NONE: Span = Span { start: 0, length: u32::MAX };

/// Rows of one run table, held until they are written.
///
/// Texts stand in one buffer, row by row: to add a row touches one place of memory, and what was
/// grown once is used again after a flush.
pub(crate) struct RunColumns {
    schema: SchemaRef,
    event_time: Vec<i64>,
    rank: Vec<i32>,
    record: Vec<i64>,
    part: Vec<i32>,
    /// Per row: account, key id, artifact, then the text columns.
    spans: Vec<Span>,
    texts: String,
    integers: Vec<Option<i64>>,
    booleans: Vec<Option<bool>>,
    n_texts: usize,
    n_integers: usize,
    n_booleans: usize,
}

/// Texts of the key that stand before the text columns.
const KEY_TEXTS: usize = 3;

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
            event_time: Vec::new(),
            rank: Vec::new(),
            record: Vec::new(),
            part: Vec::new(),
            spans: Vec::new(),
            texts: String::new(),
            integers: Vec::new(),
            booleans: Vec::new(),
            n_texts: KEY_TEXTS + text.len(),
            n_integers: integer.len(),
            n_booleans: boolean.len(),
        }
    }

    /// The schema of the batches: the key, then text, integer and boolean columns.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Rows held.
    pub(crate) fn len(&self) -> usize {
        self.event_time.len()
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.texts.len()
            + self.spans.len() * size_of::<Span>()
            + self.integers.len() * size_of::<Option<i64>>()
            + self.len() * 24
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.event_time.is_empty()
    }

    /// Begins a row, whose columns are null until they are given.
    pub(crate) fn key(&mut self, key: &RowKey<'_>) {
        self.event_time.push(key.event_time.0);
        self.rank.push(key.rank);
        self.record.push(key.record);
        self.part.push(key.part);
        self.spans.resize(self.spans.len() + self.n_texts, NONE);
        self.integers.resize(self.integers.len() + self.n_integers, None);
        self.booleans.resize(self.booleans.len() + self.n_booleans, None);
        for (at, text) in [key.account, key.key_id, key.artifact].into_iter().enumerate() {
            self.put(at, text);
        }
    }

    fn put(&mut self, at: usize, text: &str) {
        let cannot = "a buffer holds less than 4 GiB";
        let span = Span {
            start: u32::try_from(self.texts.len()).expect(cannot),
            length: u32::try_from(text.len()).expect(cannot),
        };
        self.texts.push_str(text);
        let row = self.spans.len() - self.n_texts;
        self.spans[row + at] = span;
    }

    pub(crate) fn text(&mut self, column: usize, value: Option<&str>) {
        if let Some(text) = value {
            self.put(KEY_TEXTS + column, text);
        }
    }

    pub(crate) fn integer(&mut self, column: usize, value: Option<i64>) {
        let row = self.integers.len() - self.n_integers;
        self.integers[row + column] = value;
    }

    pub(crate) fn boolean(&mut self, column: usize, value: Option<bool>) {
        let row = self.booleans.len() - self.n_booleans;
        self.booleans[row + column] = value;
    }

    pub(crate) fn event_time(&self, row: usize) -> Timestamp {
        Timestamp(self.event_time[row])
    }

    /// The key of a row.
    pub(crate) fn row_key(&self, row: usize) -> RowKey<'_> {
        RowKey {
            event_time: self.event_time(row),
            account: self.key_text(row, 0),
            key_id: self.key_text(row, 1),
            rank: self.rank[row],
            artifact: self.key_text(row, 2),
            record: self.record[row],
            part: self.part[row],
        }
    }

    fn key_text(&self, row: usize, at: usize) -> &str {
        self.at(self.spans[row * self.n_texts + at]).unwrap_or_default()
    }

    fn at(&self, span: Span) -> Option<&str> {
        let start = span.start as usize;
        (span != NONE).then(|| &self.texts[start..start + span.length as usize])
    }

    /// Some rows as a batch, in the order given.
    pub(crate) fn gather(&self, rows: &[u32]) -> Result<RecordBatch, IngestError> {
        let numbers =
            |of: &[i64]| Int64Array::from_iter_values(rows.iter().map(|r| of[*r as usize]));
        let small = |of: &[i32]| Int32Array::from_iter_values(rows.iter().map(|r| of[*r as usize]));
        let times = rows.iter().map(|row| self.event_time[*row as usize]);
        let times = TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC");
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(times),
            self.gather_text(rows, 0),
            self.gather_text(rows, 1),
            Arc::new(small(&self.rank)),
            self.gather_text(rows, 2),
            Arc::new(numbers(&self.record)),
            Arc::new(small(&self.part)),
        ];
        columns.extend((KEY_TEXTS..self.n_texts).map(|at| self.gather_text(rows, at)));
        for at in 0..self.n_integers {
            let values = rows.iter().map(|row| self.integers[*row as usize * self.n_integers + at]);
            columns.push(Arc::new(values.collect::<Int64Array>()));
        }
        for at in 0..self.n_booleans {
            let values = rows.iter().map(|row| self.booleans[*row as usize * self.n_booleans + at]);
            columns.push(Arc::new(values.collect::<BooleanArray>()));
        }
        Ok(RecordBatch::try_new(self.schema(), columns)?)
    }

    fn gather_text(&self, rows: &[u32], at: usize) -> ArrayRef {
        let spans = || rows.iter().map(|row| self.spans[*row as usize * self.n_texts + at]);
        let bytes = spans().filter(|span| *span != NONE).map(|span| span.length as usize).sum();
        let mut builder = StringBuilder::with_capacity(rows.len(), bytes);
        for span in spans() {
            builder.append_option(self.at(span));
        }
        Arc::new(builder.finish())
    }

    /// Lets go of all rows, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.event_time.clear();
        self.rank.clear();
        self.record.clear();
        self.part.clear();
        self.spans.clear();
        self.texts.clear();
        self.integers.clear();
        self.booleans.clear();
    }
}
