//! A case with made-up rows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use heptagon_case::schema::{Kind, table};
use heptagon_case::{CaseDir, CaseMeta, FORMAT, Tables};
use heptagon_model::Timestamp;

pub(crate) fn meta() -> CaseMeta {
    CaseMeta {
        format: FORMAT,
        id: "case-1".into(),
        created: at("2026-11-24T00:00:00Z"),
        tool: "0.1.0".into(),
        content: "abc".into(),
        since: None,
        until: Some(at("2026-12-01T00:00:00Z")),
        roots: vec!["evidence".into()],
        options: BTreeMap::from([("threads".into(), "2".into())]),
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(crate) fn case(root: &Path) -> CaseDir {
    CaseDir::create_or_open(&root.join("case"), &meta()).unwrap()
}

/// Rows of any table: every column gets a value made from the row's number, some of them null.
pub(crate) fn rows(
    name: &str,
    start: Timestamp,
    step_us: i64,
    numbers: std::ops::Range<i64>,
) -> RecordBatch {
    let table = table(name).unwrap();
    let null = |number: i64, nullable: bool| nullable && number % 7 == 3;
    let columns = table.columns.iter().map(|column| -> ArrayRef {
        let text = |modulus: i64| -> ArrayRef {
            Arc::new(
                numbers
                    .clone()
                    .map(|n| {
                        (!null(n, column.nullable))
                            .then(|| format!("{}-{}", column.name, n % modulus))
                    })
                    .collect::<StringArray>(),
            )
        };
        match column.kind {
            Kind::Time => Arc::new(
                numbers
                    .clone()
                    .map(|n| Some(start.0 + n * step_us))
                    .collect::<TimestampMicrosecondArray>()
                    .with_timezone("UTC"),
            ),
            Kind::Text => text(13),
            Kind::Id => text(i64::MAX),
            Kind::Long => text(5_003),
            Kind::Int => Arc::new(numbers.clone().map(Some).collect::<Int64Array>()),
            Kind::Int32 => {
                Arc::new(numbers.clone().map(|n| Some(n as i32)).collect::<Int32Array>())
            }
            Kind::Bool => Arc::new(
                numbers
                    .clone()
                    .map(|n| (!null(n, column.nullable)).then_some(n % 2 == 0))
                    .collect::<BooleanArray>(),
            ),
            Kind::List => {
                let mut list = ListBuilder::new(StringBuilder::new());
                for n in numbers.clone() {
                    for item in 0..n % 3 {
                        list.values().append_value(format!("item-{item}"));
                    }
                    list.append(!null(n, column.nullable));
                }
                Arc::new(list.finish())
            }
        }
    });
    RecordBatch::try_new(table.schema(), columns.collect()).unwrap()
}

/// Writes the batches as the whole of the table, and commits.
pub(crate) fn put(case: &CaseDir, tables: &mut Tables, name: &str, batches: &[RecordBatch]) {
    let mut writer = case.writer(name).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    tables.set(name, writer.finish().unwrap());
    case.commit(tables).unwrap();
}

/// Every file under a folder with its content, without locks.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}
