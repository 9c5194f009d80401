//! Rows as JSON, CSV and cells.

use heptagon_case::Session;
use heptagon_case::rows::{
    column_names, csv_header, json_rows, table_cells, write_csv, write_jsonl,
};

use super::support::case;

const SQL: &str = "SELECT * FROM (VALUES
  (1, TIMESTAMP '2026-05-07T19:43:51.000012Z', '=1+1', -2.5, true, make_array('a', 'b')),
  (2, NULL, chr(27) || '[31mred' || chr(10), NULL, NULL, NULL)
) AS t(n, at, text, ratio, flag, list) ORDER BY n";

#[test]
fn json_has_times_lists_and_nulls() {
    let root = tempfile::tempdir().unwrap();
    let output = Session::open(&case(root.path()), 64 << 20).unwrap().query(SQL).unwrap();
    let mut lines = Vec::new();
    for batch in &output.batches {
        write_jsonl(&mut lines, batch).unwrap();
    }
    assert_eq!(
        String::from_utf8(lines).unwrap(),
        "{\"n\":1,\"at\":\"2026-05-07T19:43:51.000012Z\",\"text\":\"=1+1\",\"ratio\":-2.5,\
         \"flag\":true,\"list\":[\"a\",\"b\"]}\n\
         {\"n\":2,\"at\":null,\"text\":\"\\u001b[31mred\\n\",\"ratio\":null,\"flag\":null,\
         \"list\":null}\n"
    );
    let rows = json_rows(&output.batches[0]).unwrap();
    assert_eq!(rows[0]["list"], serde_json::json!(["a", "b"]));
}

#[test]
fn csv_and_cells_are_inert() {
    let root = tempfile::tempdir().unwrap();
    let session = Session::open(&case(root.path()), 64 << 20).unwrap();
    let output = session.query(SQL).unwrap();
    let mut out = Vec::new();
    csv_header(&mut out, &output.schema).unwrap();
    for batch in &output.batches {
        write_csv(&mut out, batch).unwrap();
    }
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "n,at,text,ratio,flag,list\n\
         1,2026-05-07T19:43:51.000012Z,'=1+1,-2.5,true,\"a, b\"\n\
         2,,\\u{1b}[31mred\\n,,,\n"
    );
    assert_eq!(table_cells(&output.batches[0], 1, 9).unwrap(), ["2", "", "\\u{1b}[3…", "", "", ""]);
    let named = session.query("SELECT 1 AS \"a\u{1b}[2Jb\"").unwrap();
    assert_eq!(column_names(&named.schema), ["a\\u{1b}[2Jb"]);
}
