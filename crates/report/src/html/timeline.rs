//! What happened when: the chart and the events themselves.

use heptagon_model::EventRow;

use super::Page;
use super::builder::Html;
use super::{chart_timeline, parts};
use crate::{text, view};

/// Events listed in the table; the rest is a command away.
const ROWS_MAX: usize = 1_000;

/// The chart, then the events.
pub(crate) fn timeline(h: &mut Html, page: &Page<'_>) {
    let timeline = &page.document.timeline;
    chart_timeline::chart(h, page.document);
    if timeline.entries.is_empty() {
        h.leaf("p", &[], "No event belongs to a finding or speaks for something adverse.");
        return;
    }
    let shown = timeline.entries.len().min(ROWS_MAX);
    let total = timeline.entries_total.max(timeline.entries.len() as u64);
    h.el("details", &[("class", "fold"), ("open", "")], |h| {
        let of = if total > shown as u64 {
            format!("; the first {} of them; all: heptagon timeline", text::number(shown as u64))
        } else {
            String::new()
        };
        h.leaf(
            "summary",
            &[],
            &format!("{} with findings or adverse facts{of}", text::count(total, "event")),
        );
        parts::table(
            h,
            "Events with findings or adverse facts, in order of time (UTC)",
            &["Time", "Event", "Who", "On", "Outcome", "Record"],
            timeline.entries.iter().take(shown),
            |h, entry| row(h, page, entry),
        );
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
                h.text(&format!(" with {}", text::label(agent, 60)));
            }
        });
    });
    parts::code_cell(h, entry.resource.as_deref().unwrap_or_default());
    let class = if entry.outcome == "success" { "ok" } else { "refused" };
    h.leaf("td", &[("class", class)], &entry.outcome);
    h.el("td", &[], |h| parts::reference(h, page, &entry.evidence));
}
