//! What the tables are: name, columns, a sentence on each.

mod definitions;
mod doc;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub use definitions::TABLES;
pub use doc::{table_text, tables_markdown};

use crate::CaseError;

/// What a column holds, and how it is best stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A UTC instant in microseconds.
    Time,
    /// Text with few distinct values.
    Text,
    /// Text that hardly repeats: ids.
    Id,
    /// Long text: JSON documents, prompts.
    Long,
    /// 64-bit integer.
    Int,
    /// 32-bit integer.
    Int32,
    /// true or false.
    Bool,
    /// A list of text.
    List,
}

impl Kind {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Text | Kind::Id | Kind::Long => DataType::Utf8,
            Kind::Int => DataType::Int64,
            Kind::Int32 => DataType::Int32,
            Kind::Bool => DataType::Boolean,
            Kind::List => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        }
    }

    /// The word used in the documentation.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Time => "time",
            Kind::Text | Kind::Id | Kind::Long => "text",
            Kind::Int | Kind::Int32 => "integer",
            Kind::Bool => "boolean",
            Kind::List => "list of text",
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// One sentence.
    pub doc: &'static str,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The name.
    pub name: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// Whether rows are sorted by `event_time` and split into UTC-day folders.
    pub by_day: bool,
    /// The columns, in order.
    pub columns: &'static [Column],
}

impl Table {
    /// The column by which the rows are sorted, when they are.
    pub fn time_column(&self) -> Option<usize> {
        self.by_day.then(|| self.columns.iter().position(|c| c.name == "event_time")).flatten()
    }

    /// The Arrow schema.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(
            self.columns
                .iter()
                .map(|c| Field::new(c.name, c.kind.data_type(), c.nullable))
                .collect::<Vec<_>>(),
        ))
    }
}

/// The table of a name.
pub fn table(name: &str) -> Result<&'static Table, CaseError> {
    TABLES
        .iter()
        .find(|table| table.name == name)
        .ok_or_else(|| CaseError::UnknownTable(name.to_owned()))
}

/// The Arrow schema of a table; the name must be one of [`TABLES`].
///
/// # Panics
/// On a name that is no table: a mistake in the program, not in the data.
pub fn schema(name: &str) -> SchemaRef {
    table(name).expect("the caller names a table of the case").schema()
}
