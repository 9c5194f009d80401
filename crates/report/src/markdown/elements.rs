//! What to do, and the seven elements question by question.

use heptagon_model::{Answer, Observed};

use super::inline::Line;
use super::{Markdown, verdict};
use crate::{Document, text, view};

/// Steps shown here; each answer has its own.
const STEPS_MAX: usize = 25;
/// References shown per fact.
const REFS_MAX: usize = 10;

/// What to disable, what to do, what to collect.
pub(crate) fn actions(out: &mut Markdown, document: &Document) {
    if document.disable_first.is_empty() {
        out.line(Line::new().ours("No credential stands out as one to disable first."));
    } else {
        out.heading(3, Line::new().ours("Disable first"));
        for hint in &document.disable_first {
            out.item(
                0,
                Line::new()
                    .code(&hint.id)
                    .ours(" (")
                    .code(&hint.kind)
                    .ours(", account ")
                    .code(&hint.account)
                    .ours("): ")
                    .prose(&hint.why),
            );
            if !hint.command.is_empty() {
                out.item(1, Line::new().code(&hint.command));
            }
        }
        out.end_list();
    }
    let steps = view::steps(document);
    if !steps.is_empty() {
        out.heading(3, Line::new().ours("Next steps"));
        for view in steps.iter().take(STEPS_MAX) {
            let ids: Vec<&str> = view.questions.iter().map(|q| q.question_id.as_str()).collect();
            out.item(0, Line::new().step(view.step).ours(" (").codes(&ids, 4).ours(")"));
        }
        if steps.len() > STEPS_MAX {
            let more = (steps.len() - STEPS_MAX) as u64;
            out.item(
                0,
                Line::new().ours(&format!(
                    "{} stand with their questions",
                    text::count(more, "more step")
                )),
            );
        }
        out.end_list();
    }
}

/// The seven elements.
pub(crate) fn elements(out: &mut Markdown, document: &Document) {
    for element in &document.answers.elements {
        let heading = format!("{}: {}", element.element.title(), verdict(element.verdict));
        out.heading(3, Line::new().ours(&heading));
        for answer in &element.answers {
            question(out, answer);
        }
    }
}

fn question(out: &mut Markdown, answer: &Answer) {
    out.heading(4, Line::new().ours(&verdict(answer.verdict)).ours(": ").prose(&answer.question));
    let id = Line::new().ours("Question ").code(&answer.question_id);
    let meta = text::answer_meta(answer);
    out.line(meta.iter().fold(id, |line, item| line.ours(" · ").prose(item)));
    out.line(Line::new().ours("**Answer.** ").prose(&answer.summary));
    let mut listed = false;
    match &answer.observed {
        Observed::Word(_) => {}
        Observed::List(items) => {
            listed = true;
            out.item(0, Line::new().ours("Observed: ").codes(items, 30));
        }
        Observed::Attested(attested) => {
            listed = true;
            out.item(
                0,
                Line::new()
                    .ours("Stated by ")
                    .code(&attested.by)
                    .ours(&format!(" at {}: ", text::time(attested.at)))
                    .prose(&attested.statement),
            );
        }
    }
    for fact in &answer.facts {
        listed = true;
        let mark = if fact.adverse { "**Adverse:** " } else { "Fact: " };
        let refs: Vec<String> = fact.refs.iter().map(text::reference).collect();
        let line = Line::new().ours(mark).prose(&fact.statement);
        out.item(0, if refs.is_empty() { line } else { line.ours(" — ").codes(&refs, REFS_MAX) });
    }
    for gap in &answer.gaps {
        listed = true;
        out.item(
            0,
            Line::new()
                .ours("Gap: ")
                .prose(&gap.what)
                .ours(&format!(" ({}): ", text::span(gap.from, gap.to)))
                .prose(&gap.why),
        );
        if !gap.setting.is_empty() {
            out.item(1, Line::new().ours("would have recorded it: ").step(&gap.setting));
        }
        if !gap.command.is_empty() {
            out.item(1, Line::new().code(&gap.command));
        }
    }
    for step in &answer.next_steps {
        listed = true;
        out.item(0, Line::new().ours("Next: ").step(step));
    }
    if listed {
        out.end_list();
    }
}
