//! Signs, badges, references: what every part of the page uses.

use heptagon_model::{EvidenceRef, Gap, Level, Verdict};

use super::Page;
use super::builder::{Attrs, Html};
use crate::text;

/// Shapes used by reference, so that each is drawn once.
pub(crate) fn symbols(h: &mut Html) {
    let shapes: [(&str, &str); 5] = [
        // Each verdict has its own outline: it is told apart without colour, and in print.
        ("s-confirmed", "M5 1h6l4 4v6l-4 4H5l-4-4V5z"),
        ("s-indicated", "M8 1l7.5 14H.5z"),
        ("s-cannot-tell", "M8 .5L15.5 8 8 15.5.5 8z"),
        ("s-not-observed", "M8 1a7 7 0 100 14A7 7 0 108 1z"),
        ("s-not-applicable", "M2 6.5h12v3H2z"),
    ];
    let inner: [(&str, &str); 4] = [
        ("s-confirmed", "M7 3.5h2v5.5H7zM7 10.5h2v2H7z"),
        ("s-indicated", "M7.2 6h1.6v4.6H7.2zM7.2 11.7h1.6v1.6H7.2z"),
        ("s-cannot-tell", "M8 3.9L12.1 8 8 12.1 3.9 8z"),
        ("s-not-observed", "M8 3a5 5 0 100 10A5 5 0 108 3z"),
    ];
    h.el(
        "svg",
        &[("class", "symbols"), ("aria-hidden", "true"), ("width", "0"), ("height", "0")],
        |h| {
            for (id, path) in shapes {
                h.el("symbol", &[("id", id), ("viewBox", "0 0 16 16")], |h| {
                    h.el("path", &[("d", path)], |_| {});
                    for (_, path) in inner.iter().filter(|(of, _)| *of == id) {
                        h.el("path", &[("class", "in"), ("d", path)], |_| {});
                    }
                });
            }
            super::chart::hatches(h);
        },
    );
}

/// The product's mark.
pub(crate) fn heptagon(h: &mut Html) {
    h.el("svg", &[("class", "mark"), ("viewBox", "0 0 32 32"), ("aria-hidden", "true")], |h| {
        let outer = "M16 2l10.9 5.3 2.7 11.8-7.5 9.5H9.9L2.4 19.1 5.1 7.3z";
        h.el("path", &[("class", "m1"), ("d", outer)], |_| {});
        let inner = "M16 9l5.5 2.6 1.3 5.9-3.8 4.7H13l-3.8-4.7 1.3-5.9z";
        h.el("path", &[("class", "m2"), ("d", inner)], |_| {});
    });
}

/// The class of a verdict.
pub(crate) fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Indicated => "indicated",
        Verdict::CannotTell => "cannot-tell",
        Verdict::NotObserved => "not-observed",
        Verdict::NotApplicable => "not-applicable",
    }
}

/// A verdict's sign alone; what stands beside it says the word.
pub(crate) fn verdict_sign(h: &mut Html, verdict: Verdict) {
    let class = verdict_class(verdict);
    let classes = format!("sign v-{class}");
    h.el(
        "svg",
        &[
            ("class", &classes),
            ("viewBox", "0 0 16 16"),
            ("role", "img"),
            ("aria-label", text::verdict(verdict)),
        ],
        |h| {
            h.el("use", &[("href", &format!("#s-{class}"))], |_| {});
        },
    );
}

/// A verdict's sign and word.
pub(crate) fn verdict_badge(h: &mut Html, verdict: Verdict) {
    let class = verdict_class(verdict);
    h.el("span", &[("class", &format!("badge v-{class}"))], |h| {
        h.el("svg", &[("class", "sign"), ("viewBox", "0 0 16 16"), ("aria-hidden", "true")], |h| {
            h.el("use", &[("href", &format!("#s-{class}"))], |_| {});
        });
        h.text(text::verdict(verdict));
    });
}

/// A level: its word, and as many filled steps as it has.
pub(crate) fn level_badge(h: &mut Html, level: Level) {
    let filled = match level {
        Level::Informational => 1,
        Level::Low => 2,
        Level::Medium => 3,
        Level::High => 4,
        Level::Critical => 5,
    };
    h.el("span", &[("class", &format!("level l-{}", level.name()))], |h| {
        h.el(
            "svg",
            &[("class", "steps"), ("viewBox", "0 0 19 10"), ("aria-hidden", "true")],
            |h| {
                for step in 0..5 {
                    let class = if step < filled { "on" } else { "off" };
                    let (x, y, height) = (
                        (step * 4).to_string(),
                        (8 - step * 2).to_string(),
                        (step * 2 + 2).to_string(),
                    );
                    h.el(
                        "rect",
                        &[
                            ("class", class),
                            ("x", &x),
                            ("y", &y),
                            ("width", "3"),
                            ("height", &height),
                        ],
                        |_| {},
                    );
                }
            },
        );
        h.text(level.name());
    });
}

/// References shown folded away; the rest is a command away.
const REFS_FOLDED_MAX: usize = 30;

/// References: links to the records in this file, commands for the others; `all` prints every one.
pub(crate) fn references(
    h: &mut Html,
    page: &Page<'_>,
    refs: &[EvidenceRef],
    show: usize,
    all: &str,
) {
    let list = |h: &mut Html, refs: &[EvidenceRef]| {
        h.el("span", &[("class", "refs")], |h| {
            for evidence in refs {
                reference(h, page, evidence);
            }
        });
    };
    if refs.is_empty() {
        return;
    }
    // What can be read right here comes first.
    let mut refs = refs.to_vec();
    refs.sort_by_key(|evidence| page.records.anchor(evidence).is_none());
    list(h, &refs[..refs.len().min(show)]);
    let Some(rest) = refs.get(show..).filter(|rest| !rest.is_empty()) else { return };
    h.el("details", &[("class", "more")], |h| {
        h.leaf("summary", &[], &text::count(rest.len() as u64, "more record"));
        let folded = rest.len().min(REFS_FOLDED_MAX);
        list(h, &rest[..folded]);
        if rest.len() > folded {
            h.leaf("span", &[("class", "note")], "all of them: ");
            h.code(all);
        }
    });
}

/// One reference.
pub(crate) fn reference(h: &mut Html, page: &Page<'_>, evidence: &EvidenceRef) {
    match page.records.anchor(evidence) {
        Some(anchor) => {
            let short: String = evidence.artifact.chars().take(8).collect();
            let title = format!("record {} of {}", evidence.record, evidence.uri);
            let href = format!("#{anchor}");
            h.el("a", &[("class", "ref"), ("href", &href), ("title", &title)], |h| {
                h.text(&format!("{short}:{}", evidence.record));
            });
        }
        None => {
            h.el("code", &[("class", "ref"), ("title", &evidence.uri)], |h| {
                h.text(&text::show_command(evidence));
            });
        }
    }
    h.text(" ");
}

/// A gap: what, when, why, and how to close it.
pub(crate) fn gap(h: &mut Html, gap: &Gap) {
    h.el("p", &[("class", "gap-what")], |h| {
        h.prose_leaf("strong", &[], &gap.what);
        h.text(" ");
        h.leaf("span", &[("class", "when")], &text::span(gap.from, gap.to));
    });
    if !gap.why.is_empty() {
        h.prose_leaf("p", &[], &gap.why);
    }
    if !gap.setting.is_empty() {
        h.el("p", &[("class", "setting")], |h| {
            h.leaf("span", &[("class", "key")], "Would have recorded it: ");
            h.step(&gap.setting);
        });
    }
    if !gap.command.is_empty() {
        h.el("div", &[("class", "command")], |h| h.code(&gap.command));
    }
}

/// A table with a caption, in a frame that scrolls by itself; `#Events` names a column of numbers.
pub(crate) fn table<'a, R>(
    h: &mut Html,
    caption: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = R>,
    mut row: impl FnMut(&mut Html, R),
) where
    R: 'a,
{
    h.el(
        "div",
        &[("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", caption)],
        |h| {
            h.el("table", &[], |h| {
                h.leaf("caption", &[], caption);
                h.el("thead", &[], |h| {
                    h.el("tr", &[], |h| {
                        for name in head {
                            // A column of numbers is named after a mark.
                            let number = name.strip_prefix('#');
                            let class = if number.is_some() { "num" } else { "" };
                            h.leaf(
                                "th",
                                &[("scope", "col"), ("class", class)],
                                number.unwrap_or(name),
                            );
                        }
                    });
                });
                h.el("tbody", &[], |h| {
                    for one in rows {
                        h.el("tr", &[], |h| row(h, one));
                    }
                });
            });
        },
    );
}

/// A cell of numbers.
pub(crate) fn number_cell(h: &mut Html, value: u64) {
    h.leaf("td", &[("class", "num")], &text::number(value));
}

/// A cell of code.
pub(crate) fn code_cell(h: &mut Html, evidence: &str) {
    // Names and ARNs need room; short codes do not.
    let attrs: Attrs<'_> = if evidence.len() > 24 { &[("class", "id")] } else { &[] };
    h.el("td", attrs, |h| {
        if !evidence.is_empty() {
            h.code(evidence);
        }
    });
}
