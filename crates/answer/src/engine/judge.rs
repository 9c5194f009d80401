//! One question's answer: the verdict from what was found and what could be seen.

use heptagon_content::questions::{Kind, Logic, Question};
use heptagon_model::answer::ObservedWord;
use heptagon_model::{Answer, Confidence, CoverageRow, Element, Fact, Observed, Verdict};

use super::{Context, gaps, logic};
use crate::coverage::Blind;
use crate::text;

/// Facts listed per answer.
pub(crate) const FACTS_MAX: usize = 60;

/// What a question's logic found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Adverse facts that prove it.
    pub(crate) confirms: Vec<Fact>,
    /// Adverse facts that hint at it.
    pub(crate) indicates: Vec<Fact>,
    /// Facts that are not adverse.
    pub(crate) plain: Vec<Fact>,
    /// The items of a list.
    pub(crate) items: Vec<String>,
    /// Whether the thing was seen at all, adverse or not.
    pub(crate) seen: bool,
    /// Blind spots beside the question's needs.
    pub(crate) blind: Vec<Blind>,
    /// Why the question is pointless.
    pub(crate) not_applicable: Option<String>,
    /// A verdict that does not follow from facts and coverage.
    pub(crate) fixed: Option<(Verdict, Observed, String)>,
}

pub(crate) fn judge(context: &Context<'_>, at: usize, question: &Question) -> Answer {
    let mut found = logic::find(context, at, question);
    let mut blind: Vec<Blind> = Vec::new();
    let mut coverage: Vec<CoverageRow> = Vec::new();
    for need in &question.needs {
        blind.extend(context.coverage.blind(need, context.workload));
        coverage.extend(context.coverage.rows_of(need));
    }
    blind.append(&mut found.blind);
    coverage.sort();
    coverage.dedup();
    let gaps = gaps::gaps(context, &blind);
    let (verdict, confidence, summary) = verdict(context, question, &found, &blind);
    let observed = match (&found.fixed, question.kind) {
        (Some((_, observed, _)), _) => observed.clone(),
        (None, Kind::List) => Observed::List(found.items.clone()),
        (None, _) => Observed::Word(word(&found, verdict)),
    };
    let mut facts = found.confirms;
    facts.append(&mut found.indicates);
    facts.append(&mut found.plain);
    if facts.len() > FACTS_MAX {
        let more = facts.len() - (FACTS_MAX - 1);
        facts.truncate(FACTS_MAX - 1);
        facts.push(Fact {
            statement: format!("{more} more facts of the same kinds are in the timeline"),
            adverse: false,
            refs: Vec::new(),
        });
    }
    let next_steps = match verdict {
        Verdict::NotApplicable => Vec::new(),
        _ => question.next_steps.iter().map(|step| fill(context, question, step)).collect(),
    };
    Answer {
        element: question.element,
        question_id: question.id.clone(),
        question: question.text.clone(),
        kind: question.kind.name().to_owned(),
        required: question.required,
        observed,
        verdict,
        confidence,
        summary,
        facts,
        coverage,
        gaps: if verdict == Verdict::NotApplicable { Vec::new() } else { gaps },
        next_steps,
        workload_basis: context.workload.basis(),
    }
}

/// A step with the names of this case.
fn fill(context: &Context<'_>, question: &Question, step: &str) -> String {
    let class = if question.element == Element::PrivateData { "private" } else { "data-store" };
    let bucket = context.workload.stores_of(class).find(|store| store.kind == "s3");
    let bucket = bucket.map_or("BUCKET", |store| store.id.as_str());
    step.replace("{bucket}", &crate::actors::quote(bucket))
        .replace("{from}", &context.coverage.scope.window.from.to_string())
}

fn verdict(
    context: &Context<'_>,
    question: &Question,
    found: &Found,
    blind: &[Blind],
) -> (Verdict, Confidence, String) {
    if let Some((verdict, _, summary)) = &found.fixed {
        let confidence = match verdict {
            Verdict::CannotTell => Confidence::Low,
            _ => Confidence::High,
        };
        return (*verdict, confidence, summary.clone());
    }
    let first = |facts: &[Fact]| {
        let more = facts.len().saturating_sub(1) as u64;
        let first = facts.first().map_or("", |fact| fact.statement.as_str());
        match more {
            0 => first.to_owned(),
            more => format!("{first}; and {}", text::count(more, "more finding")),
        }
    };
    if !found.confirms.is_empty() {
        return (Verdict::Confirmed, Confidence::High, first(&found.confirms));
    }
    if !found.indicates.is_empty() {
        let confidence =
            if found.indicates.len() > 1 { Confidence::Medium } else { Confidence::Low };
        return (Verdict::Indicated, confidence, first(&found.indicates));
    }
    if !blind.is_empty() {
        let mut places: Vec<String> = blind
            .iter()
            .map(|cell| {
                let place = [cell.account.as_str(), cell.region.as_str()].join(" ");
                format!("{} {}", cell.source, place.trim()).trim().to_owned()
            })
            .collect();
        places.sort();
        places.dedup();
        let where_seen = if question.logic == Logic::Unanswerable {
            "no source that was read records this".to_owned()
        } else {
            format!("it could not have been seen everywhere ({})", text::some(&places, 3))
        };
        return (
            Verdict::CannotTell,
            Confidence::Low,
            format!("Nothing adverse is in the records, but {where_seen}"),
        );
    }
    if let Some(why) = &found.not_applicable {
        return (Verdict::NotApplicable, Confidence::Medium, why.clone());
    }
    let clear = question.when_clear.clone().unwrap_or_else(|| "Nothing adverse was seen".into());
    let window = context.coverage.scope.window;
    let clear = clear.trim_end_matches('.');
    (Verdict::NotObserved, Confidence::Medium, format!("{clear}, {} to {}", window.from, window.to))
}

fn word(found: &Found, verdict: Verdict) -> ObservedWord {
    let adverse = !found.confirms.is_empty() || !found.indicates.is_empty();
    if adverse || found.seen {
        ObservedWord::Yes
    } else if matches!(verdict, Verdict::NotObserved | Verdict::NotApplicable) {
        ObservedWord::No
    } else {
        ObservedWord::Unknown
    }
}
