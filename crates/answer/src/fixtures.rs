//! The questions' own fixtures: a few lines of YAML to a verdict, for every verdict there is.

mod build;

use std::collections::{BTreeMap, BTreeSet};

use heptagon_content::questions::{Adverse, Logic, NeedScope, Question, Questions};
use heptagon_model::{Attestation, RuleInfo, Timestamp, Verdict};

use crate::input::Inputs;
use crate::workload::Workload;
use crate::{Options, Outcome, answer};
use build::{Book, Fixture, HOUR_US, START_US, build, rules};

fn run(
    fixture: &Fixture,
    questions: &Questions,
    rules: &BTreeMap<String, RuleInfo>,
    id: &str,
) -> Outcome {
    let (inputs, book, workload) = build(fixture, rules);
    run_on(fixture, &inputs, &book, &workload, questions, rules, id)
}

fn run_on(
    fixture: &Fixture,
    inputs: &Inputs,
    book: &Book,
    workload: &Workload,
    questions: &Questions,
    rules: &BTreeMap<String, RuleInfo>,
    id: &str,
) -> Outcome {
    let infos: Vec<RuleInfo> = rules.values().cloned().collect();
    let attestations: Vec<Attestation> = fixture
        .attest
        .iter()
        .map(|statement| Attestation {
            question_id: id.to_owned(),
            statement: statement.clone(),
            by: "Ann".into(),
            at: Timestamp(START_US),
        })
        .collect();
    answer(
        inputs,
        book,
        questions,
        &questions.common,
        &infos,
        Some(workload),
        &attestations,
        &Options::default(),
    )
    .expect("fixtures are readable")
}

/// The verdicts a question can give.
fn possible(question: &Question) -> BTreeSet<Verdict> {
    use Verdict::{CannotTell, Confirmed, Indicated, NotApplicable, NotObserved};
    // Where no source of ours records the thing, its absence is never said.
    let blind = question
        .needs
        .iter()
        .any(|need| !matches!(need.source.as_str(), "cloudtrail" | "bedrock-invocation"));
    let mut verdicts: BTreeSet<Verdict> = match question.logic {
        Logic::Unanswerable => [CannotTell].into(),
        Logic::Attested => [Confirmed, NotObserved, CannotTell].into(),
        _ => [Confirmed, Indicated, NotObserved, CannotTell].into(),
    };
    if blind {
        verdicts.remove(&NotObserved);
    }
    if question.not_applicable_when.is_some() {
        verdicts.insert(NotApplicable);
    }
    verdicts
}

#[test]
fn every_question_has_a_fixture_for_every_verdict_and_they_hold() {
    let (questions, faults) = heptagon_content::questions::load();
    assert_eq!(faults, []);
    let rules = rules();
    let mut failures = Vec::new();
    for question in questions.iter() {
        let path = format!("questions/{}/{}.test.yml", question.element.slug(), question.id);
        let Some(text) = heptagon_content::text(&path) else {
            failures.push(format!("{path} is missing"));
            continue;
        };
        let fixtures: Vec<Fixture> =
            serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut reached = BTreeSet::new();
        for fixture in &fixtures {
            let outcome = run(fixture, &questions, &rules, &question.id);
            let answers = outcome.answers.elements.iter().flat_map(|element| &element.answers);
            let answer =
                answers.into_iter().find(|a| a.question_id == question.id).expect("answered");
            reached.insert(answer.verdict);
            if answer.verdict != fixture.expect {
                failures.push(format!(
                    "{} / {}: {:?} instead of {:?}: {} {:?}",
                    question.id,
                    fixture.name,
                    answer.verdict,
                    fixture.expect,
                    answer.summary,
                    answer.gaps.iter().map(|gap| &gap.what).collect::<Vec<_>>()
                ));
            }
            if answer.verdict == Verdict::CannotTell && question.logic != Logic::Attested {
                assert!(!answer.gaps.is_empty(), "{path}: a gap is named");
                assert!(answer.gaps.iter().all(|g| g.command.starts_with("aws ")), "{path}");
            }
            if matches!(answer.verdict, Verdict::Confirmed | Verdict::Indicated)
                && question.logic != Logic::Attested
            {
                assert!(answer.facts.iter().any(|fact| fact.adverse), "{path}: a fact is named");
            }
        }
        let wanted = possible(question);
        if reached != wanted {
            failures.push(format!("{}: fixtures reach {reached:?} of {wanted:?}", question.id));
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}

#[test]
fn losing_the_hours_that_showed_it_is_no_denial() {
    let (questions, _) = heptagon_content::questions::load();
    let rules = rules();
    let mut tried = 0;
    for question in questions.iter().filter(|question| question.logic != Logic::Attested) {
        let path = format!("questions/{}/{}.test.yml", question.element.slug(), question.id);
        let text = heptagon_content::text(&path).expect("its fixtures");
        let fixtures: Vec<Fixture> = serde_saphyr::from_str(text).expect("valid");
        let adverse = |verdict| matches!(verdict, Verdict::Confirmed | Verdict::Indicated);
        for fixture in fixtures.iter().filter(|fixture| adverse(fixture.expect)) {
            tried += 1;
            let (mut inputs, mut book, workload) = build(fixture, &rules);
            let hour = |time: Timestamp| (time.0 - START_US).div_euclid(HOUR_US);
            let mut lost: BTreeSet<i64> = book.events.iter().map(|e| hour(e.time)).collect();
            lost.extend(inputs.model_calls.iter().map(|call| hour(call.hour)));
            lost.extend(inputs.actors.iter().map(|row| hour(row.first_time)));
            book.events.clear();
            inputs.model_calls.clear();
            inputs.findings.clear();
            inputs.actors.clear();
            inputs.origins.clear();
            inputs.services.clear();
            inputs
                .presence
                .retain(|row| row.region != "us-east-1" || !lost.contains(&hour(row.hour)));
            let outcome =
                run_on(fixture, &inputs, &book, &workload, &questions, &rules, &question.id);
            let mut answers = outcome.answers.elements.iter().flat_map(|e| &e.answers);
            let answer = answers.find(|a| a.question_id == question.id).expect("answered");
            assert_eq!(
                answer.verdict,
                Verdict::CannotTell,
                "{} / {}: {}",
                question.id,
                fixture.name,
                answer.summary
            );
        }
    }
    assert!(tried > 60);
}

#[test]
fn without_a_record_nothing_is_denied() {
    let (questions, _) = heptagon_content::questions::load();
    let outcome = answer(
        &Inputs::default(),
        &Book::default(),
        &questions,
        &questions.common,
        &[],
        None,
        &[],
        &Options::default(),
    )
    .expect("nothing to read");
    for answer in outcome.answers.elements.iter().flat_map(|element| &element.answers) {
        assert_eq!(answer.verdict, Verdict::CannotTell, "{}", answer.question_id);
    }
    assert_eq!(outcome.answers.elements.len(), 7);
}

#[test]
fn attempts_and_needs_are_what_the_files_say() {
    let (questions, _) = heptagon_content::questions::load();
    let question = |id: &str| questions.iter().find(|q| q.id == id).expect("known");
    assert_eq!(question("access-probing").adverse, Adverse::Denied);
    assert_eq!(question("infra-evidence-tampering").adverse, Adverse::Attempt);
    assert_eq!(question("access-persistence").needs[0].scope, NeedScope::Global);
}
