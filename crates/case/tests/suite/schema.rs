//! The definitions of the tables, and the page made of them.

use std::collections::BTreeSet;
use std::path::Path;

use heptagon_case::schema::{table_text, tables_markdown};
use heptagon_case::{TABLES, schema};

#[test]
fn names_are_unique_and_documented() {
    let mut tables = BTreeSet::new();
    for table in TABLES {
        assert!(tables.insert(table.name), "{} twice", table.name);
        assert!(table.doc.ends_with('.'), "{}", table.name);
        let mut columns = BTreeSet::new();
        for column in table.columns {
            assert!(columns.insert(column.name), "{}.{} twice", table.name, column.name);
            assert!(column.doc.ends_with('.'), "{}.{}", table.name, column.name);
        }
        assert_eq!(table.by_day, table.time_column().is_some(), "{}", table.name);
    }
}

#[test]
fn names_need_no_quotes_in_sql() {
    for table in TABLES {
        for name in table.columns.iter().map(|c| c.name).chain([table.name]) {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
            assert!(!["from", "to", "ref", "order", "group"].contains(&name), "{name}");
        }
    }
}

#[test]
fn the_documentation_names_every_column() {
    let page = tables_markdown();
    for table in TABLES {
        assert!(page.contains(&format!("\n## {}\n", table.name)));
        let text = table_text(table);
        for field in schema(table.name).fields() {
            assert!(page.contains(&format!("| `{}`", field.name())));
            assert!(text.contains(field.name().as_str()));
        }
    }
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tables.md");
    if std::env::var_os("HEPTAGON_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, tables_markdown()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page == tables_markdown(), "run with HEPTAGON_BLESS=1 to write docs/tables.md anew");
}
