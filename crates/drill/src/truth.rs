//! What is true about an exercise: the story, the guilty, the innocent, the right verdicts.

mod questions;

use std::collections::BTreeMap;

use heptagon_model::{Element, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

use crate::Options;
use crate::gap::{Gap, GapSource};
use crate::place::Log;
use crate::scenario::{Plot, Step};
use crate::world::World;

pub(crate) use questions::{QUESTIONS, Question};

/// The truth about an exercise; TRUTH.md describes the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The version of this form; its presence tells the file from evidence.
    pub heptagon_truth: u32,
    /// The scenario's name.
    pub scenario: String,
    /// What it was made with.
    pub options: Options,
    /// The stretch of time the evidence covers.
    pub window: Window,
    /// How many records there are, by log.
    pub records: BTreeMap<String, u64>,
    /// What happened, in order.
    pub story: Vec<StoryStep>,
    /// Who did it.
    pub intruders: Intruders,
    /// Who did not.
    pub benign: Benign,
    /// The right verdict of every question.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Verdicts that are as right, where records allow two degrees of sureness.
    pub also_right: BTreeMap<String, Verdict>,
    /// The right verdict of every element.
    pub elements: BTreeMap<String, Verdict>,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first moment.
    pub from: Timestamp,
    /// The moment after its last.
    pub to: Timestamp,
}

/// A step of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryStep {
    /// When it began.
    pub time: Timestamp,
    /// What happened.
    pub what: String,
    /// The questions its records answer.
    pub questions: Vec<String>,
    /// Its records; none when a gap swallowed them.
    pub refs: Vec<StoryRef>,
}

/// A record: the file below `evidence/`, and its number in it, from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoryRef {
    /// The file.
    pub uri: String,
    /// The record's number.
    pub record: u64,
}

/// Who did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intruders {
    /// Principals that acted for the intruder, and for nobody else after the intrusion.
    pub principals: Vec<String>,
    /// Access keys the intruder held.
    pub access_keys: Vec<String>,
    /// Addresses the intruder came from.
    pub source_ips: Vec<String>,
    /// Clients the intruder used.
    pub user_agents: Vec<String>,
    /// Keys and sessions: the smallest identities that are guilty.
    pub actors: Vec<String>,
}

/// Who did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Benign {
    /// Every principal that acts in the evidence and is innocent.
    pub principals: Vec<String>,
    /// Innocents whose work looks like the intruder's.
    pub look_alikes: Vec<LookAlike>,
}

/// An innocent whose work looks like the intruder's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookAlike {
    /// Who.
    pub principal: String,
    /// What it does.
    pub what: String,
}

/// Adds up what the story left behind to verdicts.
pub(crate) fn weigh(
    options: &Options,
    world: &World,
    plot: Plot,
    refs: &[Vec<StoryRef>],
    records: BTreeMap<String, u64>,
    benign: Vec<String>,
) -> Truth {
    let verdicts: BTreeMap<String, Verdict> = QUESTIONS
        .iter()
        .map(|question| {
            (question.id.to_owned(), verdict(question, options, world, &plot.steps, refs))
        })
        .collect();
    let graded = QUESTIONS.iter().filter(|question| question.graded);
    let also_right = graded
        .filter(|question| verdicts[question.id] == Verdict::Confirmed)
        .map(|question| (question.id.to_owned(), Verdict::Indicated));
    let also_right = also_right.collect();
    let elements = Element::ALL.into_iter().map(|element| {
        let of = |question: &&Question| question.element == element;
        let list: Vec<(Verdict, bool)> =
            QUESTIONS.iter().filter(of).map(|q| (verdicts[q.id], q.required)).collect();
        (element.slug().to_owned(), add_up(&list))
    });
    let elements = elements.collect();
    let story = plot.steps.iter().zip(refs).map(|(step, refs)| StoryStep {
        time: Timestamp::from_secs(step.secs),
        what: step.what.clone(),
        questions: step.proves.iter().map(|id| (*id).to_owned()).collect(),
        refs: refs.clone(),
    });
    let mut story: Vec<StoryStep> = story.collect();
    story.sort_by_key(|step| step.time);
    Truth {
        heptagon_truth: 1,
        scenario: options.scenario.name().to_owned(),
        options: options.clone(),
        window: Window {
            from: Timestamp::from_secs(world.from),
            to: Timestamp::from_secs(world.to),
        },
        records,
        story,
        intruders: plot.intruders,
        benign: Benign { principals: benign, look_alikes: plot.look_alikes },
        verdicts,
        also_right,
        elements,
    }
}

fn verdict(
    question: &Question,
    options: &Options,
    world: &World,
    steps: &[Step],
    refs: &[Vec<StoryRef>],
) -> Verdict {
    let folder = Log::Invocations.folder();
    let shows = |at: &StoryRef| !question.by_text || at.uri.contains(folder);
    let seen = steps
        .iter()
        .zip(refs)
        .any(|(step, refs)| step.proves.contains(&question.id) && refs.iter().any(shows));
    if seen {
        return question.adverse;
    }
    let complete = |source: &GapSource| {
        let withheld = options.gaps.iter().any(|gap: &Gap| gap.source == *source);
        let removed =
            *source == GapSource::InvocationLogs && world.conditions.logging_off.is_some();
        !withheld && !removed
    };
    match question.needs {
        Some(needs) if needs.iter().all(complete) => question.unseen,
        _ => Verdict::CannotTell,
    }
}

/// An element's verdict, as the methodology's answers add up.
fn add_up(list: &[(Verdict, bool)]) -> Verdict {
    let any = |verdict| list.iter().any(|(of, _)| *of == verdict);
    if any(Verdict::Confirmed) {
        Verdict::Confirmed
    } else if any(Verdict::Indicated) {
        Verdict::Indicated
    } else if list.iter().any(|(of, required)| *required && *of == Verdict::CannotTell) {
        Verdict::CannotTell
    } else if list.iter().all(|(of, _)| *of == Verdict::NotApplicable) {
        Verdict::NotApplicable
    } else {
        Verdict::NotObserved
    }
}

impl Truth {
    /// Whether a verdict is right.
    pub fn allows(&self, question: &str, verdict: Verdict) -> bool {
        [self.verdicts.get(question), self.also_right.get(question)].contains(&Some(&verdict))
    }

    /// The file's content.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("text keys always serialise");
        text.push('\n');
        text
    }
}
