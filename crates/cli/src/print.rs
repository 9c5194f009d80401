//! stdout is data, stderr is talk.

use std::io::{self, BufWriter, IsTerminal, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use heptagon_case::text::one_line;
use serde_json::{Map, Value};

use crate::args::{Color, Format};
use crate::failure::Failure;

/// Rows a table shows before it says how many there are.
const TABLE_ROWS_MAX: usize = 10_000;
/// Characters of a cell a table shows.
const CELL_CHARS_MAX: usize = 120;

/// Where output goes and how it looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk {
    pub(crate) quiet: bool,
    pub(crate) color: bool,
    /// stderr is a terminal: progress may be drawn.
    pub(crate) progress: bool,
}

impl Talk {
    pub(crate) fn new(quiet: bool, color: Color) -> Talk {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        };
        Talk { quiet, color, progress: !quiet && io::stderr().is_terminal() }
    }

    /// A line on stderr.
    pub(crate) fn say(self, line: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// Text in a colour, when colours are on.
    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Prints rows as they come, in any format.
pub(crate) struct Rows {
    format: Format,
    columns: &'static [&'static str],
    out: BufWriter<io::Stdout>,
    table: Vec<Vec<String>>,
    count: usize,
}

impl Rows {
    /// `columns` are what a table and a CSV file show; JSON has all members.
    pub(crate) fn new(format: Format, columns: &'static [&'static str]) -> Rows {
        Rows { format, columns, out: BufWriter::new(io::stdout()), table: Vec::new(), count: 0 }
    }

    pub(crate) fn push(&mut self, row: &impl serde::Serialize) -> Result<(), Failure> {
        self.count += 1;
        match self.format {
            Format::Jsonl => {
                serde_json::to_writer(&mut self.out, row)?;
                self.out.write_all(b"\n")?;
            }
            Format::Json => {
                self.out.write_all(if self.count == 1 { b"[\n" } else { b",\n" })?;
                serde_json::to_writer(&mut self.out, row)?;
            }
            Format::Csv => {
                if self.count == 1 {
                    self.header()?;
                }
                let value = serde_json::to_value(row)?;
                let cells: Vec<String> =
                    self.columns.iter().map(|name| csv_cell(&cell(&value, name))).collect();
                writeln!(self.out, "{}\r", cells.join(","))?;
            }
            Format::Table => {
                if self.table.len() < TABLE_ROWS_MAX {
                    let value = serde_json::to_value(row)?;
                    self.table.push(
                        self.columns
                            .iter()
                            .map(|name| one_line(&cell(&value, name), CELL_CHARS_MAX))
                            .collect(),
                    );
                }
            }
        }
        Ok(())
    }

    fn header(&mut self) -> Result<(), Failure> {
        writeln!(self.out, "{}\r", self.columns.join(","))?;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                self.out.write_all(if self.count == 0 { b"[]\n" } else { b"\n]\n" })?;
            }
            Format::Csv if self.count == 0 => self.header()?,
            Format::Csv | Format::Jsonl => {}
            Format::Table => {
                let mut table = Table::new();
                table
                    .load_preset(UTF8_HORIZONTAL_ONLY)
                    .set_content_arrangement(ContentArrangement::Dynamic)
                    .set_header(self.columns.to_vec());
                if !io::stdout().is_terminal() {
                    table.set_width(160);
                }
                let shown = self.table.len();
                table.add_rows(std::mem::take(&mut self.table));
                writeln!(self.out, "{table}")?;
                if shown < self.count {
                    writeln!(
                        self.out,
                        "{} of {} rows; --format jsonl prints all",
                        shown, self.count
                    )?;
                }
            }
        }
        self.out.flush()?;
        Ok(())
    }
}

/// A member of a row as text; `ref` as `artifact:record`.
fn cell(row: &Value, name: &str) -> String {
    let Some(value) = row.get(name) else { return String::new() };
    text_of(value)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(members) => members.iter().map(text_of).collect::<Vec<_>>().join(" "),
        Value::Object(members) => reference(members).unwrap_or_else(|| value.to_string()),
        other => other.to_string(),
    }
}

fn reference(members: &Map<String, Value>) -> Option<String> {
    let artifact = members.get("artifact")?.as_str()?;
    Some(format!("{artifact}:{}", members.get("record")?))
}

/// A CSV cell that no spreadsheet takes for a formula.
fn csv_cell(text: &str) -> String {
    let text = one_line(text, usize::MAX);
    let guarded =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}
