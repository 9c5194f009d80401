//! Text from evidence made inert.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use heptagon_case::rows::write_csv;
use heptagon_case::text::{is_unsafe, one_line, safe};
use proptest::prelude::*;

#[test]
fn unsafe_characters_are_shown_not_sent() {
    assert_eq!(safe("plain é 日本 🙂"), "plain é 日本 🙂");
    assert_eq!(
        safe("a\u{1b}[31mred\nb\u{202e}c\u{9b}\u{e0041}"),
        "a\\u{1b}[31mred\\nb\\u{202e}c\\u{9b}\\u{e0041}"
    );
}

#[test]
fn long_text_is_cut_by_characters() {
    assert_eq!(one_line("日本語です", 3), "日本…");
    assert_eq!(one_line("abc", 3), "abc");
    assert_eq!(one_line("", 0), "");
}

#[test]
fn formulas_and_separators_are_inert_in_csv() {
    let expect = [
        ("plain", "plain"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\u{ff1d}1", "'\u{ff1d}1"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("a\r\nb", "a\\r\\nb"),
        ("a,b", "\"a,b\""),
        ("a;b", "\"a;b\""),
        ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
        ("say \"x\"", "\"say \"\"x\"\"\""),
    ];
    for (text, cell) in expect {
        let column: ArrayRef = Arc::new(StringArray::from(vec![text]));
        let batch = RecordBatch::try_from_iter([("t", column)]).unwrap();
        let mut out = Vec::new();
        write_csv(&mut out, &batch).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{cell}\n"), "{text:?}");
    }
}

proptest! {
    #[test]
    fn nothing_unsafe_is_left(
        text in "\\PC{0,20}[\u{0}-\u{a0}\u{2000}-\u{2100}]{0,20}",
        max in 0usize..40,
    ) {
        prop_assert!(!safe(&text).contains(is_unsafe));
        let line = one_line(&text, max);
        prop_assert!(!line.contains(is_unsafe));
        prop_assert!(line.chars().count() <= max.max(1));
    }
}
