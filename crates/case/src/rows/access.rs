//! Typed access to columns by name; fetch a column once, then read rows.

use arrow::array::{
    Array, AsArray, BooleanArray, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Int64Type};
use heptagon_model::Timestamp;

use crate::CaseError;

macro_rules! column {
    ($(#[$doc:meta])* $name:ident, $array:ty, $value:ty, |$a:ident, $row:ident| $get:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name($array);

        impl $name {
            /// The row's value; `None` when null.
            pub fn get(&self, $row: usize) -> Option<$value> {
                let $a = &self.0;
                (!$a.is_null($row)).then(|| $get)
            }
        }
    };
}

column!(
    /// A text column.
    Texts, StringArray, &str, |a, row| a.value(row)
);
column!(
    /// An integer column.
    Ints, Int64Array, i64, |a, row| a.value(row)
);
column!(
    /// A boolean column.
    Bools, BooleanArray, bool, |a, row| a.value(row)
);
column!(
    /// A time column.
    Times, TimestampMicrosecondArray, Timestamp, |a, row| Timestamp(a.value(row))
);

/// A column of lists of text.
#[derive(Debug, Clone)]
pub struct Lists(ListArray);

impl Lists {
    /// The row's texts; empty when null.
    pub fn get(&self, row: usize) -> Vec<String> {
        if self.0.is_null(row) {
            return Vec::new();
        }
        let items = self.0.value(row);
        items.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
    }
}

fn array<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, CaseError> {
    batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> CaseError {
    CaseError::UnknownColumn { table: "rows".into(), column: name.to_owned() }
}

/// The text column of that name.
pub fn texts(batch: &RecordBatch, name: &str) -> Result<Texts, CaseError> {
    let column = array(batch, name)?.as_string_opt::<i32>().ok_or_else(|| missing(name))?;
    Ok(Texts(column.clone()))
}

/// The integer column of that name, of any width.
pub fn ints(batch: &RecordBatch, name: &str) -> Result<Ints, CaseError> {
    let column = array(batch, name)?;
    if !column.data_type().is_integer() {
        return Err(missing(name));
    }
    let wide = arrow::compute::cast(column, &DataType::Int64).map_err(CaseError::arrow("rows"))?;
    Ok(Ints(wide.as_primitive::<Int64Type>().clone()))
}

/// The boolean column of that name.
pub fn bools(batch: &RecordBatch, name: &str) -> Result<Bools, CaseError> {
    let column = array(batch, name)?.as_boolean_opt().ok_or_else(|| missing(name))?;
    Ok(Bools(column.clone()))
}

/// The time column of that name, in microseconds.
pub fn times(batch: &RecordBatch, name: &str) -> Result<Times, CaseError> {
    let column = array(batch, name)?
        .as_any()
        .downcast_ref::<TimestampMicrosecondArray>()
        .ok_or_else(|| missing(name))?;
    Ok(Times(column.clone()))
}

/// The column of lists of text of that name.
pub fn lists(batch: &RecordBatch, name: &str) -> Result<Lists, CaseError> {
    let column = array(batch, name)?.as_list_opt::<i32>().ok_or_else(|| missing(name))?;
    if !matches!(column.value_type(), DataType::Utf8) {
        return Err(missing(name));
    }
    Ok(Lists(column.clone()))
}
