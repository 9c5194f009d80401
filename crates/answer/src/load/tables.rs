//! The small tables.

use std::collections::{BTreeMap, HashMap, HashSet};

use heptagon_case::{CaseDir, read};
use heptagon_model::{ArtifactRow, Confidence, Element, Finding, Level, Timestamp};

use super::columns::Columns;
use super::{LoadError, hour_of, reference};
use crate::input::{
    ActorRow, FindingRow, GuardrailUse, Inputs, MessageStats, ModelCall, PresenceRow, Ref, RefBook,
};

/// References kept per finding, as an answer's facts have them.
const REFS_MAX: usize = 100;
/// References followed to their authors.
const FOLLOWED_MAX: usize = 500_000;

pub(super) fn presence(case: &CaseDir) -> Result<Vec<PresenceRow>, LoadError> {
    let mut rows = Vec::new();
    let wanted = [
        "source",
        "category",
        "account",
        "region",
        "hour",
        "events",
        "first_time",
        "last_time",
        "complete_source",
    ];
    for batch in read(case, "presence", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new("presence", &batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default().to_owned();
            rows.push(PresenceRow {
                source: text(0),
                category: text(1),
                account: text(2),
                region: text(3),
                hour: columns.time(4, row),
                events: columns.int(5, row).unwrap_or_default().unsigned_abs(),
                first_time: columns.time(6, row),
                last_time: columns.time(7, row),
                complete_source: columns.bool(8, row).unwrap_or(true),
            });
        }
    }
    Ok(rows)
}

pub(super) fn actors(case: &CaseDir) -> Result<Vec<ActorRow>, LoadError> {
    let mut rows = Vec::new();
    let wanted = [
        "actor",
        "kind",
        "account",
        "principal",
        "access_keys",
        "source_ips",
        "user_agents",
        "regions",
        "first_time",
        "last_time",
        "events",
        "writes",
        "denied",
    ];
    for batch in read(case, "actors", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new("actors", &batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default().to_owned();
            let number = |column| columns.int(column, row).unwrap_or_default().unsigned_abs();
            rows.push(ActorRow {
                actor: text(0),
                kind: text(1),
                account: text(2),
                principal: text(3),
                access_keys: columns.list(4, row),
                source_ips: columns.list(5, row),
                user_agents: columns.list(6, row),
                regions: columns.list(7, row),
                first_time: columns.time(8, row),
                last_time: columns.time(9, row),
                events: number(10),
                writes: number(11),
                denied: number(12),
            });
        }
    }
    Ok(rows)
}

/// Findings; `refs` gets the positions of findings by the records behind them.
pub(super) fn findings(
    case: &CaseDir,
    refs: &mut HashMap<Ref, Vec<u32>>,
    artifacts: &[ArtifactRow],
) -> Result<Vec<FindingRow>, LoadError> {
    let mut rows: Vec<FindingRow> = Vec::new();
    let mut by_id: HashMap<String, u32> = HashMap::new();
    let wanted = [
        "finding_id",
        "rule_id",
        "title",
        "level",
        "elements",
        "first_time",
        "last_time",
        "count",
        "principals",
        "source_ips",
        "resources",
        "attack",
        "atlas",
        "owasp",
        "confidence",
        "summary",
    ];
    for batch in read(case, "findings", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new("findings", &batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default().to_owned();
            let level = Level::from_name(&text(3)).ok_or_else(|| LoadError::Value {
                table: "findings",
                reason: format!("unknown level {}", crate::text::inert(&text(3))),
            })?;
            by_id.insert(text(0), rows.len() as u32);
            rows.push(FindingRow {
                finding: Finding {
                    finding_id: text(0),
                    rule_id: text(1),
                    title: text(2),
                    level,
                    elements: columns
                        .list(4, row)
                        .iter()
                        .filter_map(|slug| Element::from_slug(slug))
                        .collect(),
                    first_time: columns.time(5, row),
                    last_time: columns.time(6, row),
                    count: columns.int(7, row).unwrap_or_default().unsigned_abs(),
                    principals: columns.list(8, row),
                    source_ips: columns.list(9, row),
                    resources: columns.list(10, row),
                    refs: Vec::new(),
                    attack: columns.list(11, row),
                    atlas: columns.list(12, row),
                    owasp: columns.list(13, row),
                    confidence: match text(14).as_str() {
                        "high" => Confidence::High,
                        "medium" => Confidence::Medium,
                        _ => Confidence::Low,
                    },
                    summary: text(15),
                },
                actors: BTreeMap::new(),
            });
        }
    }
    let book = RefBook::new(artifacts);
    let mut followed = 0;
    for batch in read(case, "finding_refs", Some(&["finding_id", "artifact", "record"]))? {
        let batch = batch?;
        let columns = Columns::new("finding_refs", &batch);
        for row in 0..batch.num_rows() {
            let Some(at) = columns.text(0, row).and_then(|id| by_id.get(id)) else { continue };
            let finding = &mut rows[*at as usize].finding;
            let key = reference(&columns, 1, 2, row);
            if finding.refs.len() < REFS_MAX {
                finding.refs.push(book.of(&key));
            }
            // Only findings that may accuse are followed to their authors.
            if followed < FOLLOWED_MAX && finding.level >= Level::Medium {
                followed += 1;
                refs.entry(key).or_default().push(*at);
            }
        }
    }
    Ok(rows)
}

/// (account, region, principal, actor, model, address, hour).
type CallKey = (String, String, String, String, String, Option<String>, Timestamp);

/// Invocation records: calls by hour, guardrails in use, bodies that are missing.
/// Gives the CloudTrail records that have an invocation record, by artifact.
pub(super) fn invocations(
    case: &CaseDir,
    inputs: &mut Inputs,
) -> Result<HashMap<String, HashSet<u64>>, LoadError> {
    let mut logged: HashMap<String, HashSet<u64>> = HashMap::new();
    let mut calls: HashMap<CallKey, ModelCall> = HashMap::new();
    let mut guardrails: BTreeMap<(String, String, String, String), GuardrailUse> = BTreeMap::new();
    let wanted = [
        "event_time",
        "account",
        "region",
        "principal",
        "actor",
        "model_id",
        "source_ip",
        "input_tokens",
        "output_tokens",
        "error_code",
        "guardrail_id",
        "input_body_state",
        "output_body_state",
        "artifact",
        "record",
        "cloudtrail_ref",
    ];
    let mut missing = 0;
    let mut missing_ref = None;
    for batch in read(case, "invocations", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new("invocations", &batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default().to_owned();
            let time = columns.time(0, row);
            let first_ref = reference(&columns, 13, 14, row);
            if let Some((artifact, record)) =
                columns.text(15, row).and_then(|text| text.split_once(':'))
                && let Ok(record) = record.parse()
            {
                logged.entry(artifact.to_owned()).or_default().insert(record);
            }
            let state = |column| matches!(columns.text(column, row), Some("s3" | "missing"));
            if state(11) || state(12) {
                missing += 1;
                missing_ref.get_or_insert_with(|| first_ref.clone());
            }
            let principal = text(3);
            let actor = columns.text(4, row).map_or_else(|| principal.clone(), str::to_owned);
            if let Some(guardrail) = columns.text(10, row) {
                let key = (principal.clone(), guardrail.to_owned(), text(1), text(2));
                let used = guardrails.entry(key).or_insert_with(|| GuardrailUse {
                    principal: principal.clone(),
                    guardrail: guardrail.to_owned(),
                    account: text(1),
                    region: text(2),
                    calls: 0,
                    first_ref: first_ref.clone(),
                });
                used.calls += 1;
            }
            let source_ip = columns.text(6, row).map(str::to_owned);
            let hour = hour_of(time);
            let key = (
                text(1),
                text(2),
                principal.clone(),
                actor.clone(),
                text(5),
                source_ip.clone(),
                hour,
            );
            let call = calls.entry(key).or_insert_with(|| ModelCall {
                source: "bedrock-invocation".to_owned(),
                account: text(1),
                region: text(2),
                principal,
                actor,
                model: text(5),
                source_ip,
                hour,
                calls: 0,
                failed: 0,
                logged: 0,
                tokens: 0,
                first_ref,
                first_time: time,
            });
            if columns.text(9, row).is_some_and(|code| !code.is_empty()) {
                call.failed += 1;
            } else {
                call.calls += 1;
            }
            let tokens =
                |column| columns.int(column, row).unwrap_or_default().max(0).unsigned_abs();
            call.tokens += tokens(7) + tokens(8);
        }
    }
    inputs.messages.missing_bodies = missing;
    inputs.messages.missing_body_ref = missing_ref;
    inputs.model_calls.extend(calls.into_values());
    sort_calls(&mut inputs.model_calls);
    inputs.guardrails = guardrails.into_values().collect();
    Ok(logged)
}

pub(super) fn sort_calls(calls: &mut [ModelCall]) {
    calls.sort_by(|a, b| {
        (a.first_time, &a.source, &a.first_ref, &a.model).cmp(&(
            b.first_time,
            &b.source,
            &b.first_ref,
            &b.model,
        ))
    });
}

/// Messages by kind, and the tools that models called.
pub(super) fn messages(case: &CaseDir) -> Result<MessageStats, LoadError> {
    let mut stats = MessageStats::default();
    let wanted = ["direction", "role", "part", "name", "artifact", "record"];
    let mut counts: HashMap<(String, String, String), u64> = HashMap::new();
    for batch in read(case, "messages", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new("messages", &batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default().to_owned();
            let part = columns.text(2, row).unwrap_or_default();
            if part == "tool_use" && columns.text(0, row) == Some("output") {
                let name = text(3);
                if stats.tools.len() < 1_000 || stats.tools.contains_key(&name) {
                    let first = reference(&columns, 4, 5, row);
                    stats.tools.entry(name).or_insert((0, first)).0 += 1;
                }
            }
            *counts.entry((text(0), text(1), text(2))).or_default() += 1;
        }
    }
    stats.by_kind = counts.into_iter().collect();
    Ok(stats)
}
