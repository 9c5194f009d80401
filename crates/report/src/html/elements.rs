//! The seven elements, question by question.

use heptagon_model::{Answer, ElementAnswers, Fact, Observed};

use super::Page;
use super::builder::Html;
use super::{chart, parts};
use crate::{text, view};

/// References shown per fact before the rest is folded away.
const REFS_MAX: usize = 8;
/// Items of a list shown before the rest is folded away.
const ITEMS_MAX: usize = 12;
/// Coverage lanes shown per answer.
const LANES_MAX: usize = 30;
/// Intervals shown per lane.
const INTERVALS_MAX: usize = 4;

/// The seven elements.
pub(crate) fn elements(h: &mut Html, page: &Page<'_>) {
    for (at, element) in page.document.answers.elements.iter().enumerate() {
        let anchor = view::element_anchor(element.element);
        h.el("section", &[("class", "element"), ("id", &anchor)], |h| {
            head(h, at + 1, element);
            for answer in &element.answers {
                question(h, page, answer);
            }
        });
    }
}

fn head(h: &mut Html, number: usize, element: &ElementAnswers) {
    let counts = text::verdict_counts(&element.answers);
    let counts: Vec<String> = counts
        .iter()
        .map(|(verdict, count)| format!("{count} {}", text::verdict(*verdict).to_lowercase()))
        .collect();
    h.el("header", &[], |h| {
        h.el("h3", &[], |h| {
            h.leaf("span", &[("class", "no"), ("aria-hidden", "true")], &number.to_string());
            h.text(element.element.title());
        });
        parts::verdict_badge(h, element.verdict);
        h.leaf("span", &[("class", "note")], &counts.join(" · "));
    });
}

fn question(h: &mut Html, page: &Page<'_>, answer: &Answer) {
    let class = format!("q v-{}", parts::verdict_class(answer.verdict));
    let anchor = view::question_anchor(&answer.question_id);
    let closed = [("class", class.as_str()), ("id", &anchor)];
    let open = [("class", class.as_str()), ("id", &anchor), ("open", "")];
    let attrs: &[(&'static str, &str)] = if view::opens(answer) { &open } else { &closed };
    h.el("details", attrs, |h| {
        h.el("summary", &[], |h| {
            parts::verdict_badge(h, answer.verdict);
            h.leaf("h4", &[], &answer.question);
            h.prose_leaf("span", &[("class", "answer")], &answer.summary);
        });
        h.el("div", &[("class", "body")], |h| body(h, page, answer));
    });
}

fn body(h: &mut Html, page: &Page<'_>, answer: &Answer) {
    h.el("p", &[("class", "note")], |h| {
        h.code(&answer.question_id);
        for item in text::answer_meta(answer) {
            h.text(" · ");
            h.text(&item);
        }
    });
    match &answer.observed {
        Observed::Word(_) => {}
        Observed::List(items) if items.is_empty() => {}
        Observed::List(items) => {
            h.leaf("h5", &[], "Observed");
            h.el("p", &[("class", "items")], |h| h.codes(items, ITEMS_MAX));
        }
        Observed::Attested(attested) => {
            h.leaf("h5", &[], "Stated");
            h.leaf("blockquote", &[], &attested.statement);
            h.leaf(
                "p",
                &[("class", "note")],
                &format!("{}, {}", attested.by, text::time(attested.at)),
            );
        }
    }
    if !answer.facts.is_empty() {
        h.leaf("h5", &[], "Facts");
        h.el("ul", &[("class", "facts")], |h| {
            for fact in &answer.facts {
                one_fact(h, page, fact);
            }
        });
    }
    if !answer.gaps.is_empty() {
        h.leaf("h5", &[], "What could not have been seen");
        h.el("ul", &[("class", "gaps")], |h| {
            for gap in &answer.gaps {
                h.el("li", &[], |h| parts::gap(h, gap));
            }
        });
    }
    coverage(h, answer);
    if !answer.next_steps.is_empty() {
        h.leaf("h5", &[], "Next steps");
        h.el("ol", &[("class", "next")], |h| {
            for step in &answer.next_steps {
                h.el("li", &[], |h| h.step(step));
            }
        });
    }
}

fn one_fact(h: &mut Html, page: &Page<'_>, fact: &Fact) {
    let (class, word) = if fact.adverse { ("adverse", "adverse") } else { ("", "fact") };
    h.el("li", &[("class", class)], |h| {
        h.leaf("span", &[("class", "tag")], word);
        h.prose_leaf("span", &[("class", "statement")], &fact.statement);
        h.text(" ");
        parts::references(h, page, &fact.refs, REFS_MAX, "heptagon answers --format json");
    });
}

fn coverage(h: &mut Html, answer: &Answer) {
    if answer.coverage.is_empty() {
        return;
    }
    let counts: Vec<String> = text::STATES
        .into_iter()
        .map(|state| (state, answer.coverage.iter().filter(|row| row.state == state).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {}", text::state(state).to_lowercase()))
        .collect();
    let mut lanes = view::coverage_groups(&answer.coverage);
    // What was not recorded first: it is what a reader must know.
    lanes.sort_by_key(view::CoverageGroup::whole);
    h.el("details", &[("class", "fold quiet")], |h| {
        h.leaf("summary", &[], &format!("Coverage it rests on: {}", counts.join(", ")));
        parts::table(
            h,
            "Coverage of this question, what was not recorded throughout first",
            &["Source", "Category", "Account", "Regions", "State over time"],
            lanes.iter().take(LANES_MAX),
            lane,
        );
        if lanes.len() > LANES_MAX {
            let more = text::count((lanes.len() - LANES_MAX) as u64, "more lane");
            h.leaf("p", &[("class", "note")], &format!("{more}: heptagon coverage"));
        }
    });
}

fn lane(h: &mut Html, group: &view::CoverageGroup<'_>) {
    h.leaf("td", &[("class", "short")], group.source);
    parts::code_cell(h, group.category);
    parts::code_cell(h, group.account);
    h.el("td", &[("title", &group.regions.join(", "))], |h| h.text(&group.regions_named()));
    h.el("td", &[("class", "wide")], |h| {
        for interval in group.intervals.iter().take(INTERVALS_MAX) {
            h.el("p", &[], |h| {
                chart::state_key(h, interval.state);
                let span = text::span(Some(interval.from), Some(interval.to));
                h.prose_leaf("span", &[("class", "note")], &format!(" {span}: {}", interval.why));
            });
        }
        if group.intervals.len() > INTERVALS_MAX {
            let more = (group.intervals.len() - INTERVALS_MAX) as u64;
            h.leaf("p", &[("class", "note")], &text::count(more, "more interval"));
        }
    });
}
