//! `heptagon rules match`: rules held against records without a case.

use std::collections::BTreeSet;

use heptagon_model::{FieldValue, Fields, Level, RuleKind, Timestamp, actor_key};
use serde::Serialize;

use crate::correlate::{Correlator, Match, MatchRef, Overflow};
use crate::matching::Matcher;
use crate::rules::RuleSet;

/// A rule that matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The rule's id.
    pub rule_id: String,
    /// The rule's title.
    pub title: String,
    /// The rule's level.
    pub level: Level,
    /// One event, or several.
    pub kind: RuleKind,
    /// When it happened; the earliest event of a correlation.
    pub event_time: Timestamp,
    /// What was done; for a correlation all that was, joined by commas.
    pub event_name: String,
    /// The record, or the earliest 1,000 of a correlation.
    #[serde(skip)]
    pub refs: Vec<MatchRef>,
}

/// Rules held against records one after the other.
///
/// Event rules give a row for each record they match, also those that only serve a correlation;
/// correlations give a row for each group at the end.
pub struct Session {
    rules: RuleSet,
    matcher: Matcher,
    matched: Vec<u32>,
    feeding: Vec<Match>,
    seen: BTreeSet<(Timestamp, String)>,
}

impl Session {
    /// Starts with nothing seen.
    pub fn new(rules: &RuleSet) -> Session {
        Session {
            rules: rules.clone(),
            matcher: rules.matcher(),
            matched: Vec::new(),
            feeding: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Holds the event rules against a record; `artifact` is the beginning of its SHA-256.
    pub fn record<F: Fields + ?Sized>(
        &mut self,
        record: &F,
        artifact: [u8; 8],
        ordinal: u64,
    ) -> Vec<Row> {
        let mut matched = std::mem::take(&mut self.matched);
        self.matcher.evaluate(record, &mut matched);
        let rows = matched.iter().map(|rule| self.row(*rule, record, artifact, ordinal)).collect();
        self.matched = matched;
        rows
    }

    fn row<F: Fields + ?Sized>(
        &mut self,
        rule: u32,
        record: &F,
        artifact: [u8; 8],
        ordinal: u64,
    ) -> Row {
        let matched = match_of(rule, record, &self.matcher, artifact, ordinal);
        let info = &self.rules.rules()[rule as usize];
        let row = Row {
            rule_id: info.rule_id.clone(),
            title: info.title.clone(),
            level: info.level,
            kind: RuleKind::Event,
            event_time: matched.time,
            event_name: matched.event_name.clone(),
            refs: vec![MatchRef { time: matched.time, artifact, record: ordinal }],
        };
        if self.rules.feeds_correlation(rule as usize) {
            // The same event may be delivered twice.
            let id = text(record, &["eventID", "requestId"]).map(|id| format!("{rule} {id}"));
            if id.is_none_or(|id| self.seen.insert((matched.time, id))) {
                self.feeding.push(matched);
            }
        }
        row
    }

    /// The correlations over everything seen, sorted by time, and the bounds that were hit.
    pub fn finish(self) -> (Vec<Row>, Vec<Overflow>) {
        let (findings, _) = correlate(&self.rules, self.feeding);
        let rows = findings.findings.into_iter().filter_map(|finding| {
            let info = &self.rules.rules()[finding.rule as usize];
            (info.kind == RuleKind::Correlation).then(|| Row {
                rule_id: info.rule_id.clone(),
                title: info.title.clone(),
                level: info.level,
                kind: RuleKind::Correlation,
                event_time: finding.first_time,
                event_name: finding.event_names.join(","),
                refs: finding.refs,
            })
        });
        (rows.collect(), findings.overflows)
    }
}

/// Findings of matches in any order, and the correlations that held.
pub(crate) fn correlate(
    rules: &RuleSet,
    mut matches: Vec<Match>,
) -> (crate::Findings, BTreeSet<usize>) {
    matches.sort_by(|a, b| {
        (a.time, a.artifact, a.record, a.rule).cmp(&(b.time, b.artifact, b.record, b.rule))
    });
    let mut correlator = Correlator::new(rules);
    for matched in &matches {
        correlator.push(matched.clone());
    }
    correlator.finish_with_held()
}

/// The match of a record that is known through its fields alone.
pub(crate) fn match_of<F: Fields + ?Sized>(
    rule: u32,
    record: &F,
    matcher: &Matcher,
    artifact: [u8; 8],
    ordinal: u64,
) -> Match {
    let one = |paths: &[&str]| text(record, paths).unwrap_or_default();
    let principal = one(&[
        "userIdentity.arn",
        "identity.arn",
        "userIdentity.principalId",
        "userIdentity.invokedBy",
        "userIdentity.accountId",
    ]);
    let access_key = text(record, &["userIdentity.accessKeyId"]);
    let time = match record.field("eventTime").or_else(|| record.field("timestamp")) {
        Some(FieldValue::Str(text)) => Timestamp::parse(&text),
        Some(FieldValue::Int(number)) => Timestamp::from_epoch(number),
        _ => None,
    };
    Match {
        rule,
        time: time.unwrap_or_default(),
        account: one(&["recipientAccountId", "accountId", "userIdentity.accountId"]),
        region: one(&["awsRegion", "region"]),
        actor: actor_key(access_key.as_deref(), &principal, None),
        principal,
        source_ip: text(record, &["sourceIPAddress"]),
        resource: None,
        event_name: record.event_key().1.to_owned(),
        artifact,
        record: ordinal,
        correlation_fields: matcher.correlation_fields(rule, record),
    }
}

/// The first of some fields that is a text.
fn text<F: Fields + ?Sized>(record: &F, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| match record.field(path) {
        Some(FieldValue::Str(text)) => Some(text.into_owned()),
        _ => None,
    })
}
