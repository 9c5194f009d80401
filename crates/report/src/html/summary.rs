//! The first page: what happened, in one look, and what to do now.

use heptagon_model::{CoverageState, ElementAnswers, Level};

use super::Page;
use super::builder::Html;
use super::parts;
use crate::{ScopeBasis, Section, text, view};

/// Steps listed before the rest is folded away.
const STEPS_MAX: usize = 12;

/// Title, case, window, versions.
pub(crate) fn cover(h: &mut Html, page: &Page<'_>) {
    let case = &page.document.case;
    h.el("header", &[("class", "cover")], |h| {
        h.leaf("p", &[("class", "kicker")], "Gen-AI incident report");
        h.el("h1", &[], |h| {
            h.text("Case ");
            h.text(&case.id);
        });
        h.el("dl", &[("class", "meta")], |h| {
            pair(h, "Window", |h| match case.scope {
                None => h.text("no record has a time"),
                Some(scope) => {
                    h.leaf("span", &[("class", "time")], &text::minute(scope.from));
                    h.text(" to ");
                    h.leaf("span", &[("class", "time")], &text::minute(scope.to));
                    let basis = match scope.basis {
                        ScopeBasis::Given => "given by the responder",
                        ScopeBasis::Inferred => "inferred from the records",
                    };
                    let note = format!("{}, {basis}", text::duration(scope.from, scope.to));
                    h.leaf("span", &[("class", "note")], &note);
                }
            });
            pair(h, "Evidence", |h| h.codes(&case.evidence_roots, 3));
            pair(h, "Made by", |h| {
                h.text(&format!("heptagon {}, content ", case.tool_version));
                h.code(&text::label(&case.content_hash, 17));
            });
            pair(h, "Case created", |h| h.text(&text::time(case.created)));
        });
    });
}

fn pair(h: &mut Html, name: &str, value: impl FnOnce(&mut Html)) {
    h.el("div", &[], |h| {
        h.leaf("dt", &[], name);
        h.el("dd", &[], value);
    });
}

/// The headline, the numbers, the seven cards.
pub(crate) fn summary(h: &mut Html, page: &Page<'_>) {
    let document = page.document;
    h.leaf("p", &[("class", "lede")], &text::headline(&document.answers));
    numbers(h, page);
    h.el("div", &[("class", "cards")], |h| {
        for (at, element) in document.answers.elements.iter().enumerate() {
            card(h, at + 1, element);
        }
        tally(h, page);
    });
}

fn numbers(h: &mut Html, page: &Page<'_>) {
    let document = page.document;
    let (sums, bytes) = view::totals(document);
    let suspects = document.actors.iter().filter(|actor| actor.suspect).count() as u64;
    let severe = document.findings.iter().filter(|f| f.level >= Level::High).count() as u64;
    let dark =
        document.coverage.iter().filter(|row| row.state == CoverageState::Off).count() as u64;
    let gaps = view::gaps(document).len() as u64;
    h.el("dl", &[("class", "numbers")], |h| {
        let mut one = |name: &str, value: u64, note: String| {
            h.el("div", &[], |h| {
                h.leaf("dt", &[], name);
                h.el("dd", &[], |h| {
                    h.leaf("b", &[], &text::number(value));
                    h.leaf("span", &[], &note);
                });
            });
        };
        let artifacts = text::count(document.artifacts.len() as u64, "file");
        one("Records", sums.records, format!("in {artifacts}, {}", text::bytes(bytes)));
        one(
            "Findings",
            document.findings.len() as u64,
            format!("{} high or critical", text::number(severe)),
        );
        one("Suspects", suspects, "actors to stop first".to_owned());
        one("Gaps", gaps, format!("{} of logging off", text::count(dark, "interval")));
        one(
            "Problems",
            document.problems.len() as u64,
            format!("{} lost", text::count(sums.problems, "record")),
        );
    });
}

fn card(h: &mut Html, number: usize, element: &ElementAnswers) {
    let class = format!("card v-{}", parts::verdict_class(element.verdict));
    let anchor = view::element_anchor(element.element);
    h.el("article", &[("class", &class)], |h| {
        h.el("h3", &[], |h| {
            h.leaf("span", &[("class", "no"), ("aria-hidden", "true")], &number.to_string());
            h.link("", &anchor, |h| h.text(element.element.title()));
        });
        parts::verdict_badge(h, element.verdict);
        if let Some(answer) = view::leading(element) {
            h.leaf("p", &[], &text::label(&text::shortened(&answer.summary), 170));
        }
        h.el("ul", &[("class", "dots"), ("aria-label", "Questions")], |h| {
            for answer in &element.answers {
                h.el("li", &[], |h| {
                    let question = view::question_anchor(&answer.question_id);
                    let title = format!("{}: {}", text::verdict(answer.verdict), answer.question);
                    h.el("a", &[("href", &format!("#{question}")), ("title", &title)], |h| {
                        parts::verdict_sign(h, answer.verdict);
                    });
                });
            }
        });
    });
}

fn tally(h: &mut Html, page: &Page<'_>) {
    let answers: Vec<_> = view::answers(page.document).map(|(_, answer)| answer).collect();
    h.el("article", &[("class", "card tally")], |h| {
        h.leaf("h3", &[], &text::count(answers.len() as u64, "question"));
        h.el("ul", &[], |h| {
            for (verdict, count) in text::verdict_counts(answers) {
                h.el("li", &[], |h| {
                    h.leaf("b", &[], &text::number(count));
                    parts::verdict_badge(h, verdict);
                });
            }
        });
        h.el("p", &[("class", "note")], |h| {
            h.link("", Section::Method.anchor(), |h| h.text("What the verdicts mean"));
        });
    });
}

/// What to disable, and what to do next.
pub(crate) fn actions(h: &mut Html, page: &Page<'_>) {
    let document = page.document;
    if document.disable_first.is_empty() {
        h.leaf("p", &[], "No credential stands out as one to disable first.");
    } else {
        h.leaf("h3", &[], "Disable first");
        h.el("ol", &[("class", "disable")], |h| {
            for hint in &document.disable_first {
                h.el("li", &[], |h| {
                    h.el("p", &[], |h| {
                        h.code(&hint.id);
                        h.leaf(
                            "span",
                            &[("class", "note")],
                            &format!("{}, account {}", hint.kind, hint.account),
                        );
                    });
                    h.prose_leaf("p", &[], &hint.why);
                    if !hint.command.is_empty() {
                        h.el("div", &[("class", "command")], |h| h.code(&hint.command));
                    }
                });
            }
        });
    }
    let steps = view::steps(document);
    if steps.is_empty() {
        return;
    }
    h.leaf("h3", &[], "Next steps");
    let (first, rest) = steps.split_at(steps.len().min(STEPS_MAX));
    h.el("ol", &[("class", "steps-list")], |h| first.iter().for_each(|view| step(h, view)));
    if !rest.is_empty() {
        h.el("details", &[("class", "fold")], |h| {
            h.leaf("summary", &[], &text::count(rest.len() as u64, "more step"));
            let start = (STEPS_MAX + 1).to_string();
            h.el("ol", &[("class", "steps-list"), ("start", &start)], |h| {
                for view in rest {
                    step(h, view);
                }
            });
        });
    }
}

fn step(h: &mut Html, view: &view::StepView<'_>) {
    h.el("li", &[], |h| {
        h.step(view.step);
        h.text(" ");
        for answer in &view.questions {
            h.link("from", &view::question_anchor(&answer.question_id), |h| {
                parts::verdict_sign(h, answer.verdict);
                h.text(&answer.question_id);
            });
            h.text(" ");
        }
    });
}
