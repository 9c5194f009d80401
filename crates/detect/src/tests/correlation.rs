//! Correlations: what each kind finds, and that the order of equal times does not show.

use heptagon_model::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::record::load;
use crate::{Correlator, FindingDraft, Findings, Match, RuleSet};

const RULES: &str = "
title: Key made
id: made
name: made
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: A}, condition: s}
---
title: Model called
id: called
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: B}, condition: s}
---
title: Mail sent
id: sent
logsource: {product: aws, service: bedrock_invocation}
detection: {s: {operation: C}, condition: s}
---
";

fn rules(correlation: &str) -> RuleSet {
    load(&format!(
        "{RULES}title: Corr\nid: corr\ncorrelation:\n  {}\n",
        correlation.replace('\n', "\n  ")
    ))
}

/// A match of rule 0, 1 or 2 at a second, by `who`.
fn at(rule: u32, second: i64, who: &str) -> Match {
    Match {
        rule,
        time: Timestamp::from_secs(second),
        account: "111122223333".into(),
        region: "us-east-1".into(),
        principal: format!("arn:{who}"),
        actor: who.into(),
        source_ip: Some("198.51.100.7".into()),
        resource: None,
        event_name: ["A", "B", "C"][rule as usize].into(),
        artifact: [1; 8],
        record: second as u64 * 10 + u64::from(rule),
        correlation_fields: Some(json!({"who": who, "n": second}).to_string()),
    }
}

fn with(mut matched: Match, fields: &serde_json::Value) -> Match {
    matched.correlation_fields = Some(fields.to_string());
    matched
}

fn run(rules: &RuleSet, matches: &[Match]) -> Findings {
    let mut correlator = Correlator::new(rules);
    for matched in matches {
        correlator.push(matched.clone());
    }
    correlator.finish()
}

/// The findings of the correlation `corr`.
fn found(rules: &RuleSet, matches: &[Match]) -> Vec<FindingDraft> {
    let corr = rules.index_of("corr").expect("it is loaded") as u32;
    let findings = run(rules, matches);
    assert_eq!(findings.overflows, []);
    findings.findings.into_iter().filter(|finding| finding.rule == corr).collect()
}

fn seconds(finding: &FindingDraft) -> Vec<i64> {
    finding.refs.iter().map(|event| event.time.secs()).collect()
}

#[test]
fn event_count_counts_per_group_within_the_timespan() {
    let rules = rules(
        "type: event_count\nrules: [called]\ngroup-by: [who]\ntimespan: 10s\ncondition: {gte: 3}",
    );
    let calls = |seconds: &[i64], who: &str| -> Vec<Match> {
        seconds.iter().map(|second| at(1, *second, who)).collect()
    };
    assert!(found(&rules, &calls(&[100, 105, 111], "eve")).is_empty());
    let hit = found(&rules, &calls(&[100, 105, 110, 130, 131], "eve"));
    assert_eq!(seconds(&hit[0]), [100, 105, 110]);
    assert_eq!(hit[0].count, 3);
    assert_eq!(hit[0].group, [("who".to_owned(), "eve".to_owned())]);
    assert_eq!(
        hit[0].summary,
        "Corr: 3 events by arn:eve from 198.51.100.7 between \
         1970-01-01T00:01:40.000000Z and 1970-01-01T00:01:50.000000Z"
    );
    // Windows that overlap are one finding, with every event once.
    let overlapping = found(&rules, &calls(&[100, 101, 102, 103, 104, 113], "eve"));
    assert_eq!(seconds(&overlapping[0]), [100, 101, 102, 103, 104, 113]);
    // Two groups do not add up.
    let mut two = calls(&[100, 102], "eve");
    two.insert(1, at(1, 101, "bob"));
    assert!(found(&rules, &two).is_empty());
    // Those without the field are a group.
    let nobody: Vec<Match> = (0..3).map(|second| with(at(1, second, ""), &json!({}))).collect();
    assert_eq!(found(&rules, &nobody)[0].group, []);
}

#[test]
fn conditions_hold_for_a_whole_time() {
    let exactly = rules("type: event_count\nrules: [called]\ntimespan: 10s\ncondition: {eq: 2}");
    let mut three = [at(1, 5, "a"), at(1, 5, "b"), at(1, 5, "c")];
    for (record, matched) in three.iter_mut().enumerate() {
        matched.record = record as u64;
    }
    assert!(found(&exactly, &three).is_empty(), "three of one time are never two");
    assert_eq!(found(&exactly, &three[..2]).len(), 1);
}

#[test]
fn value_count_counts_different_values() {
    let rules = rules(
        "type: value_count\nrules: [called]\ngroup-by: [who]\ntimespan: 1m\ncondition: {field: model, gte: 2}",
    );
    let call =
        |second, model: &str| with(at(1, second, "eve"), &json!({"who": "eve", "model": model}));
    assert!(found(&rules, &[call(0, "a"), call(1, "a"), at(1, 2, "eve")]).is_empty());
    let hit = found(&rules, &[call(0, "a"), call(1, "a"), call(61, "b"), at(1, 62, "eve")]);
    assert_eq!(seconds(&hit[0]), [1, 61], "the first is past, and one has no value");
}

#[test]
fn temporal_wants_all_rules_in_any_order() {
    let rules =
        rules("type: temporal\nrules: [made, called, sent]\ngroup-by: [who]\ntimespan: 10s");
    assert!(found(&rules, &[at(0, 0, "e"), at(1, 5, "e")]).is_empty());
    assert!(found(&rules, &[at(0, 0, "e"), at(1, 5, "e"), at(2, 11, "e")]).is_empty());
    let hit = found(&rules, &[at(2, 0, "e"), at(0, 5, "e"), at(1, 10, "e")]);
    assert_eq!(seconds(&hit[0]), [0, 5, 10]);
    assert_eq!(hit[0].event_names, ["A", "B", "C"]);
}

#[test]
fn temporal_takes_boolean_conditions() {
    let rules = rules(
        "type: temporal\nrules: [made, called, sent]\ntimespan: 10s\ncondition: (made or sent) and not called",
    );
    assert_eq!(found(&rules, &[at(2, 0, "e")]).len(), 1);
    assert!(found(&rules, &[at(1, 0, "e"), at(2, 1, "e")]).is_empty());
    assert_eq!(found(&rules, &[at(1, 0, "e"), at(2, 11, "e")]).len(), 1);
}

#[test]
fn temporal_ordered_wants_later_seconds() {
    let rules = rules(
        "type: temporal_ordered\nrules: [made, called, sent]\ngroup-by: [who]\ntimespan: 10s",
    );
    let hit = found(&rules, &[at(0, 0, "e"), at(1, 1, "e"), at(2, 2, "e"), at(0, 3, "e")]);
    assert_eq!(seconds(&hit[0]), [0, 1, 2], "what comes after the chain is no part of it");
    assert!(found(&rules, &[at(1, 0, "e"), at(0, 1, "e"), at(2, 2, "e")]).is_empty());
    assert!(found(&rules, &[at(0, 0, "e"), at(1, 1, "e"), at(2, 1, "e")]).is_empty());
    assert!(found(&rules, &[at(0, 0, "e"), at(1, 1, "e"), at(2, 11, "e")]).is_empty());
    // A later start makes it fit.
    let late = found(&rules, &[at(0, 0, "e"), at(0, 8, "e"), at(1, 9, "e"), at(2, 15, "e")]);
    assert_eq!(seconds(&late[0]), [8, 9, 15]);
    // Fractions of a second are not an order: the other source has none.
    let mut close = [at(0, 0, "e"), at(1, 1, "e"), at(2, 1, "e")];
    close[2].time = Timestamp(close[2].time.0 + 500_000);
    assert!(found(&rules, &close).is_empty());
}

#[test]
fn numbers_add_up() {
    let numbers = |kind: &str, wanted: u64| {
        let rules = rules(&format!(
            "type: {kind}\nrules: [called]\ntimespan: 10s\ncondition: {{field: n, gte: {wanted}}}"
        ));
        let calls: Vec<Match> = [4.0, 1.0, 10.0, 3.0]
            .iter()
            .enumerate()
            .map(|(second, n)| with(at(1, second as i64, "e"), &json!({"n": n})))
            .collect();
        found(&rules, &calls).first().map_or(0, |finding| finding.count)
    };
    assert_eq!((numbers("value_sum", 18), numbers("value_sum", 19)), (4, 0));
    assert_eq!((numbers("value_avg", 5), numbers("value_avg", 6)), (3, 0));
    assert_eq!((numbers("value_median", 4), numbers("value_median", 5)), (3, 0));
    let rules = rules(
        "type: value_percentile\nrules: [called]\ntimespan: 10s\ncondition: {field: n, gte: 9, percentile: 90}",
    );
    let calls: Vec<Match> =
        (0..11).map(|n| with(at(1, n, "e"), &json!({"n": n.to_string()}))).collect();
    assert_eq!(found(&rules, &calls)[0].count, 11);
    assert!(found(&rules, &calls[..9]).is_empty());
}

#[test]
fn windows_may_tumble_and_be_sessions() {
    let tumbling = rules(
        "type: event_count\nrules: [called]\ntimespan: 10s\nwindow: tumbling\ncondition: {gte: 2}",
    );
    assert!(found(&tumbling, &[at(1, 9, "e"), at(1, 10, "e")]).is_empty());
    assert_eq!(found(&tumbling, &[at(1, 10, "e"), at(1, 19, "e")]).len(), 1);
    let session = rules(
        "type: event_count\nrules: [called]\ntimespan: 60s\nwindow: session\ngap: 5s\ncondition: {gte: 3}",
    );
    assert!(found(&session, &[at(1, 1, "e"), at(1, 6, "e"), at(1, 12, "e")]).is_empty());
    assert_eq!(found(&session, &[at(1, 1, "e"), at(1, 6, "e"), at(1, 11, "e")]).len(), 1);
}

#[test]
fn aliases_name_the_field_of_each_rule() {
    let rules = rules(
        "type: temporal\nrules: [called, sent]\ngroup-by: [model]\naliases:\n  model: {called: who, sent: modelId}\ntimespan: 10s",
    );
    let called = with(at(1, 0, "x"), &json!({"who": "m1"}));
    let sent = |model: &str| with(at(2, 1, "x"), &json!({"modelId": model}));
    assert_eq!(
        found(&rules, &[called.clone(), sent("m1")])[0].group,
        [("model".into(), "m1".into())]
    );
    assert!(found(&rules, &[called, sent("m2")]).is_empty());
    let feeds = |rule: usize| rules.rules.feeds[rule].clone().unwrap_or_default();
    assert_eq!(feeds(1).into_iter().collect::<Vec<_>>(), ["who"]);
    assert_eq!(feeds(2).into_iter().collect::<Vec<_>>(), ["modelId"]);
    assert!(!rules.feeds_correlation(0));
}

#[test]
fn correlations_chain_with_their_events() {
    let text = format!(
        "{RULES}title: Corr\nid: corr\ncorrelation: {{type: temporal_ordered, rules: [burst, sent], \
         group-by: [who], timespan: 1h}}\n---\ntitle: Burst\nid: burst\ncorrelation: {{type: \
         event_count, rules: [called], group-by: [who], timespan: 10s, condition: {{gte: 2}}}}\n"
    );
    let rules = load(&text);
    let events = [at(1, 0, "e"), at(1, 1, "e"), at(2, 100, "e")];
    let hit = found(&rules, &events);
    assert_eq!(seconds(&hit[0]), [0, 1, 100]);
    assert_eq!(run(&rules, &events).findings.len(), 1, "neither the burst nor its base alerts");
    assert!(found(&rules, &[at(1, 0, "e"), at(1, 1, "e"), at(2, 100, "f")]).is_empty());
    assert!(found(&rules, &[at(1, 0, "e"), at(2, 100, "e")]).is_empty());
}

#[test]
fn event_findings_are_per_actor_and_keep_their_id() {
    let rules = load(RULES);
    let events = [at(0, 0, "eve"), at(0, 5, "bob"), at(0, 9, "eve")];
    let all = run(&rules, &events);
    assert_eq!(all.findings.len(), 2);
    let eve = &all.findings[0];
    assert_eq!((eve.count, eve.actors.as_slice()), (2, &["eve".to_owned()][..]));
    assert_eq!(all.refs.len(), 3);
    assert!(all.refs.iter().any(|row| row.finding_hex() == eve.finding_id));
    // Earlier evidence that comes later changes the finding, not its id.
    let fewer = run(&rules, &events[2..]);
    assert_eq!(fewer.findings[0].finding_id, eve.finding_id);
    // Half-way references are the same references.
    let mut correlator = Correlator::new(&rules);
    let mut rows = Vec::new();
    for event in &events {
        correlator.push(event.clone());
        rows.extend(correlator.drain_refs());
    }
    rows.extend(correlator.finish().refs);
    rows.sort_unstable();
    assert_eq!(rows, all.refs);
}

#[test]
fn many_events_are_counted_although_not_listed() {
    let rules =
        rules("type: value_count\nrules: [called]\ntimespan: 1d\ncondition: {field: m, gte: 2}");
    let mut events: Vec<Match> =
        (0..10_000).map(|second| with(at(1, second, "e"), &json!({"m": "a"}))).collect();
    events.push(with(at(1, 10_000, "e"), &json!({"m": "b"})));
    let hit = found(&rules, &events);
    assert_eq!(hit[0].count, 10_001);
    assert_eq!(hit[0].first_time, Timestamp(0));
    assert_eq!(hit[0].refs.len(), 1_000);
}

#[test]
fn dropped_state_is_told() {
    let rules = rules(
        "type: event_count\nrules: [called]\ngroup-by: [who]\ntimespan: 365d\ncondition: {gte: 9}",
    );
    let mut correlator = Correlator::new(&rules);
    for second in 0..600_000 {
        correlator.push(at(1, second, &second.to_string()));
    }
    let findings = correlator.finish();
    assert_eq!(findings.overflows.len(), 1);
    assert!(findings.overflows[0].message.contains("corr"), "{:?}", findings.overflows);
    assert!(findings.overflows[0].events > 0);
}

#[test]
fn hostile_names_are_inert_in_summaries() {
    let rules = load(RULES);
    let mut event = at(0, 0, "x");
    event.principal = "arn\u{1b}[2J\nfake: line".into();
    let summary = &run(&rules, &[event]).findings[0].summary;
    assert!(!summary.contains('\n') && !summary.contains('\u{1b}'), "{summary}");
}

proptest! {
    /// Findings do not depend on the order of matches of the same time.
    #[test]
    fn equal_times_have_no_order(
        events in proptest::collection::vec((0u32..3, 0i64..12, 0usize..2), 1..40),
        seed in any::<u64>(),
    ) {
        let text = format!("{RULES}{}", [
            "title: c1\nid: c1\ncorrelation: {type: event_count, rules: [called], group-by: [who], timespan: 3s, condition: {gte: 3}}\ngenerate: true",
            "title: c2\nid: c2\ncorrelation: {type: temporal_ordered, rules: [made, called, sent], group-by: [who], timespan: 5s}",
            "title: c3\nid: c3\ncorrelation: {type: temporal, rules: [c1, sent], group-by: [who], timespan: 5s}",
            "title: c4\nid: c4\ncorrelation: {type: value_count, rules: [made, sent], timespan: 4s, condition: {field: who, eq: 2}}",
        ].join("\n---\n"));
        let rules = load(&text);
        let mut sorted: Vec<Match> = events
            .iter()
            .enumerate()
            .map(|(record, (rule, second, who))| {
                let mut event = at(*rule, *second, ["eve", "bob"][*who]);
                event.record = record as u64;
                event
            })
            .collect();
        sorted.sort_by_key(|event| event.time);
        let mut shuffled = sorted.clone();
        shuffled.sort_by_key(|event| {
            (event.time, (event.record ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        });
        prop_assert_eq!(run(&rules, &sorted), run(&rules, &shuffled));
    }

    /// `event_count` finds what counting every window anew finds.
    #[test]
    fn event_count_agrees_with_counting(
        times in proptest::collection::btree_set(0i64..60, 1..30),
        span in 1i64..12,
        wanted in 1usize..6,
    ) {
        let rules = rules(&format!("type: event_count\nrules: [called]\ntimespan: {span}s\ncondition: {{gte: {wanted}}}"));
        let events: Vec<Match> = times.iter().map(|second| at(1, *second, "e")).collect();
        let mut expected = std::collections::BTreeSet::new();
        for end in &times {
            let window: Vec<i64> = times.range(end - span..=*end).copied().collect();
            if window.len() >= wanted {
                expected.extend(window);
            }
        }
        let hit = found(&rules, &events);
        let got: Vec<i64> = hit.first().map(seconds).unwrap_or_default();
        prop_assert_eq!(got, expected.into_iter().collect::<Vec<_>>());
    }

    /// `temporal_ordered` holds exactly when some strictly ordered choice of events exists.
    #[test]
    fn temporal_ordered_agrees_with_trying_all(
        events in proptest::collection::vec((0u32..3, 0i64..20), 1..14),
        span in 1i64..12,
    ) {
        let rules = rules(&format!("type: temporal_ordered\nrules: [made, called, sent]\ntimespan: {span}s"));
        let mut matches: Vec<Match> = events.iter().map(|(rule, second)| at(*rule, *second, "e")).collect();
        matches.sort_by_key(|event| (event.time, event.rule));
        matches.dedup_by_key(|event| (event.time, event.rule));
        let of = |rule: u32| {
            matches.iter().filter(move |m| m.rule == rule).map(|m| m.time.secs())
        };
        let exists = of(0).any(|a| of(1).any(|b| of(2).any(|c| a < b && b < c && c - a <= span)));
        prop_assert_eq!(!found(&rules, &matches).is_empty(), exists);
    }
}
