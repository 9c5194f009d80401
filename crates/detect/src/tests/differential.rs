//! Index and gates against none, and both against `rsigma`'s own engine.

use std::collections::BTreeSet;

use heptagon_model::{Fields, LogSource};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use rsigma_eval::{Engine, JsonEvent};
use serde_json::{Value, json};

use super::record::{JsonRecord, file};
use crate::RuleSet;

/// Values of every kind, so small a set that they meet.
fn value() -> impl Strategy<Value = Value> {
    let text = select(vec![
        "iam.amazonaws.com",
        "IAM.amazonaws.com",
        "s3.amazonaws.com",
        "DeleteUser",
        "deleteuser",
        "CreateUser",
        "GetObject",
        "AccessDenied",
        "Root",
        "aws-cli/2.1 Python",
        "kali linux",
        "true",
        "True",
        "false",
        "1",
        "0",
        "",
        "12",
        "\u{212a}elvin",
        "STRASSE",
        "straße",
        "İstanbul",
        "10.0.0.7",
        "192.0.2.1",
        "2026-11-03T09:14:22Z",
        "a*b",
        "a\\b",
        "line\nbreak",
    ]);
    let leaf = prop_oneof![
        6 => text.prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => select(vec![json!(0), json!(1), json!(12), json!(-3), json!(1.5), json!(4_294_967_296_i64)]),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(select(vec!["type", "arn", "name"]), inner, 0..3)
                .prop_map(|members| Value::Object(
                    members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
                )),
        ]
    })
}

const FIELDS: [&str; 9] = [
    "eventSource",
    "eventName",
    "errorCode",
    "userAgent",
    "sourceIPAddress",
    "userIdentity",
    "userIdentity.type",
    "requestParameters.name",
    "readOnly",
];

fn record() -> impl Strategy<Value = Value> {
    let top = select(vec![
        "errorCode",
        "userAgent",
        "sourceIPAddress",
        "userIdentity",
        "requestParameters",
        "readOnly",
        "operation",
    ]);
    let source = select(vec![
        "iam.amazonaws.com",
        "IAM.amazonaws.com",
        "s3.amazonaws.com",
        "",
        "\u{212a}.com",
    ]);
    let name = select(vec![
        "DeleteUser",
        "deleteuser",
        "CreateUser",
        "GetObject",
        "Converse",
        "",
        "DeleteUſer",
    ]);
    (proptest::collection::btree_map(top, value(), 0..6), source, name).prop_map(
        |(fields, source, name)| {
            let mut record: serde_json::Map<String, Value> =
                fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
            if !source.is_empty() {
                record.insert("eventSource".into(), source.into());
            }
            if !name.is_empty() {
                record.insert("eventName".into(), name.into());
            }
            Value::Object(record)
        },
    )
}

/// One item of a detection, as YAML flow.
fn item() -> BoxedStrategy<String> {
    let plain = select(vec![
        "iam.amazonaws.com",
        "s3.amazonaws.com",
        "DeleteUser",
        "CREATEUSER",
        "GetObject",
        "AccessDenied",
        "Root",
        "kali",
        "aws-cli*",
        "*user",
        "Delete*",
        "*e?User",
        "true",
        "12",
        "1",
        "",
        "kelvin",
        "strasse",
        "STRASSE",
        "istanbul",
        "a\\*b",
        "*",
        "s",
        "K",
        "k",
    ]);
    let values = prop_oneof![
        4 => plain.clone().prop_map(|text| Value::from(text).to_string()),
        2 => proptest::collection::vec(plain, 2..5)
            .prop_map(|texts| Value::from(texts).to_string()),
        1 => select(vec!["null", "true", "false", "12", "1", "1.5", "[null, Root]", "[12, DeleteUser]"])
            .prop_map(str::to_owned),
    ];
    let field = select(FIELDS.to_vec());
    // Items as rules have them, so that rules do match.
    let likely = select(vec![
        "eventSource: iam.amazonaws.com",
        "eventSource: [IAM.amazonaws.com, s3.amazonaws.com]",
        "eventName: DeleteUser",
        "eventName: [CreateUser, deleteuser]",
        "eventName: '*User'",
        "eventName|startswith: Delete",
        "eventName|contains: user",
        "eventSource|endswith: .com",
        "operation: [Converse, DeleteUser]",
        "errorCode: null",
        "userAgent|exists: true",
        "errorCode|exists: false",
        "userIdentity.type|exists: false",
    ]);
    prop_oneof![
        16 => likely.prop_map(str::to_owned),
        8 => (field.clone(), values.clone()).prop_map(|(f, v)| format!("{f}: {v}")),
        2 => (field.clone(), select(vec!["contains", "startswith", "endswith", "cased", "neq",
            "contains|cased", "startswith|cased"]), values.clone())
            .prop_map(|(f, m, v)| format!("{f}|{m}: {v}")),
        1 => (field.clone(), select(vec!["contains|all", "all"]), proptest::collection::vec(
            select(vec!["aws", "cli", "User", "Delete"]), 2..4))
            .prop_map(|(f, m, v)| format!("{f}|{m}: {}", Value::from(v))),
        1 => (field.clone(), any::<bool>()).prop_map(|(f, v)| format!("{f}|exists: {v}")),
        1 => (field.clone(), select(vec!["^Delete", "(?i)user$", "a|b", "^.*User$", "s+", "(?i)strasse", "(?i)k"]))
            .prop_map(|(f, v)| format!("{f}|re: {}", Value::from(v))),
        1 => (field.clone(), select(vec!["gt", "gte", "lt", "lte"]), 0..13)
            .prop_map(|(f, m, v)| format!("{f}|{m}: {v}")),
        1 => field.clone().prop_map(|f| format!("{f}|cidr: 10.0.0.0/8")),
        1 => (field.clone(), field).prop_map(|(a, b)| format!("{a}|fieldref: {b}")),
    ]
    .boxed()
}

/// A detection: a mapping, a list of mappings, or keywords.
fn detection() -> impl Strategy<Value = String> {
    let mapping = proptest::collection::vec(item(), 1..4)
        .prop_map(|items| {
            let mut seen = BTreeSet::new();
            let items: Vec<String> = items
                .into_iter()
                .filter(|item| seen.insert(item.split(": ").next().unwrap_or_default().to_owned()))
                .collect();
            format!("{{{}}}", items.join(", "))
        })
        .boxed();
    prop_oneof![
        6 => mapping.clone(),
        2 => proptest::collection::vec(mapping, 2..4)
            .prop_map(|mappings| format!("[{}]", mappings.join(", "))),
        1 => proptest::collection::vec(select(vec!["kali", "Root", "10.0*", "STRASSE", "k"]), 1..3)
            .prop_map(|words| Value::from(words).to_string()),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let condition = select(vec![
        "sel_a",
        "sel_a and sel_b",
        "sel_a or sel_b",
        "sel_a and not sel_b",
        "not sel_a",
        "1 of sel_*",
        "all of sel_*",
        "1 of them",
        "2 of sel_*",
        "sel_a and not 1 of filter_*",
        "(sel_a or sel_b) and not filter_c",
        "not (sel_a and sel_b)",
    ]);
    (detection(), detection(), detection(), condition, any::<bool>()).prop_map(
        |(a, b, c, condition, is_cloudtrail)| {
            let service = if is_cloudtrail { "cloudtrail" } else { "bedrock_invocation" };
            format!(
                "logsource: {{product: aws, service: {service}}}\ndetection:\n  sel_a: {a}\n  \
                 sel_b: {b}\n  filter_c: {c}\n  condition: {condition}\n"
            )
        },
    )
}

/// The ids of the rules that match, three ways.
fn check(text: &str, records: &[Value]) -> Result<(), TestCaseError> {
    let (rules, faults) = RuleSet::load(&[file("rules.yml", text)]);
    let collection = rsigma_parser::parse_sigma_yaml(text).expect("generated rules are YAML");
    let matcher = rules.matcher();
    for source in [LogSource::CloudTrail, LogSource::BedrockInvocation] {
        let service =
            if source == LogSource::CloudTrail { "cloudtrail" } else { "bedrock_invocation" };
        let mut engine = Engine::new();
        let of_service: Vec<_> = collection
            .rules
            .iter()
            .filter(|rule| rule.logsource.service.as_deref() == Some(service))
            .cloned()
            .collect();
        let _ = engine.add_rules(&of_service);
        for filter in &collection.filters {
            let _ = engine.apply_filter(filter);
        }
        for value in records {
            let mut expected: Vec<String> = engine
                .evaluate(&JsonEvent::borrow(value))
                .iter()
                .filter_map(|result| result.header.rule_id.clone())
                .collect();
            expected.sort();
            let record = JsonRecord { value: value.clone(), source };
            let mut out = vec![7];
            let mut ids = |evaluate: &dyn Fn(&JsonRecord, &mut Vec<u32>)| {
                evaluate(&record, &mut out);
                assert!(out.is_sorted());
                let mut ids: Vec<String> =
                    out.iter().map(|rule| rules.rules()[*rule as usize].rule_id.clone()).collect();
                ids.sort();
                ids
            };
            let all = ids(&|record, out| matcher.evaluate_all(record, out));
            let indexed = ids(&|record, out| matcher.evaluate(record, out));
            prop_assert_eq!(&all, &expected, "without index, {}\n{}\n{:?}", value, text, faults);
            prop_assert_eq!(&indexed, &expected, "with index, {}\n{}", value, text);
        }
    }
    Ok(())
}

fn number(rules: &[String]) -> String {
    let numbered: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| format!("title: rule {n}\nid: id-{n}\n{rule}"))
        .collect();
    numbered.join("---\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn index_gates_and_rsigma_agree(
        rules in proptest::collection::vec(rule(), 1..14),
        records in proptest::collection::vec(record(), 1..12),
    ) {
        check(&number(&rules), &records)?;
    }
}

#[test]
fn the_generated_rules_do_match() {
    // A differential test over rules that never match would prove nothing.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (proptest::collection::vec(rule(), 10), proptest::collection::vec(record(), 10));
    let (mut n_matches, mut n_faults) = (0, 0);
    for _ in 0..50 {
        let (rules, records) = strategy.new_tree(&mut runner).expect("it can generate").current();
        let (rules, faults) = RuleSet::load(&[file("r.yml", number(&rules))]);
        n_faults += faults.len();
        let matcher = rules.matcher();
        let mut out = Vec::new();
        for value in records {
            matcher.evaluate(&JsonRecord::cloudtrail(value), &mut out);
            n_matches += out.len();
        }
    }
    assert!(n_matches > 400, "{n_matches}");
    assert!(n_faults < 100, "{n_faults}");
}

#[test]
fn filters_agree() {
    let text = "
title: Users deleted
id: a
name: users
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventSource: iam.amazonaws.com, eventName: DeleteUser}, condition: selection}
---
title: Errors
id: b
logsource: {product: aws, service: cloudtrail}
detection: {selection: {errorCode|contains: Denied}, condition: selection}
---
title: Not from the office
id: f
logsource: {product: aws, service: cloudtrail}
filter:
  rules: [a, b]
  office: {sourceIPAddress|cidr: 10.0.0.0/8}
  condition: not office
";
    let records = [
        json!({"eventSource": "iam.amazonaws.com", "eventName": "DeleteUser", "sourceIPAddress": "10.0.0.7"}),
        json!({"eventSource": "iam.amazonaws.com", "eventName": "DeleteUser", "sourceIPAddress": "192.0.2.1",
               "errorCode": "AccessDenied"}),
    ];
    check(text, &records).expect("they agree");
    let (rules, faults) = RuleSet::load(&[file("f.yml", text)]);
    assert!(faults.is_empty(), "{faults:?}");
    let mut out = Vec::new();
    let [inside, outside] = records.map(JsonRecord::cloudtrail);
    rules.matcher().evaluate(&inside, &mut out);
    assert!(out.is_empty());
    rules.matcher().evaluate(&outside, &mut out);
    assert_eq!(out, [0, 1]);
}

#[test]
fn array_quantifiers_agree() {
    let text = "
title: Open to the world
id: a
sigma-version: 3
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    eventName: AuthorizeSecurityGroupIngress
    requestParameters.items[any]: {cidrIp: 0.0.0.0/0, port: 22}
  condition: selection
---
title: Nothing private
id: b
sigma-version: 3
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    requestParameters.items[none]: {cidrIp|startswith: '10.'}
  condition: selection
";
    let event = |items: Value| {
        json!({"eventSource": "ec2.amazonaws.com",
        "eventName": "AuthorizeSecurityGroupIngress", "requestParameters": {"items": items}})
    };
    let records = [
        event(json!([{"cidrIp": "0.0.0.0/0", "port": 80}, {"cidrIp": "10.0.0.0/8", "port": 22}])),
        event(json!([{"cidrIp": "0.0.0.0/0", "port": 22}])),
        event(json!([])),
        json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}),
    ];
    check(text, &records).expect("they agree");
    let (rules, _) = RuleSet::load(&[file("f.yml", text)]);
    let matched = records.map(|record| {
        let mut out = Vec::new();
        rules.matcher().evaluate(&JsonRecord::cloudtrail(record), &mut out);
        out
    });
    assert_eq!(matched, [vec![], vec![0, 1], vec![1], vec![1]]);
}

/// Records as the parser hands them over match like the same JSON in `rsigma`.
#[test]
fn parsed_records_agree_with_json() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (proptest::collection::vec(rule(), 12), proptest::collection::vec(record(), 12));
    let mut n_records = 0;
    for _ in 0..200 {
        let (rules, records) = strategy.new_tree(&mut runner).expect("it can generate").current();
        let text = number(&rules);
        let (rules, _) = RuleSet::load(&[file("rules.yml", text.as_str())]);
        let matcher = rules.matcher();
        for mut value in records {
            // The parser keeps as text what CloudTrail writes as text.
            for name in ["userAgent", "sourceIPAddress", "errorCode"] {
                if !value[name].is_string() && !value[name].is_null() {
                    value.as_object_mut().expect("records are objects").remove(name);
                }
            }
            value["eventTime"] = "2026-11-03T09:14:22Z".into();
            value["eventVersion"] = "1.11".into();
            let mut expected = Vec::new();
            matcher.evaluate(&JsonRecord::cloudtrail(value.clone()), &mut expected);
            let mut parsed = Vec::new();
            let mut each = |record: &dyn Fields| {
                let mut out = Vec::new();
                matcher.evaluate(record, &mut out);
                parsed.push(out);
            };
            super::content::parse(&value.to_string(), &mut each);
            if let [parsed] = &parsed[..] {
                assert_eq!(parsed, &expected, "{value}\n{text}");
                n_records += 1;
            }
        }
    }
    assert!(n_records > 500, "{n_records}");
}
