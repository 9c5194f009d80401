//! Answers held against the truth.

use std::collections::BTreeMap;

use heptagon_model::{AnswerSet, Element, Verdict};
use serde::{Deserialize, Serialize};

use crate::truth::{QUESTIONS, Truth};

/// How answers compare with the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The elements, in the methodology's order.
    pub elements: Vec<ElementScore>,
    /// The questions whose verdict is not the true one.
    pub wrong: Vec<WrongVerdict>,
    /// Questions with the true verdict.
    pub right: u64,
    /// Questions in all.
    pub questions: u64,
}

/// One element's score; something adverse is `confirmed` or `indicated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementScore {
    /// The element.
    pub element: Element,
    /// Questions with the true verdict.
    pub right: u64,
    /// Questions in all.
    pub questions: u64,
    /// Of what was called adverse, the part that is; 1 when nothing was.
    pub precision: f64,
    /// Of what is adverse, the part that was called so; 1 when nothing is.
    pub recall: f64,
    /// Adverse or unknowable, and answered `not_observed`.
    pub wrong_no: u64,
    /// Knowable, and answered `cannot_tell`.
    pub wrong_cannot_tell: u64,
    /// The element's verdict by the answers, and the true one.
    pub verdict: (Option<Verdict>, Option<Verdict>),
}

/// A verdict that is not the true one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongVerdict {
    /// The question.
    pub question: String,
    /// The true verdict.
    pub truth: Verdict,
    /// The verdict given; none when the question was not answered.
    pub answer: Option<Verdict>,
}

/// Holds a whole set of answers against the truth.
pub fn score(truth: &Truth, answers: &AnswerSet) -> Score {
    let verdicts = answers.elements.iter().flat_map(|element| &element.answers);
    let verdicts = verdicts.map(|answer| (answer.question_id.clone(), answer.verdict)).collect();
    let elements = answers.elements.iter().map(|of| (of.element.slug().to_owned(), of.verdict));
    score_verdicts(truth, &verdicts, &elements.collect())
}

/// Holds verdicts, by question and by element, against the truth.
pub fn score_verdicts(
    truth: &Truth,
    verdicts: &BTreeMap<String, Verdict>,
    elements: &BTreeMap<String, Verdict>,
) -> Score {
    let mut score = Score { elements: Vec::new(), wrong: Vec::new(), right: 0, questions: 0 };
    for element in Element::ALL {
        let mut right = 0;
        let (mut called, mut is, mut both) = (0_u64, 0_u64, 0_u64);
        let (mut wrong_no, mut wrong_cannot_tell) = (0, 0);
        let mut questions = 0;
        for question in QUESTIONS.iter().filter(|question| question.element == element) {
            let Some(&expected) = truth.verdicts.get(question.id) else { continue };
            let given = verdicts.get(question.id).copied();
            questions += 1;
            let is_right = given.is_some_and(|given| truth.allows(question.id, given));
            right += u64::from(is_right);
            let (given_adverse, truly_adverse) = (given.is_some_and(adverse), adverse(expected));
            called += u64::from(given_adverse);
            is += u64::from(truly_adverse);
            both += u64::from(given_adverse && truly_adverse);
            let unknowable = expected == Verdict::CannotTell;
            wrong_no +=
                u64::from(given == Some(Verdict::NotObserved) && (truly_adverse || unknowable));
            wrong_cannot_tell += u64::from(given == Some(Verdict::CannotTell) && !unknowable);
            if !is_right {
                score.wrong.push(WrongVerdict {
                    question: question.id.to_owned(),
                    truth: expected,
                    answer: given,
                });
            }
        }
        score.right += right;
        score.questions += questions;
        let slug = element.slug();
        score.elements.push(ElementScore {
            element,
            right,
            questions,
            precision: ratio(both, called),
            recall: ratio(both, is),
            wrong_no,
            wrong_cannot_tell,
            verdict: (elements.get(slug).copied(), truth.elements.get(slug).copied()),
        });
    }
    score
}

fn adverse(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Confirmed | Verdict::Indicated)
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
