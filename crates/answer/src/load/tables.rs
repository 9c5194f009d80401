//! The small tables.

use std::collections::{BTreeMap, HashMap, HashSet};

use heptagon_case::{CaseDir, read};
use heptagon_model::{ArtifactRow, Confidence, Element, Finding, Level};

use super::columns::Columns;
use super::groups::{Groups, hash_of};
use super::{LoadError, hour_of, reference};
use crate::input::{
    ActorRow, FindingRow, GuardrailUse, Inputs, MessageStats, ModelCall, Origin, PresenceRow,
    RefBook,
};

/// References kept per finding, as an answer's facts have them.
const REFS_MAX: usize = 100;
/// References followed to their authors.
const FOLLOWED_MAX: usize = 500_000;
/// Addresses named per finding and actor.
const ADDRESSES_MAX: usize = 50;
/// Distinct (actor, address) pairs kept.
const ORIGINS_MAX: usize = 500_000;

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
        let columns = Columns::new(&batch);
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
        let columns = Columns::new(&batch);
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

/// Where actors came from, day by day. The first time is that of the actor's last event on the first
/// day: no address is taken for older than it is.
pub(super) fn origins(case: &CaseDir) -> Result<Vec<Origin>, LoadError> {
    let mut origins: BTreeMap<(String, String), Origin> = BTreeMap::new();
    let wanted = ["source", "actor", "source_ips", "last_time", "events", "day"];
    for batch in read(case, "activity", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            if columns.text(0, row) != Some("cloudtrail") || origins.len() > ORIGINS_MAX {
                continue;
            }
            let actor = columns.text(1, row).unwrap_or_default();
            let last = columns.time(3, row);
            for source_ip in columns.list(2, row) {
                let origin =
                    origins.entry((actor.to_owned(), source_ip.clone())).or_insert_with(|| {
                        Origin {
                            actor: actor.to_owned(),
                            source_ip,
                            first_time: last,
                            last_time: last,
                            days: 0,
                        }
                    });
                origin.first_time = origin.first_time.min(last);
                origin.last_time = origin.last_time.max(last);
                origin.days += 1;
            }
        }
    }
    Ok(origins.into_values().collect())
}

/// Findings, and who is behind them.
pub(super) fn findings(
    case: &CaseDir,
    artifacts: &[ArtifactRow],
) -> Result<Vec<FindingRow>, LoadError> {
    let mut refs: HashMap<String, HashMap<u64, Vec<u32>>> = HashMap::new();
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
        let columns = Columns::new(&batch);
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
        let columns = Columns::new(&batch);
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
                refs.entry(key.artifact).or_default().entry(key.record).or_default().push(*at);
            }
        }
    }
    authors(case, &mut rows, &refs)?;
    Ok(rows)
}

/// Adds to findings the actors of their events.
fn authors(
    case: &CaseDir,
    rows: &mut [FindingRow],
    refs: &HashMap<String, HashMap<u64, Vec<u32>>>,
) -> Result<(), LoadError> {
    let wanted = ["artifact", "record", "actor", "source_ip"];
    for batch in read(case, "matches", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let record = columns.int(1, row).unwrap_or_default().unsigned_abs();
            let found = columns
                .text(0, row)
                .and_then(|artifact| refs.get(artifact))
                .and_then(|records| records.get(&record));
            let (Some(found), Some(actor)) = (found, columns.text(2, row)) else { continue };
            for at in found {
                let addresses = rows[*at as usize].actors.entry(actor.to_owned()).or_default();
                if let Some(address) = columns.text(3, row)
                    && addresses.len() < ADDRESSES_MAX
                    && !addresses.iter().any(|known| known == address)
                {
                    addresses.push(address.to_owned());
                }
            }
        }
    }
    for row in rows {
        row.actors.values_mut().for_each(|addresses| addresses.sort());
    }
    Ok(())
}

/// Callers by hour, and guardrails with their users, that are kept.
const CALLS_MAX: usize = 1_000_000;
const GUARDRAILS_MAX: usize = 50_000;

/// Invocation records: calls by hour, guardrails in use, bodies that are missing.
/// Gives the CloudTrail records that have an invocation record, by artifact.
pub(super) fn invocations(
    case: &CaseDir,
    inputs: &mut Inputs,
) -> Result<HashMap<String, HashSet<u64>>, LoadError> {
    let mut logged: HashMap<String, HashSet<u64>> = HashMap::new();
    let mut calls: Groups<ModelCall> = Groups::new(CALLS_MAX);
    let mut guardrails: Groups<GuardrailUse> = Groups::new(GUARDRAILS_MAX);
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
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let time = columns.time(0, row);
            if let Some((artifact, record)) =
                columns.text(15, row).and_then(|text| text.split_once(':'))
                && let Ok(record) = record.parse()
            {
                logged.entry(artifact.to_owned()).or_default().insert(record);
            }
            let state = |column| matches!(columns.text(column, row), Some("s3" | "missing"));
            if state(11) || state(12) {
                missing += 1;
                missing_ref.get_or_insert_with(|| reference(&columns, 13, 14, row));
            }
            let plain = |column| columns.text(column, row).unwrap_or_default();
            let (account, region, principal, model) = (plain(1), plain(2), plain(3), plain(5));
            let actor = columns.text(4, row).unwrap_or(principal);
            let source_ip = columns.text(6, row);
            if let Some(guardrail) = columns.text(10, row) {
                let used = guardrails.at(
                    hash_of(&[principal, guardrail, account, region], 0),
                    |known| {
                        known.principal == principal
                            && known.guardrail == guardrail
                            && known.account == account
                            && known.region == region
                    },
                    || GuardrailUse {
                        principal: principal.to_owned(),
                        guardrail: guardrail.to_owned(),
                        account: account.to_owned(),
                        region: region.to_owned(),
                        calls: 0,
                        first_ref: reference(&columns, 13, 14, row),
                    },
                );
                if let Some(used) = used {
                    used.calls += 1;
                }
            }
            let hour = hour_of(time);
            let call = calls.at(
                hash_of(&[account, region, actor, model, source_ip.unwrap_or_default()], hour.0),
                |known| {
                    known.hour == hour
                        && known.actor == actor
                        && known.model == model
                        && known.source_ip.as_deref() == source_ip
                        && known.account == account
                        && known.region == region
                },
                || ModelCall {
                    source: "bedrock-invocation".to_owned(),
                    account: account.to_owned(),
                    region: region.to_owned(),
                    principal: principal.to_owned(),
                    actor: actor.to_owned(),
                    model: model.to_owned(),
                    source_ip: source_ip.map(str::to_owned),
                    hour,
                    calls: 0,
                    failed: 0,
                    logged: 0,
                    tokens: 0,
                    first_ref: reference(&columns, 13, 14, row),
                    first_time: time,
                },
            );
            let Some(call) = call else { continue };
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
    inputs.model_calls.extend(calls.into_rows());
    sort_calls(&mut inputs.model_calls);
    inputs.guardrails = guardrails.into_rows();
    inputs.guardrails.sort_by(|a, b| {
        (&a.principal, &a.guardrail, &a.account, &a.region).cmp(&(
            &b.principal,
            &b.guardrail,
            &b.account,
            &b.region,
        ))
    });
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

/// Tools named.
const TOOLS_MAX: usize = 1_000;
/// Kinds of messages counted: the parser's own words, so there are few.
const KINDS_MAX: usize = 200;

/// Messages by kind, and the tools that models called.
pub(super) fn messages(case: &CaseDir) -> Result<MessageStats, LoadError> {
    let mut stats = MessageStats::default();
    let wanted = ["direction", "role", "part", "name", "artifact", "record"];
    // A handful of kinds: a list is faster to search than keys are to build.
    let mut kinds: Vec<([String; 3], u64)> = Vec::new();
    for batch in read(case, "messages", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let text = |column| columns.text(column, row).unwrap_or_default();
            let kind = [text(0), text(1), text(2)];
            if kind[2] == "tool_use" && kind[0] == "output" {
                let name = text(3);
                if let Some(tool) = stats.tools.get_mut(name) {
                    tool.0 += 1;
                } else if stats.tools.len() < TOOLS_MAX {
                    stats.tools.insert(name.to_owned(), (1, reference(&columns, 4, 5, row)));
                }
            }
            if let Some((_, count)) = kinds.iter_mut().find(|(known, _)| *known == kind) {
                *count += 1;
            } else if kinds.len() < KINDS_MAX {
                kinds.push((kind.map(str::to_owned), 1));
            }
        }
    }
    stats.by_kind = kinds
        .into_iter()
        .map(|([direction, role, part], count)| ((direction, role, part), count))
        .collect();
    Ok(stats)
}
