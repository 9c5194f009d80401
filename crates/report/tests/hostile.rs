//! Whatever strings evidence holds, wherever they are shown, they stay text.

#[allow(dead_code)]
mod sample;
mod structure;

use heptagon_report::{Document, Format, render};
use proptest::prelude::*;
use serde_json::Value;

use structure::{html, markdown};

/// Strings attackers use.
const HOSTILE: [&str; 26] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style></pre></code><h1>x</h1>",
    "<!-- x --><![CDATA[ x ]]>",
    "javascript:alert(1)",
    "https://evil.example/x?a=b&c=d www.evil.example evil@evil.example",
    "# heading\n## heading\n\n---\n===\n",
    "- item\n1. item\n> quote\n    code",
    "1. item",
    "+ item",
    "= setext",
    "> quote",
    "![pic](https://evil.example/p.png) [link](javascript:alert(1)) [ref]: https://evil.example",
    "| a | b |\n| --- | --- |\n\\| `|` \\",
    "```\n````\n~~~\n# out of the fence",
    "` `` ``` ````",
    "**bold** _em_ ~~gone~~ $x$ :smile: @someone #1 GH-1 &lt; &#35; \\",
    "\u{202e}gnp.exe\u{202c} \u{200b}\u{feff}\u{e0041}\u{0}\u{1b}[31m\u{85}\u{2028}",
    "\u{27e6}U+202E\u{27e7}",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "]]> ${x} {{x}} <%= x %> #{x}",
    "=cmd|' /C calc'!A0",
    "",
    "   ",
    "url(#h-off) expression(alert(1)) @import 'x'",
];

/// Puts strings into every place of the document that takes any string.
fn poisoned(mut next: impl FnMut() -> String) -> Document {
    let mut value = serde_json::to_value(sample::document()).expect("plain structs");
    for pointer in free_strings() {
        *value.pointer_mut(pointer).expect("a place of the document") = Value::String(next());
    }
    serde_json::from_value(value).expect("free strings take any string")
}

/// The places of the document that take any string, found by trying each once.
fn free_strings() -> &'static [String] {
    static PLACES: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    PLACES.get_or_init(|| {
        let whole = serde_json::to_value(sample::document()).expect("plain structs");
        let mut places = Vec::new();
        walk(&whole, &mut String::new(), &mut places);
        // Enums and times are ours: the same key holds them everywhere, so one try per key is enough.
        let mut tried: std::collections::BTreeMap<String, bool> = std::collections::BTreeMap::new();
        places.retain(|place| {
            let key: String = place
                .split('/')
                .filter(|part| part.parse::<u64>().is_err())
                .collect::<Vec<_>>()
                .join("/");
            *tried.entry(key).or_insert_with(|| {
                let mut value = whole.clone();
                *value.pointer_mut(place).expect("a place") = Value::String("<x>".into());
                serde_json::from_value::<Document>(value).is_ok()
            })
        });
        assert!(places.len() > 1_000, "only {} places", places.len());
        places
    })
}

fn walk(value: &Value, at: &mut String, places: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::String(_) => return places.push(at.clone()),
        Value::Array(items) => items.iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), v)).collect(),
        _ => return,
    };
    for (name, child) in children {
        let length = at.len();
        at.push('/');
        at.push_str(&name);
        walk(child, at, places);
        at.truncate(length);
    }
}

/// Renders the document with these strings in turn, and with a harmless word in place of each: all
/// that may differ is text.
fn check(texts: &[String]) {
    let words: Vec<String> = texts
        .iter()
        .map(|text| {
            let first = texts.iter().position(|other| other == text).expect("itself");
            if text.trim().is_empty() { text.clone() } else { format!("word{first}") }
        })
        .collect();
    let in_turn = |texts: &[String]| {
        let mut at = 0;
        poisoned(|| {
            at += 1;
            texts[at % texts.len()].clone()
        })
    };
    let (document, tame) = (in_turn(texts), in_turn(&words));
    let html_of = |document| html::check(&render(document, Format::Html));
    assert_eq!(html_of(&document), html_of(&tame), "structure of the page");
    let markdown_of = |document| markdown::check(&render(document, Format::Markdown));
    assert_eq!(markdown_of(&document), markdown_of(&tame), "structure of the Markdown");
    let json = render(&document, Format::Json);
    assert!(!json.contains(['<', '>', '&', '\u{202e}', '\u{1b}', '\0']));
    assert_eq!(serde_json::from_str::<Document>(&json).expect("JSON"), document);
}

#[test]
fn known_attacks_stay_text() {
    for attack in HOSTILE {
        check(&[attack.to_owned()]);
    }
}

#[test]
fn attacks_next_to_each_other_stay_text() {
    for shift in 0..3 {
        let attacks = HOSTILE.iter().cycle().skip(shift * 7).take(HOSTILE.len());
        check(&attacks.map(|attack| (*attack).to_owned()).collect::<Vec<String>>());
    }
}

#[test]
fn long_text_is_cut_and_says_so() {
    let long = "<b>".repeat(100_000);
    let document = poisoned(|| "x".to_owned());
    let mut document = document;
    document.answers.elements[0].answers[0].summary = long.clone();
    document.records[0].text = long;
    for format in [Format::Html, Format::Markdown] {
        let report = render(&document, format);
        assert!(report.contains("(cut; 300.0 kB in all)"));
    }
    assert!(render(&document, Format::Html).contains(" … (cut; 275 bytes in the evidence: "));
    assert!(render(&document, Format::Html).len() < 2_000_000);
}

#[test]
fn times_at_the_edge_do_not_panic() {
    use heptagon_model::Timestamp;
    for time in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX] {
        let mut document = sample::document();
        let time = Timestamp(time);
        document.timeline.activity[0].hour = time;
        document.timeline.entries[0].event_time = time;
        document.findings[0].first_time = time;
        document.coverage[0].from = time;
        document.coverage[1].to = time;
        document.actors[0].last_time = time;
        document.artifacts[0].last_event_time = Some(time);
        if let Some(scope) = &mut document.case.scope {
            scope.to = time;
        }
        for format in [Format::Html, Format::Markdown] {
            let _ = render(&document, format);
        }
        document.case.scope = None;
        let _ = render(&document, Format::Html);
    }
}

#[test]
fn an_empty_document_is_a_report() {
    let mut document = sample::document();
    document.case.scope = None;
    document.answers.elements.clear();
    document.disable_first.clear();
    document.actors.clear();
    document.findings.clear();
    document.timeline.entries.clear();
    document.timeline.activity.clear();
    document.coverage.clear();
    document.artifacts.clear();
    document.problems.clear();
    document.records.clear();
    document.workload.toml.clear();
    let page = html::check(&render(&document, Format::Html));
    assert!(page.headings >= 13);
    markdown::check(&render(&document, Format::Markdown));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_stays_text(
        texts in proptest::collection::vec(
            prop_oneof![
                "\\PC{0,40}",
                "[<>&\"'`|\\\\\\[\\]()!#*_~:/@.\\-+=$ \n\t0-9a-z\u{202e}\u{200b}\u{0}]{0,60}",
                proptest::sample::select(HOSTILE.as_slice()).prop_map(str::to_owned),
            ],
            1..80,
        )
    ) {
        check(&texts);
    }
}
