//! What the application can reach and do, and what was done with it.

use std::collections::BTreeMap;

use heptagon_content::questions::Question;
use heptagon_model::{Fact, Timestamp, canonical_principal};

use super::{asks, deeds, plain_facts, rule_facts};
use crate::engine::Context;
use crate::engine::fold::inside;
use crate::engine::judge::Found;
use crate::input::Activity;
use crate::text::{count, inert, service};
use crate::workload::{Purpose, Role};

fn application_role<'c>(context: &'c Context<'_>, principal: &str) -> Option<&'c Role> {
    context.workload.role(principal).filter(|role| role.purpose == Purpose::Application)
}

/// What suspects did with the application's roles.
fn in_wrong_hands<'c>(
    context: &'c Context<'_>,
    question: &'c Question,
) -> impl Iterator<Item = &'c Activity> {
    context.adverse.iter().filter(move |row| {
        application_role(context, &row.principal).is_some()
            && question.watches.iter().any(|events| asks(context, events, row))
    })
}

/// The application's roles in the hands of suspects.
pub(super) fn role_abuse(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    let rows: Vec<&Activity> = in_wrong_hands(context, question).collect();
    for deed in deeds(context, None, &rows) {
        let fact = deed.fact(context);
        if deed.strong && deed.success > 0 {
            found.confirms.push(fact);
        } else {
            found.indicates.push(fact);
        }
    }
    // A suspect that assumes the application's role has it, whatever it does next.
    let assumed: Vec<&Activity> = context
        .adverse
        .iter()
        .filter(|row| {
            row.event_name.starts_with("AssumeRole")
                && row.success > 0
                && row.resource.as_deref().is_some_and(|role| {
                    application_role(context, &canonical_principal(role)).is_some()
                })
        })
        .collect();
    for deed in deeds(context, None, &assumed) {
        found.confirms.push(deed.fact(context));
    }
    rule_facts(context, question, true, &mut found);
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    found
}

/// Private stores that the application's roles touched.
pub(super) fn reach(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    let wrong: Vec<&Activity> = in_wrong_hands(context, question)
        .filter(|row| inside(context.workload, "private", row.resource.as_deref()))
        .collect();
    for deed in deeds(context, None, &wrong) {
        found.items.extend(deed.resources.iter().map(|resource| inert(resource)));
        if deed.strong && deed.success > 0 {
            found.confirms.push(deed.fact(context));
        } else {
            found.indicates.push(deed.fact(context));
        }
    }
    for row in context.application {
        let asked = question.watches.iter().any(|events| asks(context, events, row));
        let private = inside(context.workload, "private", row.resource.as_deref());
        if !asked || !private || row.success == 0 {
            continue;
        }
        let designed = application_role(context, &row.principal)
            .and_then(|role| role.designed_for(&row.event_source, &row.event_name));
        let resource = inert(row.resource.as_deref().unwrap_or_default());
        let statement = format!(
            "{} reached {resource} with {}:{}{}",
            inert(&canonical_principal(&row.principal)),
            service(&row.event_source),
            inert(&row.event_name),
            match designed {
                Some(true) => ", as it is designed to",
                Some(false) => ", for which it is not designed",
                None => "",
            }
        );
        let adverse = designed == Some(false);
        let fact = Fact { statement, adverse, refs: vec![context.refs.of(&row.first_ref)] };
        found.items.push(resource);
        if adverse {
            found.indicates.push(fact);
        } else {
            found.plain.push(fact);
        }
    }
    found.items.sort();
    found.items.dedup();
    found.seen = !found.items.is_empty();
    found
}

/// What the application's roles are seen to be able to do.
pub(super) fn ability(context: &Context<'_>, at: usize, question: &Question) -> Found {
    let mut found = Found::default();
    let wrong: Vec<&Activity> =
        in_wrong_hands(context, question).filter(|row| row.success > 0).collect();
    for deed in deeds(context, None, &wrong) {
        found.items.push(format!("{}:{}", service(&deed.event_source), inert(&deed.event_name)));
        if deed.strong {
            found.confirms.push(deed.fact(context));
        } else {
            found.indicates.push(deed.fact(context));
        }
    }
    for row in context.application {
        if row.success == 0 || !question.watches.iter().any(|events| asks(context, events, row)) {
            continue;
        }
        found.items.push(format!("{}:{}", service(&row.event_source), inert(&row.event_name)));
        let designed = application_role(context, &row.principal)
            .and_then(|role| role.designed_for(&row.event_source, &row.event_name));
        let statement = format!(
            "{} called {}:{} {}{}",
            inert(&canonical_principal(&row.principal)),
            service(&row.event_source),
            inert(&row.event_name),
            count(row.success, "time"),
            match designed {
                Some(true) => ", as it is designed to",
                Some(false) => ", which is not among its declared actions",
                None => "",
            }
        );
        let adverse = designed == Some(false);
        let fact = Fact { statement, adverse, refs: vec![context.refs.of(&row.first_ref)] };
        if adverse {
            found.indicates.push(fact);
        } else {
            found.plain.push(fact);
        }
    }
    for link in context.workload.links.iter().filter(|link| link.kind == "action-group") {
        found.plain.push(Fact {
            statement: format!("Agent {} can call {}", inert(&link.from), inert(&link.to)),
            adverse: false,
            refs: link.evidence.clone(),
        });
    }
    found.items.sort();
    found.items.dedup();
    found.seen = !found.items.is_empty();
    plain_facts(context, at, &mut found);
    found
}

/// What the application's roles did that nobody designed them for.
pub(super) fn actions(context: &Context<'_>, at: usize, question: &Question) -> Found {
    let mut found = Found::default();
    let wrong: Vec<&Activity> = in_wrong_hands(context, question).collect();
    for deed in deeds(context, None, &wrong) {
        if deed.strong && deed.success > 0 {
            found.confirms.push(deed.fact(context));
        } else {
            found.indicates.push(deed.fact(context));
        }
    }
    let since: Option<Timestamp> = context
        .suspects
        .cases
        .values()
        .filter(|case| case.suspect())
        .filter_map(|case| case.since)
        .min();
    // Every (role, call) is named once.
    let mut first = first_times(context.application);
    for row in context.application {
        if row.success == 0 || !question.watches.iter().any(|events| asks(context, events, row)) {
            continue;
        }
        let principal = canonical_principal(&row.principal);
        let Some(first) = first.remove(&(principal.clone(), row.event_name.as_str())) else {
            continue;
        };
        let role = application_role(context, &row.principal);
        let designed = role.and_then(|role| role.designed_for(&row.event_source, &row.event_name));
        // Never done before a suspect came, and done since.
        let new = since.is_some_and(|since| first >= since);
        let statement = format!(
            "{} called {}:{} {}{}",
            inert(&principal),
            service(&row.event_source),
            inert(&row.event_name),
            count(row.success, "time"),
            match (designed, new) {
                (Some(false), _) => ", which is not among its declared actions",
                (None, true) => ", for the first time after a suspect appeared",
                _ => "",
            }
        );
        let refs = vec![context.refs.of(&row.first_ref)];
        let adverse = designed == Some(false) || (designed.is_none() && new);
        let fact = Fact { statement, adverse, refs };
        match (designed, new) {
            (Some(false), true) => found.confirms.push(fact),
            (Some(false), false) | (None, true) => found.indicates.push(fact),
            _ => found.plain.push(fact),
        }
    }
    rule_facts(context, question, true, &mut found);
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    plain_facts(context, at, &mut found);
    found
}

/// When a role first called something, whatever came of it.
fn first_times(rows: &[Activity]) -> BTreeMap<(String, &str), Timestamp> {
    let mut first: BTreeMap<(String, &str), Timestamp> = BTreeMap::new();
    for row in rows {
        let key = (canonical_principal(&row.principal), row.event_name.as_str());
        let known = first.entry(key).or_insert(row.first_time);
        *known = row.first_time.min(*known);
    }
    first
}

/// Tools that models called.
pub(super) fn tools(context: &Context<'_>, found: &mut Found) {
    for (tool, (calls, first)) in &context.inputs.messages.tools {
        found.items.push(format!("{} ({})", inert(tool), count(*calls, "call")));
        found.plain.push(Fact {
            statement: format!("Models called the tool {} {}", inert(tool), count(*calls, "time")),
            adverse: false,
            refs: vec![context.refs.of(first)],
        });
    }
    found.seen |= !context.inputs.messages.tools.is_empty();
}
