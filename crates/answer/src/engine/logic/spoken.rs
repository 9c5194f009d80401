//! What the findings of rules say to a question.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use heptagon_content::questions::{Kind, Logic, Proves, Question};
use heptagon_model::{Fact, RuleInfo};

use crate::actors::Standing;
use crate::engine::Context;
use crate::engine::fold::REFS_MAX;
use crate::engine::judge::{FACTS_MAX, Found};
use crate::input::FindingRow;
use crate::text::{count, inert, some};

/// Findings of the rules that speak to a question. With `accusing`, those whose authors are all
/// expected, announced or excused are not adverse.
pub(super) fn rule_facts(
    context: &Context<'_>,
    question: &Question,
    accusing: bool,
    found: &mut Found,
) {
    let mut rows: Vec<(usize, Proves)> = Vec::new();
    for (rule, findings) in &context.spoken.by_rule {
        if let Some(proves) = proves(question, &context.rules[*rule]) {
            rows.extend(findings.iter().map(|at| (*at, proves)));
        }
    }
    rows.sort_unstable_by_key(|(at, _)| *at);
    for (at, proves) in rows {
        let row = &context.inputs.findings[at];
        let authors = context.spoken.authors(context, at);
        found.seen = true;
        let plain = (accusing && authors.excused) || authors.known_good;
        // A hint in the text becomes proof of the attempt when a suspect wrote it.
        let confirms = proves == Proves::Confirms
            || (question.logic == Logic::Findings && authors.by_suspect);
        let facts = match (plain, confirms) {
            (true, _) => &mut found.plain,
            (false, true) => &mut found.confirms,
            (false, false) => &mut found.indicates,
        };
        // Facts that no answer will list are counted only.
        let listed = facts.len() < FACTS_MAX;
        let statement = if listed || question.kind == Kind::List {
            finding_statement(row)
        } else {
            String::new()
        };
        let refs = if listed {
            row.finding.refs.iter().take(REFS_MAX).cloned().collect()
        } else {
            Vec::new()
        };
        facts.push(Fact { statement, adverse: !plain, refs });
    }
}

fn finding_statement(row: &FindingRow) -> String {
    let finding = &row.finding;
    let who: Vec<String> = finding.principals.iter().map(|p| inert(p)).collect();
    format!(
        "{} ({}): {} by {}, {} to {}",
        finding.title,
        finding.level.name(),
        count(finding.count, "event"),
        if who.is_empty() { "unknown".to_owned() } else { some(&who, 3) },
        finding.first_time,
        finding.last_time
    )
}

/// What a rule's findings prove about a question, if anything.
fn proves(question: &Question, rule: &RuleInfo) -> Option<Proves> {
    let mut selectors = question.rules.iter().filter(|selector| selector.selects(rule));
    if selectors.clone().any(|selector| selector.proves == Proves::Confirms) {
        return Some(Proves::Confirms);
    }
    selectors.next().map(|selector| selector.proves)
}

/// Findings by rule, and how their authors are to be taken: many questions ask for the same.
#[derive(Debug, Default)]
pub(crate) struct Spoken {
    /// Positions of findings, by position of their rule.
    by_rule: BTreeMap<usize, Vec<usize>>,
    authors: Vec<OnceCell<Authors>>,
}

/// How the authors of a finding are to be taken, all together.
#[derive(Debug, Clone, Copy)]
struct Authors {
    /// Every one is where it belongs.
    excused: bool,
    /// Every one is a declared responder or scanner, or was announced.
    known_good: bool,
    /// One is a suspect, strongly.
    by_suspect: bool,
}

impl Spoken {
    pub(crate) fn new(findings: &[FindingRow], rules: &[RuleInfo]) -> Spoken {
        let places: HashMap<&str, usize> =
            rules.iter().enumerate().map(|(at, rule)| (rule.rule_id.as_str(), at)).collect();
        let mut spoken = Spoken {
            by_rule: BTreeMap::new(),
            authors: findings.iter().map(|_| OnceCell::new()).collect(),
        };
        for (at, row) in findings.iter().enumerate() {
            if let Some(rule) = places.get(row.finding.rule_id.as_str()) {
                spoken.by_rule.entry(*rule).or_default().push(at);
            }
        }
        spoken
    }

    fn authors(&self, context: &Context<'_>, at: usize) -> Authors {
        *self.authors[at].get_or_init(|| Authors::of(context, &context.inputs.findings[at]))
    }
}

impl Authors {
    fn of(context: &Context<'_>, row: &FindingRow) -> Authors {
        let mut authors = Authors {
            excused: !row.actors.is_empty()
                && !context.common.not_accusing_ids.contains(&row.finding.rule_id),
            known_good: !row.actors.is_empty(),
            by_suspect: false,
        };
        for (actor, addresses) in &row.actors {
            for standing in standings(context, row, actor, addresses) {
                let good = matches!(standing, Standing::KnownGood(_) | Standing::Announced(_));
                let placed = matches!(standing, Standing::Expected(_) | Standing::Service);
                authors.known_good &= good;
                authors.excused &= good || placed;
                authors.by_suspect |= standing == Standing::Suspect { strong: true };
            }
        }
        authors
    }
}

fn standings<'c>(
    context: &'c Context<'_>,
    row: &'c FindingRow,
    actor: &'c str,
    addresses: &'c [String],
) -> impl Iterator<Item = Standing<'c>> {
    let principal = context.principals.get(actor).copied().unwrap_or(actor);
    let addresses: Vec<Option<&str>> = if addresses.is_empty() {
        vec![None]
    } else {
        addresses.iter().map(|address| Some(address.as_str())).collect()
    };
    addresses.into_iter().map(move |address| {
        context.suspects.standing(
            context.workload,
            actor,
            principal,
            address,
            row.finding.first_time,
        )
    })
}
