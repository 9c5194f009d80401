//! What happened when: the chart and the events themselves.

use heptagon_model::EventRow;

use super::Page;
use super::builder::Html;
use super::{chart_timeline, parts};
use crate::{text, view};

/// Events listed in the table; the rest is a command away.
const ROWS_MAX: usize = 250;

/// The chart, then the events.
pub(crate) fn timeline(h: &mut Html, page: &Page<'_>) {
    let timeline = &page.document.timeline;
    chart_timeline::chart(h, page.document);
    if timeline.entries.is_empty() {
        h.leaf("p", &[], "No event belongs to a finding or speaks for something adverse.");
        return;
    }
    let shown = view::telling(page.document, ROWS_MAX);
    let total = timeline.entries_total.max(timeline.entries.len() as u64);
    h.el("details", &[("class", "fold"), ("open", "")], |h| {
        let all = text::count(total, "event");
        let summary = if total > shown.len() as u64 {
            format!("{} of {all} with findings or adverse facts, by level", shown.len())
        } else {
            format!("{all} with findings or adverse facts")
        };
        h.leaf("summary", &[], &summary);
        parts::table(
            h,
            "Events with findings or adverse facts, in order of time (UTC)",
            &["Time", "Event", "Who", "On", "Outcome", "Record"],
            shown,
            |h, entry| row(h, page, entry),
        );
        if total > ROWS_MAX as u64 {
            h.el("p", &[("class", "note")], |h| {
                h.text("All of them: ");
                h.code("heptagon timeline");
            });
        }
    });
}

fn row(h: &mut Html, page: &Page<'_>, entry: &EventRow) {
    h.leaf("td", &[("class", "when")], &text::time(entry.event_time));
    h.el("td", &[("class", "wide")], |h| {
        h.leaf("strong", &[], &entry.action);
        h.leaf("p", &[("class", "note")], &format!("{} · {}", entry.source, entry.region));
        for id in &entry.findings {
            if let Some(finding) = page.document.findings.iter().find(|f| f.finding_id == *id) {
                h.link("chip", &view::finding_anchor(id), |h| h.text(&finding.title));
                h.text(" ");
            }
        }
    });
    h.el("td", &[("class", "id")], |h| {
        h.code(&entry.principal);
        h.el("p", &[("class", "note")], |h| {
            if let Some(ip) = &entry.source_ip {
                h.text("from ");
                h.code(ip);
            }
            if let Some(agent) = &entry.user_agent {
                h.text(&format!(" with {}", text::label(agent, 36)));
            }
        });
    });
    parts::code_cell(h, entry.resource.as_deref().unwrap_or_default());
    let class = if entry.outcome == "success" { "ok" } else { "refused" };
    h.leaf("td", &[("class", class)], &entry.outcome);
    h.el("td", &[], |h| parts::reference(h, page, &entry.evidence));
}
