//! Model calls: by whom, how many, with what content, and whether they were logged.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_content::questions::Question;
use heptagon_model::{CoverageState, EvidenceRef, Fact, Timestamp, canonical_principal};

use super::{asks, deeds, rule_facts};
use crate::actors::Standing;
use crate::coverage::{Blind, LoggingChange};
use crate::engine::Context;
use crate::engine::fold::REFS_MAX;
use crate::engine::judge::Found;
use crate::input::{Activity, ModelCall};
use crate::text::{count, inert, some};

/// Calls within an hour that are many for one suspect.
const HOURLY_CALLS_MANY: u64 = 30;

pub(super) fn unauthorized(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    let rows: Vec<&Activity> = context
        .adverse
        .iter()
        .filter(|row| question.watches.iter().any(|events| asks(context, events, row)))
        .collect();
    for deed in deeds(context, None, &rows) {
        if deed.strong && deed.success > 0 {
            found.confirms.push(deed.fact(context));
        } else {
            found.indicates.push(deed.fact(context));
        }
    }
    usual_callers(context, &mut found);
    rule_facts(context, question, true, &mut found);
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    found
}

fn standing<'c>(context: &'c Context<'_>, call: &ModelCall) -> Standing<'c> {
    context.suspects.standing(
        context.workload,
        &call.actor,
        &call.principal,
        call.source_ip.as_deref(),
        call.first_time,
    )
}

fn usual_callers(context: &Context<'_>, found: &mut Found) {
    let mut callers: BTreeMap<String, (u64, BTreeSet<&str>, Vec<EvidenceRef>)> = BTreeMap::new();
    for call in &context.inputs.model_calls {
        if call.source == "cloudtrail" && !standing(context, call).is_suspect() {
            let (calls, models, refs) =
                callers.entry(canonical_principal(&call.principal)).or_default();
            *calls += call.calls;
            models.insert(&call.model);
            if refs.len() < 3 {
                refs.push(context.refs.of(&call.first_ref));
            }
        }
    }
    for (principal, (calls, models, refs)) in callers {
        let models: Vec<String> = models.into_iter().map(inert).collect();
        let statement =
            format!("{} made {} to {}", inert(&principal), count(calls, "call"), some(&models, 4));
        found.plain.push(Fact { statement, adverse: false, refs });
    }
}

/// Models and volumes beyond what others in the evidence make usual.
pub(super) fn volume(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    let mut usual: BTreeSet<&str> = BTreeSet::new();
    for call in &context.inputs.model_calls {
        if !standing(context, call).is_suspect() && call.calls > 0 {
            usual.insert(model_id(&call.model));
        }
    }
    let mut by_actor: BTreeMap<&str, Unusual<'_>> = BTreeMap::new();
    for call in &context.inputs.model_calls {
        if call.source != "cloudtrail" || call.calls == 0 || !standing(context, call).is_suspect() {
            continue;
        }
        let unusual = by_actor.entry(&call.actor).or_default();
        unusual.calls += call.calls;
        *unusual.hourly.entry(call.hour).or_default() += call.calls;
        if !usual.contains(model_id(&call.model)) {
            unusual.models.insert(&call.model);
        }
        unusual.regions.insert(&call.region);
        if unusual.refs.len() < REFS_MAX {
            unusual.refs.push(context.refs.of(&call.first_ref));
        }
    }
    for (actor, unusual) in by_actor {
        let peak = unusual.hourly.values().max().copied().unwrap_or(0);
        if unusual.models.is_empty() && peak < HOURLY_CALLS_MANY && unusual.regions.len() < 2 {
            continue;
        }
        let mut what = vec![count(unusual.calls, "call"), format!("{peak} in the busiest hour")];
        if !unusual.models.is_empty() {
            let models: Vec<String> = unusual.models.iter().map(|m| inert(m)).collect();
            what.push(format!("models nobody else uses: {}", some(&models, 4)));
        }
        let regions: Vec<&str> = unusual.regions.iter().copied().collect();
        what.push(format!("in {}", some(&regions, 4)));
        let fact = Fact {
            statement: format!("Suspect {}: {}", inert(actor), what.join("; ")),
            adverse: true,
            refs: unusual.refs,
        };
        if context.suspects.cases.get(actor).is_some_and(crate::actors::Case::strong) {
            found.confirms.push(fact);
        } else {
            found.indicates.push(fact);
        }
    }
    usual_callers(context, &mut found);
    rule_facts(context, question, true, &mut found);
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    found
}

#[derive(Default)]
struct Unusual<'a> {
    calls: u64,
    hourly: BTreeMap<Timestamp, u64>,
    models: BTreeSet<&'a str>,
    regions: BTreeSet<&'a str>,
    refs: Vec<EvidenceRef>,
}

/// Exchanges of one suspect that were logged.
#[derive(Default)]
struct Logged<'a> {
    calls: u64,
    tokens: u64,
    models: BTreeSet<&'a str>,
    refs: Vec<EvidenceRef>,
}

fn model_id(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

/// What was sent and what came back, as far as it was logged.
pub(super) fn content(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    let mut logged: BTreeMap<&str, Logged<'_>> = BTreeMap::new();
    for call in &context.inputs.model_calls {
        if call.source == "bedrock-invocation" && standing(context, call).is_suspect() {
            let its = logged.entry(&call.actor).or_default();
            its.calls += call.calls + call.failed;
            its.tokens += call.tokens;
            its.models.insert(&call.model);
            if its.refs.len() < REFS_MAX {
                its.refs.push(context.refs.of(&call.first_ref));
            }
        }
    }
    for (actor, Logged { calls, tokens, models, refs }) in logged {
        let models: Vec<String> = models.into_iter().map(inert).collect();
        let strong = context.suspects.cases.get(actor).is_some_and(crate::actors::Case::strong);
        let fact = Fact {
            statement: format!(
                "Suspect {} exchanged {} ({tokens} tokens) with {}",
                inert(actor),
                count(calls, "logged message pair"),
                some(&models, 4)
            ),
            adverse: true,
            refs,
        };
        if strong {
            found.confirms.push(fact);
        } else {
            found.indicates.push(fact);
        }
    }
    let stats = &context.inputs.messages;
    for ((direction, role, part), number) in &stats.by_kind {
        found.items.push(format!("{number} {direction} {role} {part}"));
    }
    if stats.missing_bodies > 0 {
        let refs = stats.missing_body_ref.iter().map(|r| context.refs.of(r)).collect();
        found.plain.push(Fact {
            statement: format!(
                "The bodies of {} lie in objects that are not in the evidence",
                count(stats.missing_bodies, "invocation")
            ),
            adverse: false,
            refs,
        });
        let window = context.coverage.scope.window;
        found.blind.push(Blind {
            source: "bedrock-invocation".into(),
            category: "invocation".into(),
            account: String::new(),
            region: String::new(),
            store: None,
            from: window.from,
            to: window.to,
            state: CoverageState::Unknown,
            why: "bodies over 100 KB are objects of their own; copy the data/ prefix too".into(),
        });
    }
    rule_facts(context, question, false, &mut found);
    found.seen = !stats.by_kind.is_empty();
    found
}

/// When invocation logging was off, by whom, and what is not known.
pub(super) fn logging_window(context: &Context<'_>) -> Found {
    let mut found = Found::default();
    for event in &context.changes.all {
        let off = match event.change {
            LoggingChange::InvocationsOff => "removed the logging of invocations",
            LoggingChange::InvocationsOn { text: false } => "turned the delivery of text off",
            LoggingChange::InvocationsOn { text: true } => {
                found.plain.push(Fact {
                    statement: format!(
                        "{} configured invocation logging in {} at {}",
                        inert(&event.principal),
                        event.region,
                        event.time
                    ),
                    adverse: false,
                    refs: vec![context.refs.of(&event.reference)],
                });
                continue;
            }
            _ => continue,
        };
        let standing = context.suspects.standing(
            context.workload,
            &event.actor,
            &event.principal,
            event.source_ip.as_deref(),
            event.time,
        );
        let statement =
            format!("{} {off} in {} at {}", inert(&event.actor), inert(&event.region), event.time);
        let refs = vec![context.refs.of(&event.reference)];
        match standing {
            Standing::Suspect { strong: true } => {
                found.confirms.push(Fact { statement, adverse: true, refs });
            }
            Standing::Suspect { .. } | Standing::Other => {
                found.indicates.push(Fact { statement, adverse: true, refs });
            }
            _ => found.plain.push(Fact { statement, adverse: false, refs }),
        }
    }
    for ((source, _, account, region), stretches) in &context.coverage.cells {
        if source != "bedrock-invocation" {
            continue;
        }
        for stretch in stretches.iter().filter(|s| s.state != CoverageState::Recorded) {
            found.items.push(format!(
                "{account} {region} {} to {}: {}",
                stretch.from, stretch.to, stretch.why
            ));
        }
    }
    found.seen = !found.items.is_empty();
    found
}
