//! What formats show that the document does not say in so many words: sums, groups, back links.

mod coverage;
mod histogram;

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::{
    Accounting, Answer, Element, EventRow, EvidenceRef, Finding, Gap, Level, Problem, ProblemCode,
    Severity, Timestamp, Verdict,
};

use crate::{Document, escape, text};

pub(crate) use coverage::{CoverageGroup, coverage_groups};
pub(crate) use histogram::{Histogram, histogram};

/// Every answer with its element, in order.
pub(crate) fn answers(document: &Document) -> impl Iterator<Item = (Element, &Answer)> {
    document
        .answers
        .elements
        .iter()
        .flat_map(|element| element.answers.iter().map(|answer| (element.element, answer)))
}

/// A time from 1970 to 9999: beyond it a clock was wrong, and sums could overflow.
pub(crate) fn sane(time: Timestamp) -> Timestamp {
    Timestamp(time.0.clamp(0, 253_402_300_799_000_000))
}

fn adverse(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Confirmed | Verdict::Indicated)
}

/// A question's anchor.
pub(crate) fn question_anchor(question_id: &str) -> String {
    format!("q-{}", escape::anchor(question_id))
}

/// A finding's anchor.
pub(crate) fn finding_anchor(finding_id: &str) -> String {
    format!("f-{}", escape::anchor(finding_id))
}

/// An element's anchor.
pub(crate) fn element_anchor(element: Element) -> String {
    format!("e-{}", element.slug())
}

/// Which records stand in the report, and who cites them.
pub(crate) struct RecordIndex<'a> {
    by_key: BTreeMap<(&'a str, u64), Vec<Citation<'a>>>,
}

/// Who cites a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Citation<'a> {
    /// An answer's fact.
    Question(&'a str),
    /// A finding: id and title.
    Finding(&'a str, &'a str),
}

impl<'a> RecordIndex<'a> {
    /// Looks through the whole document once.
    pub(crate) fn new(document: &'a Document) -> RecordIndex<'a> {
        let mut by_key: BTreeMap<(&str, u64), Vec<Citation<'_>>> = document
            .records
            .iter()
            .map(|record| ((record.evidence.artifact.as_str(), record.evidence.record), Vec::new()))
            .collect();
        let mut cite = |evidence: &'a EvidenceRef, citation: Citation<'a>| {
            let key = (evidence.artifact.as_str(), evidence.record);
            if let Some(citations) = by_key.get_mut(&key) {
                citations.push(citation);
            }
        };
        for (_, answer) in answers(document) {
            for evidence in answer.facts.iter().flat_map(|fact| &fact.refs) {
                cite(evidence, Citation::Question(&answer.question_id));
            }
        }
        for finding in &document.findings {
            for evidence in &finding.refs {
                cite(evidence, Citation::Finding(&finding.finding_id, &finding.title));
            }
        }
        for citations in by_key.values_mut() {
            citations.sort_unstable();
            citations.dedup();
        }
        RecordIndex { by_key }
    }

    /// The anchor of a record that stands in the report.
    pub(crate) fn anchor(&self, evidence: &EvidenceRef) -> Option<String> {
        self.by_key
            .contains_key(&(evidence.artifact.as_str(), evidence.record))
            .then(|| format!("r-{}-{}", escape::anchor(&evidence.artifact), evidence.record))
    }

    /// Who cites a record.
    pub(crate) fn citations<'s>(&'s self, evidence: &'s EvidenceRef) -> &'s [Citation<'s>] {
        self.by_key.get(&(evidence.artifact.as_str(), evidence.record)).map_or(&[], Vec::as_slice)
    }
}

/// A gap, and the questions it keeps open.
pub(crate) struct GapView<'a> {
    /// The gap.
    pub gap: &'a Gap,
    /// The ids of the questions.
    pub questions: BTreeSet<&'a str>,
}

/// What makes two gaps the same: what, from, to, why, command.
type GapKey<'a> = (&'a str, Option<i64>, Option<i64>, &'a str, &'a str);

/// The gaps of all answers, equal ones once, those that touch most questions first.
pub(crate) fn gaps(document: &Document) -> Vec<GapView<'_>> {
    let mut views: Vec<GapView<'_>> = Vec::new();
    let mut seen: BTreeMap<GapKey<'_>, usize> = BTreeMap::new();
    for (_, answer) in answers(document) {
        for gap in &answer.gaps {
            let key = (
                gap.what.as_str(),
                gap.from.map(|time| time.0),
                gap.to.map(|time| time.0),
                gap.why.as_str(),
                gap.command.as_str(),
            );
            let at = *seen.entry(key).or_insert_with(|| {
                views.push(GapView { gap, questions: BTreeSet::new() });
                views.len() - 1
            });
            views[at].questions.insert(&answer.question_id);
        }
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.questions.len()));
    views
}

/// A step to take, and the questions that ask for it.
pub(crate) struct StepView<'a> {
    /// The step.
    pub step: &'a str,
    /// The questions, with their verdicts.
    pub questions: Vec<&'a Answer>,
}

/// The next steps of answers that found something, confirmed ones first, equal steps once.
pub(crate) fn steps(document: &Document) -> Vec<StepView<'_>> {
    let mut views: Vec<StepView<'_>> = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for wanted in [Verdict::Confirmed, Verdict::Indicated] {
        for (_, answer) in answers(document).filter(|(_, answer)| answer.verdict == wanted) {
            for step in &answer.next_steps {
                let at = *seen.entry(step).or_insert_with(|| {
                    views.push(StepView { step, questions: Vec::new() });
                    views.len() - 1
                });
                if !views[at].questions.iter().any(|q| q.question_id == answer.question_id) {
                    views[at].questions.push(answer);
                }
            }
        }
    }
    views
}

/// The events to list: those of the worst findings, in order of time.
pub(crate) fn telling(document: &Document, rows_max: usize) -> Vec<&EventRow> {
    let levels: BTreeMap<&str, Level> = document
        .findings
        .iter()
        .map(|finding| (finding.finding_id.as_str(), finding.level))
        .collect();
    let level = |entry: &EventRow| {
        entry.findings.iter().filter_map(|id| levels.get(id.as_str())).max().copied()
    };
    let mut ranked: Vec<(usize, &EventRow)> =
        document.timeline.entries.iter().enumerate().collect();
    ranked.sort_by_key(|(at, entry)| (std::cmp::Reverse(level(entry)), *at));
    ranked.truncate(rows_max);
    ranked.sort_unstable_by_key(|(at, _)| *at);
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

/// The answer that says most about an element: the worst verdict, required before others.
pub(crate) fn leading(element: &heptagon_model::ElementAnswers) -> Option<&Answer> {
    element.answers.iter().min_by_key(|answer| {
        let rank = text::VERDICTS.iter().position(|verdict| *verdict == answer.verdict);
        (answer.verdict != element.verdict, rank, !answer.required)
    })
}

/// A technique of a public catalog, and the findings that carry it.
pub(crate) struct TechniqueView<'a> {
    /// `ATT&CK`, `ATLAS` or `OWASP`.
    pub catalog: &'static str,
    /// `T1078.004`.
    pub id: &'a str,
    /// The findings.
    pub findings: Vec<&'a Finding>,
}

/// Techniques by catalog and id.
pub(crate) fn techniques(document: &Document) -> Vec<TechniqueView<'_>> {
    let mut views: BTreeMap<(&'static str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &document.findings {
        let catalogs =
            [("ATT&CK", &finding.attack), ("ATLAS", &finding.atlas), ("OWASP", &finding.owasp)];
        for (catalog, ids) in catalogs {
            for id in ids {
                views.entry((catalog, id)).or_default().push(finding);
            }
        }
    }
    views
        .into_iter()
        .map(|((catalog, id), findings)| TechniqueView { catalog, id, findings })
        .collect()
}

/// Problems of one kind.
pub(crate) struct ProblemGroup<'a> {
    /// What became of the records.
    pub severity: Severity,
    /// The code.
    pub code: ProblemCode,
    /// All of them.
    pub problems: Vec<&'a Problem>,
}

/// Problems by severity and code, worst first.
pub(crate) fn problem_groups(document: &Document) -> Vec<ProblemGroup<'_>> {
    let mut groups: BTreeMap<(Severity, ProblemCode), Vec<&Problem>> = BTreeMap::new();
    for problem in &document.problems {
        groups.entry((problem.severity, problem.code)).or_default().push(problem);
    }
    groups
        .into_iter()
        .map(|((severity, code), problems)| ProblemGroup { severity, code, problems })
        .collect()
}

/// The accounting of all artifacts together.
pub(crate) fn totals(document: &Document) -> (Accounting, u64) {
    let mut sum = Accounting::default();
    let mut bytes = 0u64;
    for artifact in &document.artifacts {
        let one = &artifact.accounting;
        let add = |total: &mut u64, value: u64| *total = total.saturating_add(value);
        add(&mut sum.records, one.records);
        add(&mut sum.parsed, one.parsed);
        add(&mut sum.problems, one.problems);
        add(&mut sum.rows, one.rows);
        add(&mut sum.duplicates, one.duplicates);
        add(&mut sum.notices, one.notices);
        add(&mut sum.warnings, one.warnings);
        add(&mut bytes, artifact.bytes);
    }
    (sum, bytes)
}

/// Whether an element's or answer's verdict should stand open when the report is opened.
pub(crate) fn opens(answer: &Answer) -> bool {
    adverse(answer.verdict)
}
