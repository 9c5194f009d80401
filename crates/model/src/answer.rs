//! Verdicts and answers: what the whole tool is for.

use serde::{Deserialize, Serialize};

use crate::{Attestation, CoverageRow, Element, EvidenceRef, Timestamp};

/// The verdict on something adverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It happened; records show it.
    Confirmed,
    /// Records point to it.
    Indicated,
    /// It could have been seen everywhere and was not.
    NotObserved,
    /// It could not have been seen somewhere.
    CannotTell,
    /// The workload has no such thing.
    NotApplicable,
}

impl Verdict {
    /// The snake_case name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Indicated => "indicated",
            Verdict::NotObserved => "not_observed",
            Verdict::CannotTell => "cannot_tell",
            Verdict::NotApplicable => "not_applicable",
        }
    }
}

/// How sure, by stated criteria.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hint with common innocent explanations, or inferred coverage.
    Low,
    /// Several hints, or coverage inferred but gapless.
    Medium,
    /// The record is the thing itself, or coverage is proven.
    High,
}

impl Confidence {
    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// What was observed, whether adverse or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Observed {
    /// Items that answer a `list` question.
    List(Vec<String>),
    /// What a person stated.
    Attested(Attestation),
    /// `yes`, `no` or `unknown`.
    Word(ObservedWord),
}

/// The plain words of [`Observed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObservedWord {
    /// It was seen.
    Yes,
    /// It was not seen, and could have been.
    No,
    /// It could not have been seen.
    Unknown,
}

/// A statement with the records that carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// One sentence.
    pub statement: String,
    /// Whether it speaks for something adverse.
    pub adverse: bool,
    /// The records, at most 100 here; findings have all.
    pub refs: Vec<EvidenceRef>,
}

/// Something that could not have been seen, and how to see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What is missing.
    pub what: String,
    /// Start of the blindness, when bounded.
    pub from: Option<Timestamp>,
    /// End of the blindness, when bounded.
    pub to: Option<Timestamp>,
    /// Why it is missing.
    pub why: String,
    /// The setting that would have recorded it.
    pub setting: String,
    /// The AWS CLI line that would fetch it, or turn it on when it was never recorded.
    pub command: String,
}

/// One question answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The element.
    pub element: Element,
    /// The question's id.
    pub question_id: String,
    /// The question.
    pub question: String,
    /// `yes_no`, `list` or `attested`.
    pub kind: String,
    /// Whether the element's verdict hangs on it.
    pub required: bool,
    /// What was observed.
    pub observed: Observed,
    /// The verdict on something adverse.
    pub verdict: Verdict,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub summary: String,
    /// What it rests on.
    pub facts: Vec<Fact>,
    /// What could have been seen.
    pub coverage: Vec<CoverageRow>,
    /// What could not.
    pub gaps: Vec<Gap>,
    /// What to do next.
    pub next_steps: Vec<String>,
    /// `declared`, `inferred` or both: where the workload facts used come from.
    pub workload_basis: String,
}

/// One element's questions and the verdict they add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementAnswers {
    /// The element.
    pub element: Element,
    /// Confirmed if any answer is, else indicated if any is, else cannot_tell if a required one is, else not_observed.
    pub verdict: Verdict,
    /// The questions, in the content's order.
    pub answers: Vec<Answer>,
}

impl ElementAnswers {
    /// Adds answers up to an element's verdict.
    pub fn new(element: Element, answers: Vec<Answer>) -> ElementAnswers {
        let any = |verdict| answers.iter().any(|answer| answer.verdict == verdict);
        let verdict = if any(Verdict::Confirmed) {
            Verdict::Confirmed
        } else if any(Verdict::Indicated) {
            Verdict::Indicated
        } else if answers.iter().any(|a| a.required && a.verdict == Verdict::CannotTell) {
            Verdict::CannotTell
        } else if answers.iter().all(|a| a.verdict == Verdict::NotApplicable) {
            Verdict::NotApplicable
        } else {
            Verdict::NotObserved
        };
        ElementAnswers { element, verdict, answers }
    }
}

/// The seven elements answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSet {
    /// The case's id.
    pub case: String,
    /// Seven, in the methodology's order.
    pub elements: Vec<ElementAnswers>,
}
