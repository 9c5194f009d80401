//! Questions and inputs to answers.
//!
//! Two passes over observations: the first learns the workload, the changes of logging and which
//! credentials follow from suspects; the second sorts events by question and by who did them.
//! Everything kept is a count, a capped list of references, or a group of (author, event name).

mod fold;
mod gaps;
mod judge;
mod logic;

use std::collections::{BTreeMap, BTreeSet};

use heptagon_content::questions::{Common, Question};
use heptagon_model::{
    Answer, AnswerSet, Attestation, CoverageRow, Element, ElementAnswers, RuleInfo, Timestamp,
};

use crate::actors::{Actor, Containment, Suspects, Taint, containment, rank};
use crate::coverage::{Configured, Coverage, LoggingEvents};
use crate::input::{Activity, Inputs, Records, RecordsError, RefBook};
use crate::scope::{Scope, Window};
use crate::settings::Settings;
use crate::workload::{Inference, Purpose, Workload};

use fold::Fold;

/// How to answer.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// When the incident was; "no" has to be proven for all of it.
    pub incident: Option<(Timestamp, Timestamp)>,
    /// Nothing before was read.
    pub since: Option<Timestamp>,
    /// Nothing after was read.
    pub until: Option<Timestamp>,
}

/// Everything that answers, and what they rest on.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The seven elements.
    pub answers: AnswerSet,
    /// What could have been seen.
    pub coverage: Vec<CoverageRow>,
    /// Actors, the most suspicious first.
    pub actors: Vec<Actor>,
    /// What to lock first.
    pub containment: Vec<Containment>,
    /// The workload, declared and inferred.
    pub workload: Workload,
    /// The time for which "no" is said.
    pub window: Window,
}

/// What the logic of a question looks at.
pub(crate) struct Context<'a> {
    pub(crate) inputs: &'a Inputs,
    pub(crate) common: &'a Common,
    pub(crate) rules: &'a [RuleInfo],
    pub(crate) workload: &'a Workload,
    pub(crate) suspects: &'a Suspects,
    pub(crate) coverage: &'a Coverage,
    pub(crate) changes: &'a LoggingEvents,
    pub(crate) refs: &'a RefBook,
    pub(crate) attestations: &'a [Attestation],
    /// What suspects did, from addresses that are not their owners'.
    pub(crate) adverse: &'a [Activity],
    /// What the application's roles did where they belong.
    pub(crate) application: &'a [Activity],
    /// When the evidence ends.
    pub(crate) end: Timestamp,
    pub(crate) fold: &'a Fold,
    pub(crate) principals: &'a BTreeMap<&'a str, &'a str>,
    pub(crate) spoken: &'a logic::Spoken,
}

/// Answers all questions.
#[expect(clippy::too_many_arguments, reason = "each is a different source of facts")]
pub fn answer(
    inputs: &Inputs,
    records: &dyn Records,
    questions: &[Question],
    common: &Common,
    rules: &[RuleInfo],
    declared: Option<&Workload>,
    attestations: &[Attestation],
    options: &Options,
) -> Result<Outcome, RecordsError> {
    let refs = RefBook::new(&inputs.artifacts);
    let declared = declared.cloned().unwrap_or_default();

    // Roles that follow from calls alone, so that the first pass knows whom not to accuse.
    let first_guess = Suspects::weigh(inputs, &declared, common);
    let roles = Inference::default().finish(inputs, &first_guess.accused(), &refs);
    let known = Workload::merge(declared.clone(), roles);
    let mut suspects = Suspects::weigh(inputs, &known, common);
    let mut inference = Inference::default();
    let mut changes = LoggingEvents::default();
    let mut taint = Taint::new(&inputs.actors);
    records.observations(true, &mut |event| {
        inference.observe(event, &refs);
        changes.observe(event);
        taint.observe(event, &mut suspects, &known);
    })?;
    suspects.learn_usual(&inputs.origins);
    let workload = Workload::merge(declared, inference.finish(inputs, &suspects.accused(), &refs));

    suspects.forget();

    let settings = Settings::new(inputs, &changes);
    let scope = Scope::new(
        inputs,
        &workload,
        &settings.places,
        options.incident,
        options.since,
        options.until,
    );
    let end = scope.window.to;
    let data_types: BTreeSet<&str> = questions
        .iter()
        .flat_map(|question| &question.needs)
        .map(|need| need.category.as_str())
        .filter(|category| category.starts_with("data:"))
        .collect();
    let configured = Configured { settings, data_types: &data_types };
    let coverage = Coverage::compute(inputs, &changes, &workload, scope, &refs, configured);

    let suspected: BTreeSet<String> = suspects.names().into_iter().collect();
    let of_application = application_actors(inputs, &workload, &suspected);
    let activity = records.activity(&suspected, &of_application)?;
    let (adverse, application): (Vec<Activity>, Vec<Activity>) =
        activity.into_iter().partition(|row| suspected.contains(&row.actor));
    let adverse: Vec<Activity> = adverse
        .into_iter()
        .filter(|row| standing_of(&suspects, &workload, row).is_suspect())
        .collect();
    let mut fold = Fold::new(questions);
    records.observations(false, &mut |event| fold.observe(event, &suspects, &workload, &refs))?;

    let principals: BTreeMap<&str, &str> =
        inputs.actors.iter().map(|row| (row.actor.as_str(), row.principal.as_str())).collect();
    let spoken = logic::Spoken::new(&inputs.findings, rules);
    let context = Context {
        inputs,
        common,
        rules,
        workload: &workload,
        suspects: &suspects,
        coverage: &coverage,
        changes: &changes,
        refs: &refs,
        attestations,
        adverse: &adverse,
        application: &application,
        end,
        fold: &fold,
        principals: &principals,
        spoken: &spoken,
    };
    let mut by_element: BTreeMap<Element, Vec<Answer>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        let answer = judge::judge(&context, at, question);
        by_element.entry(question.element).or_default().push(answer);
    }
    let elements = Element::ALL
        .into_iter()
        .map(|element| {
            ElementAnswers::new(element, by_element.remove(&element).unwrap_or_default())
        })
        .collect();
    let actors = rank(inputs, &suspects, &workload);
    Ok(Outcome {
        answers: AnswerSet { case: inputs.case.clone(), elements },
        coverage: coverage.rows(),
        containment: containment(&actors),
        actors,
        window: coverage.scope.window,
        workload,
    })
}

pub(crate) fn standing_of<'w>(
    suspects: &Suspects,
    workload: &'w Workload,
    row: &Activity,
) -> crate::actors::Standing<'w> {
    suspects.standing(
        workload,
        &row.actor,
        &row.principal,
        row.source_ip.as_deref(),
        row.first_time,
    )
}

/// Actors that are the application's roles, and nobody's suspect.
fn application_actors(
    inputs: &Inputs,
    workload: &Workload,
    suspected: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_application = |principal: &str| {
        workload.role(principal).is_some_and(|role| role.purpose == Purpose::Application)
    };
    inputs
        .actors
        .iter()
        .filter(|row| is_application(&row.principal) && !suspected.contains(&row.actor))
        .map(|row| row.actor.clone())
        .collect()
}
