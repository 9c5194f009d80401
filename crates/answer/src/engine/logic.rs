//! The closed set of ways in which questions are answered.

mod access;
mod agency;
mod invocations;
mod spoken;

use std::collections::{BTreeMap, BTreeSet};

use heptagon_content::questions::{Adverse, Events, Logic, Question};
use heptagon_model::answer::ObservedWord;
use heptagon_model::{Attestation, EvidenceRef, Fact, Observed, Timestamp, Verdict};

use super::Context;
use super::fold::{Author, REFS_MAX, inside};
use super::judge::Found;
use crate::input::Activity;
use crate::text::{count, inert, service, some};

/// Different refused calls that are probing rather than an accident.
const PROBED_NAMES_MIN: usize = 3;

pub(crate) use spoken::Spoken;
use spoken::rule_facts;

pub(crate) fn find(context: &Context<'_>, at: usize, question: &Question) -> Found {
    match question.logic {
        Logic::Changes => changes(context, at, question),
        Logic::Findings => findings(context, question),
        Logic::Suspects => access::suspects(context),
        Logic::Continued => access::continued(context),
        Logic::Exposed => access::exposed(context, question),
        Logic::Invocations => invocations::unauthorized(context, question),
        Logic::Volume => invocations::volume(context, question),
        Logic::Messages => invocations::content(context, question),
        Logic::LoggingWindow => invocations::logging_window(context),
        Logic::Reach => agency::reach(context, question),
        Logic::Ability => agency::ability(context, at, question),
        Logic::Actions => agency::actions(context, at, question),
        Logic::RoleAbuse => agency::role_abuse(context, question),
        Logic::Attested => attested(context, question),
        Logic::Unanswerable => {
            let mut found = Found::default();
            plain_facts(context, at, &mut found);
            found
        }
    }
}

/// Selected events: adverse when a suspect did them.
fn changes(context: &Context<'_>, at: usize, question: &Question) -> Found {
    let mut found = Found::default();
    let asked = |row: &&Activity| {
        let mut events = question.selects.iter().chain(&question.watches);
        events.any(|events| asks(context, events, row))
    };
    let rows: Vec<&Activity> = context.adverse.iter().filter(asked).collect();
    if question.adverse == Adverse::Denied {
        probing(context, &rows, &mut found);
    } else {
        for deed in deeds(context, Some(at), &rows) {
            let counts = match question.adverse {
                Adverse::Attempt => deed.success + deed.denied + deed.failed > 0,
                _ => deed.success > 0,
            };
            let fact = deed.fact(context);
            if counts && deed.strong && !unsure(context, question, &deed) {
                found.confirms.push(fact);
            } else {
                found.indicates.push(fact);
            }
        }
    }
    found.seen = !found.confirms.is_empty() || !found.indicates.is_empty();
    plain_facts(context, at, &mut found);
    rule_facts(context, question, true, &mut found);
    not_applicable(context, question, &mut found);
    found
}

/// Whether it is not known that a deed hit a store of the workload, because none is known.
fn unsure(context: &Context<'_>, question: &Question, deed: &Deed) -> bool {
    question.selects.iter().chain(&question.watches).any(|events| {
        events.includes(&deed.event_source, &deed.event_name)
            && events
                .within
                .as_ref()
                .is_some_and(|class| context.workload.stores_of(class).next().is_none())
    })
}

/// Refused calls of suspects.
fn probing(context: &Context<'_>, rows: &[&Activity], found: &mut Found) {
    let mut by_actor: BTreeMap<&str, (BTreeSet<String>, u64, Vec<EvidenceRef>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.denied > 0) {
        let (names, times, refs) = by_actor.entry(&row.actor).or_default();
        names.insert(format!("{}:{}", service(&row.event_source), inert(&row.event_name)));
        *times += row.denied;
        if refs.len() < REFS_MAX && row.success == 0 {
            refs.push(context.refs.of(&row.first_ref));
        }
    }
    for (actor, (names, times, refs)) in by_actor {
        let probes = names.len() >= PROBED_NAMES_MIN;
        let names: Vec<String> = names.into_iter().collect();
        let statement = format!(
            "Suspect {} was refused {}: {}",
            inert(actor),
            count(times, "time"),
            some(&names, 6)
        );
        let fact = Fact { statement, adverse: true, refs };
        if probes {
            found.confirms.push(fact);
        } else {
            found.indicates.push(fact);
        }
    }
}

/// Whether a question's event set means this row.
pub(super) fn asks(context: &Context<'_>, events: &Events, row: &Activity) -> bool {
    events.includes(&row.event_source, &row.event_name)
        && events
            .within
            .as_ref()
            .is_none_or(|class| inside(context.workload, class, row.resource.as_deref()))
}

/// What one actor did under one event name.
pub(super) struct Deed {
    pub(super) actor: String,
    pub(super) event_source: String,
    pub(super) event_name: String,
    pub(super) strong: bool,
    pub(super) success: u64,
    pub(super) denied: u64,
    pub(super) failed: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) addresses: BTreeSet<String>,
    pub(super) regions: BTreeSet<String>,
    pub(super) resources: BTreeSet<String>,
    pub(super) refs: Vec<EvidenceRef>,
}

impl Deed {
    pub(super) fn fact(&self, _context: &Context<'_>) -> Fact {
        Fact { statement: self.statement("Suspect"), adverse: true, refs: self.refs.clone() }
    }

    pub(super) fn statement(&self, what: &str) -> String {
        let mut outcome = Vec::new();
        if self.success > 0 {
            outcome.push(count(self.success, "time"));
        }
        if self.denied > 0 {
            outcome.push(format!("refused {}", count(self.denied, "time")));
        }
        if self.failed > 0 {
            outcome.push(format!("failed {}", count(self.failed, "time")));
        }
        let list = |set: &BTreeSet<String>, show: usize| {
            let items: Vec<String> = set.iter().map(|item| inert(item)).collect();
            some(&items, show)
        };
        let mut statement = format!(
            "{what} {} called {}:{} ({}",
            inert(&self.actor),
            service(&self.event_source),
            inert(&self.event_name),
            outcome.join(", ")
        );
        if !self.addresses.is_empty() {
            statement.push_str(&format!("; from {}", list(&self.addresses, 3)));
        }
        if !self.resources.is_empty() {
            statement.push_str(&format!("; on {}", list(&self.resources, 3)));
        }
        if !self.regions.is_empty() {
            statement.push_str(&format!("; in {}", list(&self.regions, 4)));
        }
        statement.push_str(&format!("; {} to {})", self.first, self.last));
        statement
    }
}

/// Rows by actor and event name, with the references that the second pass kept.
pub(super) fn deeds(context: &Context<'_>, at: Option<usize>, rows: &[&Activity]) -> Vec<Deed> {
    let mut deeds: BTreeMap<(&str, &str, &str), Deed> = BTreeMap::new();
    for row in rows {
        let key = (row.actor.as_str(), row.event_source.as_str(), row.event_name.as_str());
        let strong =
            context.suspects.cases.get(&row.actor).is_some_and(crate::actors::Case::strong);
        let deed = deeds.entry(key).or_insert_with(|| Deed {
            actor: row.actor.clone(),
            event_source: row.event_source.clone(),
            event_name: row.event_name.clone(),
            strong,
            success: 0,
            denied: 0,
            failed: 0,
            first: row.first_time,
            last: row.last_time,
            addresses: BTreeSet::new(),
            regions: BTreeSet::new(),
            resources: BTreeSet::new(),
            refs: Vec::new(),
        });
        deed.success += row.success;
        deed.denied += row.denied;
        deed.failed += row.failed;
        deed.first = deed.first.min(row.first_time);
        deed.last = deed.last.max(row.last_time);
        deed.addresses.extend(row.source_ip.clone());
        deed.regions.insert(row.region.clone());
        deed.resources.extend(row.resource.clone());
        if deed.refs.len() < REFS_MAX {
            deed.refs.push(context.refs.of(&row.first_ref));
        }
    }
    let tally = at.map(|at| &context.fold.tallies[at]);
    let mut deeds: Vec<Deed> = deeds.into_values().collect();
    for deed in &mut deeds {
        let groups = tally.into_iter().flat_map(|tally| &tally.groups);
        for (key, group) in groups {
            if key.author == Author::Suspect
                && key.who == deed.actor
                && key.event_name == deed.event_name
                && key.event_source == deed.event_source
            {
                deed.refs.extend(group.refs.iter().cloned());
            }
        }
        deed.refs.sort();
        deed.refs.dedup();
        deed.refs.truncate(REFS_MAX);
    }
    deeds.sort_by(|a, b| {
        (a.first, &a.actor, &a.event_name).cmp(&(b.first, &b.actor, &b.event_name))
    });
    deeds
}

/// What everybody else did: legitimate, as far as is known, and part of the answer.
pub(super) fn plain_facts(context: &Context<'_>, at: usize, found: &mut Found) {
    let tally = &context.fold.tallies[at];
    for (key, group) in &tally.groups {
        if key.author == Author::Suspect {
            continue;
        }
        found.seen |= group.success > 0;
        let who = inert(&key.who);
        let author = match &key.author {
            Author::Expected(purpose) => format!("{who} ({purpose})"),
            Author::Announced(what) => format!("{who} (announced: {})", inert(what)),
            Author::Service => format!("{who} (AWS service)"),
            Author::Other | Author::Suspect => who,
        };
        let mut statement = format!(
            "{author} called {}:{} {}",
            service(&key.event_source),
            inert(&key.event_name),
            count(group.success, "time")
        );
        if group.failed > 0 {
            statement.push_str(&format!(", failed {}", count(group.failed, "time")));
        }
        if let (Some(first), Some(last)) = (group.first, group.last) {
            statement.push_str(&format!(", {first} to {last}"));
        }
        if !group.resources.is_empty() {
            let resources: Vec<String> = group.resources.iter().map(|r| inert(r)).collect();
            statement.push_str(&format!(", on {}", some(&resources, 2)));
        }
        found.plain.push(Fact { statement, adverse: false, refs: group.refs.clone() });
    }
    if tally.others > 0 {
        found.seen = true;
        found.plain.push(Fact {
            statement: format!("{} of other authors and names", count(tally.others, "more event")),
            adverse: false,
            refs: Vec::new(),
        });
    }
}

fn findings(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    rule_facts(context, question, false, &mut found);
    if question.id == "agency-tool-use" {
        agency::tools(context, &mut found);
    }
    let adverse = found.confirms.iter().chain(&found.indicates);
    if found.items.is_empty() {
        found.items = adverse.map(|fact| fact.statement.clone()).collect();
    }
    found
}

fn not_applicable(context: &Context<'_>, question: &Question, found: &mut Found) {
    let Some(rule) = &question.not_applicable_when else { return };
    let used = context.inputs.services.iter().any(|used| {
        used.uses > 0
            && rule.unused_services.iter().any(|s| s.eq_ignore_ascii_case(&used.event_source))
    });
    let known = rule.unknown_components.iter().any(|kind| context.workload.has_component(kind));
    if !used && !known {
        let services: Vec<&str> = rule.unused_services.iter().map(|s| service(s)).collect();
        let what = if services.is_empty() {
            some(&rule.unknown_components, 6)
        } else {
            some(&services, 6)
        };
        found.not_applicable =
            Some(format!("The workload has nothing of this: no use of {what} was seen"));
    }
}

fn attested(context: &Context<'_>, question: &Question) -> Found {
    let mut found = Found::default();
    let latest: Option<&Attestation> = context
        .attestations
        .iter()
        .filter(|attestation| attestation.question_id == question.id)
        .max_by_key(|attestation| attestation.at);
    found.fixed = Some(match latest {
        None => (
            Verdict::CannotTell,
            Observed::Word(ObservedWord::Unknown),
            "Records cannot tell; somebody has to answer this".to_owned(),
        ),
        Some(attestation) => {
            let statement = inert(&attestation.statement);
            let start = statement.trim().to_ascii_lowercase();
            let word = start.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
            let adverse = match (word, question.adverse_when) {
                ("no", heptagon_content::questions::AdverseWhen::No)
                | ("yes", heptagon_content::questions::AdverseWhen::Yes) => Verdict::Confirmed,
                ("yes" | "no", _) => Verdict::NotObserved,
                _ => Verdict::CannotTell,
            };
            let summary = format!("{} stated: {statement}", inert(&attestation.by));
            (adverse, Observed::Attested(attestation.clone()), summary)
        }
    });
    found
}
