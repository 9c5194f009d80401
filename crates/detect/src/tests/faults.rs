//! What is wrong with rules is told, and does not stop the others.

use heptagon_model::{Element, Level, RuleKind};

use super::record::{file, load};
use crate::RuleSet;

const GOOD: &str = "
title: Good
id: good
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: A}, condition: selection}
level: high
tags: [heptagon.element.agency, attack.t1078.004]
";

/// The codes of the faults of a document beside a good one.
fn codes(document: &str) -> Vec<&'static str> {
    let files = [file("b.yml", document), file("a.yml", GOOD)];
    let (rules, faults) = RuleSet::load(&files);
    assert_eq!(rules.rules()[0].rule_id, "good");
    for fault in &faults {
        assert_eq!(fault.path, "b.yml");
        assert!(!fault.hint.is_empty() && !fault.message.ends_with('.'), "{fault:?}");
    }
    faults.iter().map(|fault| fault.code).collect()
}

#[test]
fn each_fault_has_its_code() {
    let rule = |detection: &str| {
        format!("title: t\nid: x\nlogsource: {{product: aws, service: cloudtrail}}\n{detection}\n")
    };
    let correlation = |body: &str| format!("title: c\nid: c\ncorrelation: {{{body}}}\n");
    let cases = [
        ("a: [1", "R0001"),
        ("- 1\n- 2\n", "R0002"),
        ("title: nothing else\n", "R0002"),
        (&rule("detection: {s: {a: 1}, condition: s | count() > 5}"), "R0002"),
        (&rule("detection: {s: {a|nonsense: 1}, condition: s}"), "R0002"),
        (&rule("detection: {s: {a|re: '['}, condition: s}"), "R0003"),
        (&rule("detection: {s: {a|cidr: x}, condition: s}"), "R0003"),
        (&rule("detection: {s: {a: 1}, condition: other}"), "R0003"),
        (GOOD, "R0004"),
        (&rule("level: huge\ndetection: {s: {a: 1}, condition: s}"), "R0005"),
        (
            &correlation("type: event_count, rules: [none], timespan: 1m, condition: {gte: 1}"),
            "R0006",
        ),
        ("title: f\nfilter: {rules: [none], s: {a: 1}, condition: not s}\n", "R0006"),
        (&correlation("type: event_count, rules: [c], timespan: 1m, condition: {gte: 1}"), "R0007"),
        (
            &correlation("type: value_count, rules: [good], timespan: 1m, condition: {gte: 1}"),
            "R0008",
        ),
        (
            &correlation("type: event_count, rules: [good], timespan: 0m, condition: {gte: 1}"),
            "R0008",
        ),
        (&correlation("type: event_count, rules: [good], timespan: 1m, condition: good"), "R0008"),
        (
            &correlation("type: value_sum, rules: [good], timespan: 1m, condition: {gte: 1}"),
            "R0008",
        ),
        (&rule("sigma-version: 99\ndetection: {s: {a: 1}, condition: s}"), "R0009"),
    ];
    for (document, code) in cases {
        assert_eq!(codes(document), [code], "{document}");
    }
    assert_eq!(codes("# nothing\n---\n"), Vec::<&str>::new());
}

#[test]
fn a_broken_document_does_not_take_the_next_with_it() {
    let text = format!("title: [\nid: broken\n---\n{GOOD}");
    let (rules, faults) = RuleSet::load(&[file("a.yml", text)]);
    assert_eq!(rules.rules().len(), 1);
    assert_eq!(faults[0].rule_id.as_deref(), Some("broken"));
}

#[test]
fn rules_for_other_records_are_noted() {
    let text = "
title: Windows
id: w
logsource: {product: windows, category: process_creation}
detection: {s: {a: 1}, condition: s}
---
title: Other service
id: o
logsource: {product: aws, service: route53}
detection: {s: {a: 1}, condition: s}
---
title: Over it
id: c
correlation: {type: event_count, rules: [w], timespan: 1m, condition: {gte: 2}}
";
    let (rules, faults) = RuleSet::load(&[file("a.yml", text)]);
    assert_eq!(faults, []);
    assert!(rules.rules().is_empty());
    let why: Vec<&str> = rules.not_applicable().iter().map(|note| note.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "it correlates w, which does not apply",
            "its log source is the service route53 of aws",
            "its log source is the product windows",
        ]
    );
}

#[test]
fn metadata_is_read() {
    let rules = load(GOOD);
    let info = &rules.rules()[0];
    assert_eq!((info.level, info.kind), (Level::High, RuleKind::Event));
    assert_eq!(info.service, "cloudtrail");
    assert_eq!(info.elements, [Element::Agency]);
    assert_eq!(info.attack, ["T1078.004"]);
    assert_eq!(rules.index_of("good"), Some(0));
    assert_eq!(rules.index_of("bad"), None);
}

#[test]
fn a_global_document_is_part_of_those_after_it() {
    let rules = load(
        "
action: global
title: Both
logsource: {product: aws, service: cloudtrail}
level: low
---
id: one
detection: {s: {eventName: A}, condition: s}
---
id: two
detection: {s: {eventName: B}, condition: s}
",
    );
    let ids: Vec<&str> = rules.rules().iter().map(|info| info.rule_id.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);
}

#[test]
fn correlated_rules_are_silent_unless_told_otherwise() {
    let base = |id: &str, more: &str| {
        format!(
            "title: {id}\nid: {id}\nlogsource: {{product: aws, service: cloudtrail}}\n\
             detection: {{s: {{eventName: A}}, condition: s}}\n{more}\n---\n"
        )
    };
    let correlation = |id: &str, of: &str, more: &str| {
        format!(
            "title: {id}\nid: {id}\ncorrelation: {{type: event_count, rules: [{of}], \
             timespan: 1m, condition: {{gte: 2}}}}\n{more}\n---\n"
        )
    };
    let text = [
        base("silent", ""),
        base("observed", "heptagon: {observe: true}"),
        base("generated", ""),
        base("free", ""),
        correlation("top", "c1", ""),
        correlation("c1", "'silent', 'observed'", ""),
        correlation("c2", "generated", "generate: true"),
    ]
    .concat();
    let rules = load(&text);
    let alerts: Vec<(&str, bool)> = rules
        .rules()
        .iter()
        .enumerate()
        .map(|(at, info)| (info.rule_id.as_str(), rules.alerts(at)))
        .collect();
    assert_eq!(
        alerts,
        [
            ("silent", false),
            ("observed", true),
            ("generated", true),
            ("free", true),
            ("c1", false),
            ("c2", true),
            ("top", true),
        ]
    );
}
