//! The report of an invented incident, held against the files of `cases/`.
//!
//! When a change is meant: `UPDATE_GOLDEN=1 cargo test --release -p heptagon-report`, then read the diff.

#[allow(dead_code)]
mod sample;

use std::fs;
use std::path::Path;

use heptagon_report::{Document, Format, render};

#[test]
fn reports_are_as_they_were() {
    let document = sample::document();
    let mut changed = Vec::new();
    for format in Format::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("cases")
            .join(format!("exposed-key.{}", format.extension()));
        let rendered = render(&document, format);
        assert_eq!(rendered, render(&document, format), "not deterministic");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &rendered).expect("the folder of cases is ours");
        } else if fs::read_to_string(&path).unwrap_or_default() != rendered {
            changed.push(path.display().to_string());
        }
    }
    assert!(changed.is_empty(), "changed: {changed:?}");
}

#[test]
fn json_gives_the_document_back() {
    let document = sample::document();
    let json = render(&document, Format::Json);
    let back: Document = serde_json::from_str(&json).expect("our own form");
    assert_eq!(back, document);
    assert!(json.starts_with("{\n  \"report_format\": 1,\n"));
}
