//! What the rules found.

use std::cmp::Reverse;

use heptagon_model::{Finding, Level};

use super::Page;
use super::builder::Html;
use super::parts;
use crate::{text, view};

/// Findings shown; the rest is a command away.
const ROWS_MAX: usize = 500;
/// References shown per finding before the rest is folded away.
const REFS_MAX: usize = 6;

/// Findings, worst first, then their techniques.
pub(crate) fn findings(h: &mut Html, page: &Page<'_>) {
    let mut findings: Vec<&Finding> = page.document.findings.iter().collect();
    if findings.is_empty() {
        h.leaf("p", &[], "No rule matched.");
        return;
    }
    findings.sort_by_key(|finding| (Reverse(finding.level), finding.first_time));
    let (telling, quiet): (Vec<&Finding>, Vec<&Finding>) =
        findings.into_iter().partition(|finding| finding.level >= Level::Medium);
    if telling.is_empty() {
        h.leaf("p", &[], "No finding of level medium or above.");
    } else {
        table(h, page, "Findings, worst first", &telling);
    }
    if !quiet.is_empty() {
        h.el("details", &[("class", "fold")], |h| {
            let count = text::count(quiet.len() as u64, "finding");
            h.leaf("summary", &[], &format!("{count} of level low or informational"));
            table(h, page, "Findings of level low or informational", &quiet);
        });
    }
    techniques(h, page);
}

fn table(h: &mut Html, page: &Page<'_>, caption: &str, findings: &[&Finding]) {
    parts::table(
        h,
        caption,
        &["Level", "Finding", "#Events", "First and last", "Who", "Records"],
        findings.iter().take(ROWS_MAX),
        |h, finding| row(h, page, finding),
    );
    if findings.len() > ROWS_MAX {
        let more = text::count((findings.len() - ROWS_MAX) as u64, "more finding");
        h.leaf("p", &[("class", "note")], &format!("{more}: heptagon findings"));
    }
}

fn row(h: &mut Html, page: &Page<'_>, finding: &Finding) {
    h.el("td", &[("id", &view::finding_anchor(&finding.finding_id))], |h| {
        parts::level_badge(h, finding.level);
    });
    h.el("td", &[("class", "wide")], |h| {
        h.leaf("strong", &[], &finding.title);
        h.prose_leaf("p", &[], &finding.summary);
        h.el("p", &[("class", "note")], |h| {
            h.code(&finding.finding_id);
            h.text(&format!(" · {} confidence", finding.confidence.name()));
            for element in &finding.elements {
                h.text(" · ");
                h.link("", &view::element_anchor(*element), |h| h.text(element.title()));
            }
        });
        h.el("p", &[("class", "techniques")], |h| {
            for id in finding.attack.iter().chain(&finding.atlas).chain(&finding.owasp) {
                h.leaf("span", &[("class", "chip")], id);
                h.text(" ");
            }
        });
    });
    parts::number_cell(h, finding.count);
    h.el("td", &[("class", "when")], |h| {
        h.text(&text::time(finding.first_time));
        if finding.last_time != finding.first_time {
            h.void("br", &[]);
            h.text(&text::time(finding.last_time));
        }
    });
    h.el("td", &[("class", "id")], |h| {
        h.codes(&finding.principals, 2);
        if !finding.source_ips.is_empty() {
            h.void("br", &[]);
            h.leaf("span", &[("class", "note")], "from ");
            h.codes(&finding.source_ips, 2);
        }
        if !finding.resources.is_empty() {
            h.void("br", &[]);
            h.leaf("span", &[("class", "note")], "on ");
            h.codes(&finding.resources, 2);
        }
    });
    h.el("td", &[("class", "records")], |h| {
        let all = format!("heptagon timeline --finding {}", finding.finding_id);
        parts::references(h, page, &finding.refs, REFS_MAX, &all);
        if finding.count > finding.refs.len() as u64 {
            h.leaf("p", &[("class", "note")], "all events:");
            h.code(&all);
        }
    });
}

fn techniques(h: &mut Html, page: &Page<'_>) {
    let techniques = view::techniques(page.document);
    if techniques.is_empty() {
        return;
    }
    h.leaf("h3", &[], "Techniques");
    parts::table(
        h,
        "Techniques of ATT&CK, ATLAS and OWASP that findings carry",
        &["Catalog", "Technique", "Findings"],
        &techniques,
        |h, technique| {
            h.leaf("td", &[("class", "short")], technique.catalog);
            h.el("td", &[("class", "short")], |h| h.code(&text::label(technique.id, 60)));
            h.el("td", &[], |h| {
                let mut shown: Vec<&str> = Vec::new();
                for finding in &technique.findings {
                    if shown.contains(&finding.title.as_str()) || shown.len() == 12 {
                        continue;
                    }
                    if !shown.is_empty() {
                        h.text(", ");
                    }
                    shown.push(&finding.title);
                    h.link("", &view::finding_anchor(&finding.finding_id), |h| {
                        h.text(&finding.title);
                    });
                }
            });
        },
    );
}
