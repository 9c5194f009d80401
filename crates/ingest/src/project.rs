//! Run batches to table batches: columns by name, lists unpacked.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder,
    new_null_array,
};
use arrow::compute::cast;

use crate::IngestError;
use crate::rows::invocation::LIST_SEPARATOR;

/// A text column by name.
pub(crate) fn text<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    batch
        .column_by_name(name)
        .expect("run schemas name every column they are asked for")
        .as_string::<i32>()
}

/// The value of a text column, or nothing.
pub(crate) fn value(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// Members joined by the separator, as a list column.
pub(crate) fn list(joined: &StringArray) -> ListArray {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in 0..joined.len() {
        match value(joined, row) {
            None => builder.append(false),
            Some(text) => {
                for member in text.split(LIST_SEPARATOR) {
                    builder.values().append_value(member);
                }
                builder.append(true);
            }
        }
    }
    builder.finish()
}

/// A list column joined into text, the inverse of [`list`].
pub(crate) fn joined(list: &ListArray) -> StringArray {
    (0..list.len())
        .map(|row| {
            list.is_valid(row).then(|| {
                let members = list.value(row);
                let members = members.as_string::<i32>();
                (0..members.len())
                    .filter(|&at| members.is_valid(at))
                    .map(|at| members.value(at))
                    .collect::<Vec<_>>()
                    .join(&LIST_SEPARATOR.to_string())
            })
        })
        .collect()
}

/// A column that says the same in every row.
pub(crate) fn constant(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
}

/// The table's columns taken from `given`, then from the batch by name; what neither has is null.
pub(crate) fn table(
    batch: &RecordBatch,
    name: &str,
    given: &[(&str, ArrayRef)],
) -> Result<RecordBatch, IngestError> {
    let schema = heptagon_case::schema(name);
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let column = given
            .iter()
            .find(|(column, _)| column == field.name())
            .map(|(_, array)| Arc::clone(array))
            .or_else(|| batch.column_by_name(field.name()).map(Arc::clone));
        columns.push(match column {
            None => new_null_array(field.data_type(), batch.num_rows()),
            Some(column) if column.data_type() == field.data_type() => column,
            Some(column) => cast(&column, field.data_type())?,
        });
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}
