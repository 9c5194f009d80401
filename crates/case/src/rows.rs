//! Rows for people and programs: typed access, JSON, CSV, table cells.

mod access;
mod csv;
mod events;
mod json;

pub use access::{Bools, Ints, Lists, Texts, Times, bools, ints, lists, texts, times};
pub use csv::{csv_header, write_csv};
pub use events::Events;
pub use json::{json_rows, write_jsonl};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use heptagon_model::Timestamp;

use crate::CaseError;
use crate::text::{one_line, safe};

/// A value as plain text: times RFC 3339 UTC, lists joined by `, `; null is `None`.
/// The text is as it is in the case; make it inert for where it goes.
pub fn cell(batch: &RecordBatch, column: usize, row: usize) -> Result<Option<String>, CaseError> {
    let array = batch.column(column);
    value_text(array.as_ref(), row).map_err(CaseError::arrow("query"))
}

fn value_text(array: &dyn Array, row: usize) -> Result<Option<String>, arrow::error::ArrowError> {
    if array.is_null(row) {
        return Ok(None);
    }
    Ok(Some(match array.data_type() {
        DataType::Null => return Ok(None),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string()
        }
        DataType::Timestamp(_, zone) => {
            let micros = arrow::compute::cast(
                &array.slice(row, 1),
                &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
            )?;
            return value_text(micros.as_ref(), 0);
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let texts = (0..items.len())
                .map(|item| value_text(items.as_ref(), item).map(Option::unwrap_or_default))
                .collect::<Result<Vec<_>, _>>()?;
            texts.join(", ")
        }
        _ => ArrayFormatter::try_new(array, &FormatOptions::default())?.value(row).to_string(),
    }))
}

/// A row as cells for a terminal: control and direction characters escaped, at most `chars_max`
/// characters each, null empty.
pub fn table_cells(
    batch: &RecordBatch,
    row: usize,
    chars_max: usize,
) -> Result<Vec<String>, CaseError> {
    (0..batch.num_columns())
        .map(|column| Ok(one_line(&cell(batch, column, row)?.unwrap_or_default(), chars_max)))
        .collect()
}

/// The names of the columns, safe for a terminal: a query may name a column anything.
pub fn column_names(batch: &arrow::datatypes::Schema) -> Vec<String> {
    batch.fields().iter().map(|field| safe(field.name()).into_owned()).collect()
}
