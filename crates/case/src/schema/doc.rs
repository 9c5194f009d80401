//! The tables described for people: `docs/tables.md` and `heptagon sql --tables`.

use std::fmt::Write;

use super::{TABLES, Table};

/// The page `docs/tables.md`, generated from the definitions.
pub fn tables_markdown() -> String {
    let mut page = String::from(
        "# Tables of a case\n\n\
         Generated from `crates/case/src/schema/definitions.rs`; do not edit.\n\n\
         A case is a folder of Parquet files that any tool can read; `tables.json` says which files \
         make up each table now. Times are UTC microseconds. A column marked `*` is never null. \
         `raw(artifact, record)` gives the record as it came.\n",
    );
    for table in TABLES {
        let _ = write!(page, "\n## {}\n\n{}", table.name, table.doc);
        page.push_str(if table.by_day {
            " Sorted by `event_time`, in folders by UTC day.\n\n"
        } else {
            "\n\n"
        });
        page.push_str("| column | type | meaning |\n|---|---|---|\n");
        for column in table.columns {
            let star = if column.nullable { "" } else { " *" };
            let _ = writeln!(
                page,
                "| `{}`{star} | {} | {} |",
                column.name,
                column.kind.word(),
                column.doc.replace('|', "\\|")
            );
        }
    }
    page
}

/// One table as plain text, for the terminal.
pub fn table_text(table: &Table) -> String {
    let width = table.columns.iter().map(|c| c.name.len()).max().unwrap_or(0);
    let mut text = format!("{}: {}\n", table.name, table.doc);
    for column in table.columns {
        let _ =
            writeln!(text, "  {:width$}  {:<12}  {}", column.name, column.kind.word(), column.doc);
    }
    text
}
