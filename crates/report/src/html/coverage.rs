//! What could have been seen, and what could not.

use heptagon_model::{CoverageRow, CoverageState};

use super::Page;
use super::builder::Html;
use super::{chart, chart_coverage, parts};
use crate::{text, view};

/// Coverage rows listed; the rest is a command away.
const ROWS_MAX: usize = 500;

/// Gaps, the chart, the rows.
pub(crate) fn coverage(h: &mut Html, page: &Page<'_>) {
    let gaps = view::gaps(page.document);
    h.leaf("h3", &[], "What could not have been seen");
    if gaps.is_empty() {
        h.leaf("p", &[], "No answer has a gap.");
    } else {
        h.el("ul", &[("class", "gaps")], |h| {
            for view in &gaps {
                h.el("li", &[], |h| {
                    parts::gap(h, view.gap);
                    h.el("p", &[("class", "note")], |h| {
                        h.text("Keeps open: ");
                        for (at, question) in view.questions.iter().enumerate() {
                            if at > 0 {
                                h.text(", ");
                            }
                            h.link("", &view::question_anchor(question), |h| h.text(question));
                        }
                    });
                });
            }
        });
    }
    h.leaf("h3", &[], "What was recorded");
    let rows = &page.document.coverage;
    if rows.is_empty() {
        h.leaf("p", &[], "Nothing is known of what was recorded.");
        return;
    }
    chart_coverage::chart(h, page.document);
    let mut sorted: Vec<&CoverageRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.state == CoverageState::Recorded);
    h.el("details", &[("class", "fold")], |h| {
        h.leaf("summary", &[], &text::count(rows.len() as u64, "coverage row"));
        parts::table(
            h,
            "Coverage, what was not recorded first",
            &["State", "Source", "Category", "Account", "Region", "From", "To", "Basis", "Why"],
            sorted.iter().take(ROWS_MAX),
            |h, row| row_cells(h, page, row),
        );
        if rows.len() > ROWS_MAX {
            let more = text::count((rows.len() - ROWS_MAX) as u64, "more row");
            h.leaf("p", &[("class", "note")], &format!("{more}: heptagon coverage"));
        }
    });
}

/// One row's cells.
pub(crate) fn row_cells(h: &mut Html, page: &Page<'_>, row: &CoverageRow) {
    h.el("td", &[("class", "state")], |h| chart::state_key(h, row.state));
    h.leaf("td", &[], &row.source);
    parts::code_cell(h, &row.category);
    parts::code_cell(h, &row.account);
    h.leaf("td", &[], &row.region);
    h.leaf("td", &[("class", "when")], &text::minute(row.from));
    h.leaf("td", &[("class", "when")], &text::minute(row.to));
    h.leaf("td", &[], text::basis(row.basis));
    h.el("td", &[("class", "wide")], |h| {
        h.prose(&row.why);
        if let Some(trail) = &row.trail {
            h.text(" Trail: ");
            h.code(trail);
        }
        if let Some(evidence) = &row.evidence {
            h.text(" ");
            parts::reference(h, page, evidence);
        }
    });
}
