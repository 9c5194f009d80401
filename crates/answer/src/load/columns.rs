//! Typed access to a batch's columns; a column of another type than asked for reads as absent.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};
use heptagon_model::Timestamp;

pub(super) struct Columns<'a> {
    columns: &'a [ArrayRef],
}

impl<'a> Columns<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Columns<'a> {
        Columns { columns: batch.columns() }
    }

    pub(super) fn text(&self, column: usize, row: usize) -> Option<&'a str> {
        let array = self.columns[column].as_string_opt::<i32>()?;
        (!array.is_null(row)).then(|| array.value(row))
    }

    pub(super) fn int(&self, column: usize, row: usize) -> Option<i64> {
        let column = &self.columns[column];
        if column.is_null(row) {
            return None;
        }
        column
            .as_primitive_opt::<Int64Type>()
            .map(|array| array.value(row))
            .or_else(|| column.as_primitive_opt::<Int32Type>().map(|a| i64::from(a.value(row))))
    }

    pub(super) fn time(&self, column: usize, row: usize) -> Timestamp {
        let array = self.columns[column].as_primitive_opt::<TimestampMicrosecondType>();
        array.filter(|array| !array.is_null(row)).map_or(Timestamp(0), |a| Timestamp(a.value(row)))
    }

    pub(super) fn bool(&self, column: usize, row: usize) -> Option<bool> {
        let array = self.columns[column].as_boolean_opt()?;
        (!array.is_null(row)).then(|| array.value(row))
    }

    pub(super) fn list(&self, column: usize, row: usize) -> Vec<String> {
        let Some(list) = self.columns[column].as_list_opt::<i32>() else { return Vec::new() };
        if list.is_null(row) {
            return Vec::new();
        }
        let values = list.value(row);
        let Some(texts) = values.as_string_opt::<i32>() else { return Vec::new() };
        texts.iter().flatten().map(str::to_owned).collect()
    }
}
