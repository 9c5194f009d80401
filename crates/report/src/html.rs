//! The document as one HTML file: no script, no request, nothing its policy would refuse.

mod actors;
mod appendix;
mod builder;
mod chart;
mod chart_coverage;
mod chart_timeline;
mod coverage;
mod elements;
mod evidence;
mod findings;
mod parts;
mod summary;
mod timeline;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use heptagon_model::Element;
use sha2::{Digest, Sha256};

use crate::view::{self, RecordIndex};
use crate::{Document, Section, text, title};
use builder::Html;

const CSS: &str = include_str!("html/style.css");

/// What the pages of a report are made from.
pub(crate) struct Page<'a> {
    /// The document.
    pub document: &'a Document,
    /// Which records stand in the file.
    pub records: RecordIndex<'a>,
}

/// The whole report.
pub(crate) fn render(document: &Document) -> String {
    let page = Page { document, records: RecordIndex::new(document) };
    let title = title(document);
    let mut html = Html::document();
    html.el("html", &[("lang", "en")], |h| {
        h.el("head", &[], |h| head(h, &title));
        h.el("body", &[], |h| body(h, &page));
    });
    html.finish()
}

/// What a browser may do with the file: show it with this one stylesheet.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(CSS.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

fn head(h: &mut Html, title: &str) {
    h.void("meta", &[("charset", "utf-8")]);
    // The policy is attribute text of ours: its quotes are escaped like everyone's.
    h.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy())]);
    h.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    h.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    h.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    h.leaf("title", &[], title);
    h.stylesheet(CSS);
}

fn body(h: &mut Html, page: &Page<'_>) {
    h.link("skip", "main", |h| h.text("Skip to the report"));
    parts::symbols(h);
    h.el("div", &[("class", "frame")], |h| {
        navigation(h, page);
        h.el("main", &[("id", "main")], |h| {
            summary::cover(h, page);
            for section in Section::ALL {
                let anchor = section.anchor();
                let heading = format!("h-{anchor}");
                let attrs = [("class", "part"), ("id", anchor), ("aria-labelledby", &heading)];
                h.el("section", &attrs, |h| {
                    h.leaf("h2", &[("id", &heading)], section.title());
                    part(h, page, section);
                });
            }
        });
    });
}

fn part(h: &mut Html, page: &Page<'_>, section: Section) {
    match section {
        Section::Summary => summary::summary(h, page),
        Section::Actions => summary::actions(h, page),
        Section::Timeline => timeline::timeline(h, page),
        Section::Elements => elements::elements(h, page),
        Section::Actors => actors::actors(h, page),
        Section::Findings => findings::findings(h, page),
        Section::Coverage => coverage::coverage(h, page),
        Section::Workload => evidence::workload(h, page),
        Section::Sources => evidence::sources(h, page),
        Section::Problems => evidence::problems(h, page),
        Section::Method => appendix::method(h, page),
        Section::Records => appendix::records(h, page),
    }
}

fn navigation(h: &mut Html, page: &Page<'_>) {
    h.el("nav", &[("class", "toc"), ("aria-label", "Contents")], |h| {
        h.link("brand", "main", |h| {
            parts::heptagon(h);
            h.leaf("span", &[], "Heptagon");
        });
        h.el("ul", &[], |h| {
            for section in Section::ALL {
                h.el("li", &[], |h| {
                    h.link("", section.anchor(), |h| {
                        h.leaf("span", &[], section.title());
                        if let Some(count) = counted(page.document, section) {
                            h.leaf("span", &[("class", "n")], &text::number(count));
                        }
                    });
                    if section == Section::Elements {
                        element_links(h, page);
                    }
                });
            }
        });
    });
}

fn element_links(h: &mut Html, page: &Page<'_>) {
    h.el("ul", &[], |h| {
        for element in &page.document.answers.elements {
            h.el("li", &[], |h| {
                h.link("", &view::element_anchor(element.element), |h| {
                    parts::verdict_sign(h, element.verdict);
                    h.leaf("span", &[], Element::title(element.element));
                });
            });
        }
    });
}

fn counted(document: &Document, section: Section) -> Option<u64> {
    let count = match section {
        Section::Actors => document.actors.iter().filter(|actor| actor.suspicion > 0).count(),
        Section::Findings => document.findings.len(),
        Section::Sources => document.artifacts.len(),
        Section::Problems => document.problems.len(),
        Section::Records => document.records.len(),
        _ => return None,
    };
    Some(count as u64)
}
