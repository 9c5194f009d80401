//! The reader against `serde_json`, and against text that is none.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Node<'_> {
    parse(text, 64).unwrap().node
}

#[test]
fn strings_borrow_unless_escaped() {
    assert!(matches!(read("\"plain\""), Node::Text(Cow::Borrowed("plain"))));
    assert_eq!(read(r#""a\n\"b\"\u00e9\ud83d\ude00""#).text(), Some("a\n\"b\"é😀"));
    assert_eq!(read(r#""cut \ud83d""#).text(), Some("cut \u{fffd}"));
    assert_eq!(read(r#""\ud83dA\/""#).text(), Some("\u{fffd}A/"));
}

#[test]
fn vectors_stay_one_slice() {
    assert_eq!(read("[ 1, -2.5e3 ,0]"), Node::Numbers(Cow::Borrowed("[ 1, -2.5e3 ,0]"), 3));
    assert_eq!(read("[1,\"a\"]").items().len(), 2);
}

#[test]
fn depth_costs_the_part_not_the_record() {
    let text = format!("{{\"a\":{}{},\"b\":1}}", "[".repeat(9_000), "]".repeat(9_000));
    let tree = parse(&text, 64).unwrap();
    assert!(tree.unread);
    assert_eq!(tree.node.get("b").and_then(Node::int), Some(1));
}

#[test]
fn faults_have_a_place() {
    for text in ["", "{", "[1,", "{\"a\"}", "\"x", "{\"a\":tru}", "1 2", "[1,]", "\"\\", "-"] {
        assert!(parse(text, 64).is_err(), "{text}");
    }
}

#[test]
fn top_level_members_are_found_without_reading_values() {
    let mut seen = Vec::new();
    let text = r#" {"a":{"modelId":[1,"}"]}, "b" : 12 ,"c":"x\"y"} "#;
    assert!(members(text, &mut |key, raw| {
        seen.push(format!("{key}={raw}"));
        true
    }));
    assert_eq!(seen, [r#"a={"modelId":[1,"}"]}"#, "b=12", r#"c="x\"y""#]);
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|f| (f * 1e-300).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_serde_json_reads(value in json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let expect: serde_json::Value = serde_json::from_str(&text).unwrap();
            let node = parse(&text, 64).unwrap().node;
            prop_assert_eq!(node.to_json(), expect.clone());
            let written: serde_json::Value = serde_json::from_str(&node.to_compact()).unwrap();
            prop_assert_eq!(written, expect);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}:,\"\\\\ua-f0-9é. -]{0,60}") {
        let _ = parse(&text, 4);
        let _ = parse_sequence(&text, 4);
        members(&text, &mut |_, _| true);
    }
}
