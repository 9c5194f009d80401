//! Who is in, still in, and with what.

use heptagon_content::questions::Question;
use heptagon_model::{Fact, Timestamp};

use crate::engine::Context;
use crate::engine::fold::{Author, REFS_MAX};
use crate::engine::judge::Found;
use crate::input::Activity;
use crate::text::{count, inert, some};

/// Activity so short before the end of the evidence may go on.
const STILL_ACTIVE_US: i64 = 6 * 3_600_000_000;

/// All suspects.
pub(super) fn suspects(context: &Context<'_>) -> Found {
    let mut found = Found::default();
    for (actor, case) in context.suspects.cases.iter().filter(|(_, case)| case.suspect()) {
        let rows: Vec<&Activity> =
            context.adverse.iter().filter(|row| row.actor == *actor).collect();
        let succeeded: u64 = rows.iter().map(|row| row.success).sum();
        let denied: u64 = rows.iter().map(|row| row.denied).sum();
        let findings = context
            .inputs
            .findings
            .iter()
            .filter(|row| row.actors.contains_key(actor))
            .collect::<Vec<_>>();
        let mut refs: Vec<_> =
            findings.iter().flat_map(|row| row.finding.refs.iter().cloned()).collect();
        refs.extend(rows.iter().map(|row| context.refs.of(&row.first_ref)));
        refs.sort();
        refs.dedup();
        refs.truncate(REFS_MAX);
        let mut titles: Vec<&str> = findings
            .iter()
            .filter(|row| {
                case.high.contains(&row.finding.rule_id)
                    || case.medium.contains(&row.finding.rule_id)
            })
            .map(|row| row.finding.title.as_str())
            .collect();
        titles.sort_unstable();
        titles.dedup();
        let mut why: Vec<String> = case.tainted.clone();
        if !titles.is_empty() {
            why.push(some(&titles, 3));
        }
        let fact = Fact {
            statement: format!(
                "{} made {} and was refused {}: {}",
                inert(actor),
                count(succeeded, "call"),
                count(denied, "time"),
                why.join("; ")
            ),
            adverse: true,
            refs,
        };
        if case.strong() && (succeeded > 0 || rows.is_empty()) {
            found.confirms.push(fact);
        } else {
            found.indicates.push(fact);
        }
    }
    for (actor, case) in &context.suspects.cases {
        if let Some(excuse) = case.excused.as_ref().filter(|_| !case.suspect()) {
            found.plain.push(Fact {
                statement: format!("{} is not accused: {excuse}", inert(actor)),
                adverse: false,
                refs: Vec::new(),
            });
        }
    }
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    found
}

/// Whether suspects act after containment, or until the evidence ends.
pub(super) fn continued(context: &Context<'_>) -> Found {
    let mut found = Found::default();
    let contained = containment_time(context);
    for (actor, case) in context.suspects.cases.iter().filter(|(_, case)| case.suspect()) {
        let rows: Vec<&Activity> =
            context.adverse.iter().filter(|row| row.actor == *actor && row.success > 0).collect();
        let Some(last) = rows.iter().map(|row| row.last_time).max() else { continue };
        let late: Vec<_> = rows
            .iter()
            .filter(|row| {
                contained.is_some_and(|time| row.first_time > time)
                    || context.end.0 - row.last_time.0 <= STILL_ACTIVE_US
            })
            .map(|row| context.refs.of(&row.first_ref))
            .take(REFS_MAX)
            .collect();
        let after = contained.is_some_and(|time| last > time);
        let until_end = context.end.0 - last.0 <= STILL_ACTIVE_US;
        let statement = match (after, until_end) {
            (true, _) => format!("{} still acted at {last}, after containment began", inert(actor)),
            (false, true) => {
                format!("{} still acted at {last}, shortly before the evidence ends", inert(actor))
            }
            (false, false) => {
                found.plain.push(Fact {
                    statement: format!("{} was last seen at {last}", inert(actor)),
                    adverse: false,
                    refs: Vec::new(),
                });
                continue;
            }
        };
        let fact = Fact { statement, adverse: true, refs: late };
        if case.strong() {
            found.confirms.push(fact);
        } else {
            found.indicates.push(fact);
        }
    }
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    found
}

/// When somebody other than a suspect began to lock suspects out.
fn containment_time(context: &Context<'_>) -> Option<Timestamp> {
    let since = context
        .suspects
        .cases
        .values()
        .filter(|case| case.suspect())
        .filter_map(|case| case.since)
        .min()?;
    let names: Vec<&str> = context
        .suspects
        .cases
        .iter()
        .filter(|(_, case)| case.suspect())
        .map(|(actor, _)| {
            let principal = context.principals.get(actor.as_str()).copied().unwrap_or(actor);
            principal.rsplit(['/', ':']).next().unwrap_or(actor)
        })
        .filter(|name| name.len() > 3)
        .collect();
    context
        .fold
        .tallies
        .iter()
        .flat_map(|tally| &tally.groups)
        .filter(|(key, group)| {
            key.author != Author::Suspect
                && group.success > 0
                && (matches!(&key.author, Author::Service)
                    || key.author == Author::Expected("responder".to_owned())
                    || group
                        .resources
                        .iter()
                        .any(|resource| names.iter().any(|n| resource.contains(n))))
                && context
                    .common
                    .containment
                    .iter()
                    .any(|events| events.includes(&key.event_source, &key.event_name))
        })
        .filter_map(|(_, group)| group.last.filter(|time| *time > since))
        .min()
}

/// Credentials used as exposed ones are.
pub(super) fn exposed(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    super::rule_facts(context, question, false, &mut found);
    for (actor, case) in context.suspects.cases.iter().filter(|(_, case)| case.suspect()) {
        let kind = context.suspects.kind(actor);
        let quarantined = case.tainted.iter().any(|reason| reason.contains("quarantine"));
        let fact = |statement: String| Fact {
            statement,
            adverse: true,
            refs: context
                .adverse
                .iter()
                .filter(|row| row.actor == *actor)
                .take(REFS_MAX)
                .map(|row| context.refs.of(&row.first_ref))
                .collect(),
        };
        if quarantined {
            found.confirms.push(fact(format!("AWS found the key {} in public", inert(actor))));
        } else if kind == "access-key" && case.tainted.is_empty() {
            let addresses: Vec<String> = case.addresses.iter().map(|a| inert(a)).collect();
            found.indicates.push(fact(format!(
                "The long-term key {} was used by somebody else than its owner, from {}",
                inert(actor),
                some(&addresses, 4)
            )));
        } else if kind == "service-credential" {
            found.indicates.push(fact(format!(
                "The workload credential {} was used from where the workload does not run",
                inert(actor)
            )));
        }
    }
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    found
}
