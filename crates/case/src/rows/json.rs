//! Rows as JSON: times RFC 3339 UTC with six digits, lists as arrays, null as null.

use std::io::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use serde_json::{Map, Value};

use super::value_text;
use crate::CaseError;

/// One JSON object per row, columns in order.
pub fn write_jsonl(out: &mut dyn Write, batch: &RecordBatch) -> Result<(), CaseError> {
    let schema = batch.schema();
    let names = schema
        .fields()
        .iter()
        .map(|field| serde_json::to_string(field.name()))
        .collect::<Result<Vec<_>, _>>()
        .expect("text is JSON");
    let mut line = Vec::new();
    for row in 0..batch.num_rows() {
        line.clear();
        for (column, name) in batch.columns().iter().zip(&names) {
            line.push(if line.is_empty() { b'{' } else { b',' });
            line.extend_from_slice(name.as_bytes());
            line.push(b':');
            let value = value(column.as_ref(), row).map_err(CaseError::arrow("query"))?;
            serde_json::to_writer(&mut line, &value).expect("a value is JSON");
        }
        line.extend_from_slice(if line.is_empty() { b"{}\n" } else { b"}\n" });
        out.write_all(&line).map_err(CaseError::io("write", std::path::Path::new("output")))?;
    }
    Ok(())
}

/// The rows as JSON objects.
pub fn json_rows(batch: &RecordBatch) -> Result<Vec<Map<String, Value>>, CaseError> {
    let schema = batch.schema();
    (0..batch.num_rows())
        .map(|row| {
            schema
                .fields()
                .iter()
                .zip(batch.columns())
                .map(|(field, column)| {
                    let value = value(column.as_ref(), row).map_err(CaseError::arrow("query"))?;
                    Ok((field.name().clone(), value))
                })
                .collect()
        })
        .collect()
}

fn value(array: &dyn Array, row: usize) -> Result<Value, arrow::error::ArrowError> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    let one = |to: DataType| arrow::compute::cast(&array.slice(row, 1), &to);
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::from(array.as_boolean().value(row)),
        DataType::Int64 => Value::from(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => Value::from(array.as_primitive::<UInt64Type>().value(row)),
        kind if kind.is_integer() => {
            Value::from(one(DataType::Int64)?.as_primitive::<Int64Type>().value(0))
        }
        kind if kind.is_floating() || kind.is_decimal() => {
            Value::from(one(DataType::Float64)?.as_primitive::<Float64Type>().value(0))
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len())
                .map(|item| value(items.as_ref(), item))
                .collect::<Result<Vec<_>, _>>()?
                .into()
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            fields
                .iter()
                .zip(columns)
                .map(|(field, column)| Ok((field.name().clone(), value(column.as_ref(), row)?)))
                .collect::<Result<Map<_, _>, arrow::error::ArrowError>>()?
                .into()
        }
        _ => value_text(array, row)?.map_or(Value::Null, Value::from),
    })
}
