//! `heptagon sql`: read-only SQL over the case.

use std::io::{BufWriter, IsTerminal, Write};
use std::sync::Arc;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use heptagon_case::rows::{column_names, csv_header, table_cells, write_csv, write_jsonl};
use heptagon_case::schema::table_text;
use heptagon_case::{Session, SessionOptions, TABLES};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::args::{Format, SqlArgs};
use crate::failure::{Exit, Failure, Outcome};
use crate::print::Talk;
use crate::store::Store;

/// Rows of a query a table shows.
const TABLE_ROWS: usize = 1_000;
/// Characters of a cell a table shows.
const CELL_CHARS: usize = 100;

pub(crate) fn run(args: &SqlArgs, talk: Talk) -> Outcome {
    if args.tables {
        let mut out = std::io::stdout().lock();
        for table in TABLES {
            writeln!(out, "{}", table_text(table))?;
        }
        return Ok(Exit::Done);
    }
    let store = Store::open(&args.rows.case.case)?;
    let mut options = SessionOptions::new(args.memory.max(16) << 20);
    options.raw = Some(Arc::new(store.records()));
    let session = Session::open_with(&store.case, &options)?;
    match &args.query {
        Some(query) => print(&session, query, args.rows.format)?,
        None => prompt(&session, args.rows.format, talk)?,
    }
    Ok(Exit::Done)
}

fn print(session: &Session, query: &str, format: Format) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match format {
        Format::Table => {
            let found = session.query_capped(query, TABLE_ROWS)?;
            let mut table = Table::new();
            table
                .load_preset(UTF8_HORIZONTAL_ONLY)
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_header(column_names(&found.schema));
            if !std::io::stdout().is_terminal() {
                table.set_width(160);
            }
            for batch in &found.batches {
                for row in 0..batch.num_rows() {
                    table.add_row(table_cells(batch, row, CELL_CHARS)?);
                }
            }
            writeln!(out, "{table}")?;
            let more =
                if found.truncated { ", more follow; --format jsonl prints all" } else { "" };
            writeln!(out, "{} rows{more}", found.rows())?;
        }
        Format::Jsonl => {
            for batch in session.stream(query)? {
                write_jsonl(&mut out, &batch?)?;
            }
        }
        Format::Csv => {
            let stream = session.stream(query)?;
            csv_header(&mut out, stream.schema())?;
            for batch in stream {
                write_csv(&mut out, &batch?)?;
            }
        }
        Format::Json => {
            let mut first = true;
            write!(out, "[")?;
            for batch in session.stream(query)? {
                let mut lines = Vec::new();
                write_jsonl(&mut lines, &batch?)?;
                for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    out.write_all(if first { b"\n" } else { b",\n" })?;
                    out.write_all(line)?;
                    first = false;
                }
            }
            writeln!(out, "\n]")?;
        }
    }
    out.flush()?;
    Ok(())
}

fn prompt(session: &Session, format: Format, talk: Talk) -> Result<(), Failure> {
    talk.say("read-only SQL; `.tables` describes the tables, `.quit` leaves");
    let mut editor = DefaultEditor::new().map_err(anyhow::Error::from)?;
    let mut pending = String::new();
    loop {
        let line =
            match editor.readline(if pending.is_empty() { "heptagon> " } else { "     ...> " }) {
                Ok(line) => line,
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
                Err(error) => return Err(anyhow::Error::from(error).into()),
            };
        match line.trim() {
            "" => continue,
            ".quit" | ".exit" | "exit" | "quit" => return Ok(()),
            ".tables" => {
                let mut out = std::io::stdout().lock();
                for table in TABLES {
                    writeln!(out, "{}", table_text(table))?;
                }
                continue;
            }
            text => {
                pending.push_str(text);
                pending.push('\n');
            }
        }
        if pending.trim_end().ends_with(';') {
            let query = pending.trim().trim_end_matches(';').to_owned();
            let _ = editor.add_history_entry(query.as_str());
            pending.clear();
            if let Err(failure) = print(session, &query, format) {
                if failure.is_broken_pipe() {
                    return Err(failure);
                }
                writeln!(std::io::stderr(), "{failure}")?;
            }
        }
    }
}
