//! Rows as CSV that a spreadsheet opens without running anything an attacker wrote.

use std::io::Write;
use std::path::Path;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Schema};

use super::value_text;
use crate::CaseError;
use crate::text::safe;

/// The header line.
pub fn csv_header(out: &mut dyn Write, schema: &Schema) -> Result<(), CaseError> {
    let line: Vec<String> = schema.fields().iter().map(|field| guarded(field.name())).collect();
    write_line(out, &line)
}

/// One line per row; null is empty.
pub fn write_csv(out: &mut dyn Write, batch: &RecordBatch) -> Result<(), CaseError> {
    let mut line = Vec::with_capacity(batch.num_columns());
    for row in 0..batch.num_rows() {
        line.clear();
        for column in batch.columns() {
            let text = value_text(column.as_ref(), row).map_err(CaseError::arrow("query"))?;
            let text = text.unwrap_or_default();
            line.push(if is_ours(column.data_type()) { text } else { guarded(&text) });
        }
        write_line(out, &line)?;
    }
    Ok(())
}

/// Numbers, booleans and times are printed by us: a minus sign there starts no formula.
fn is_ours(kind: &DataType) -> bool {
    kind.is_numeric() || kind.is_temporal() || *kind == DataType::Boolean
}

/// Safe, and never a formula: a text that a spreadsheet would evaluate starts with an apostrophe.
fn guarded(text: &str) -> String {
    let text = safe(text);
    let first = text.trim_start().chars().next();
    let formula =
        matches!(first, Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'))
            || text.starts_with("\\t")
            || text.starts_with("\\r")
            || text.starts_with("\\n");
    let text = if formula { format!("'{text}") } else { text.into_owned() };
    if text.contains([',', '"', ';']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn write_line(out: &mut dyn Write, cells: &[String]) -> Result<(), CaseError> {
    writeln!(out, "{}", cells.join(",")).map_err(CaseError::io("write", Path::new("output")))
}
