//! The workload, the artifacts with their accounting, and the problems.

use std::cmp::Reverse;

use heptagon_model::ArtifactRow;

use super::Page;
use super::builder::Html;
use super::parts;
use crate::{text, view};

/// Artifacts listed; the rest is a command away.
const ARTIFACTS_MAX: usize = 1_000;
/// Problems listed; the rest is a command away.
const PROBLEMS_MAX: usize = 500;

/// The workload as TOML.
pub(crate) fn workload(h: &mut Html, page: &Page<'_>) {
    let workload = &page.document.workload;
    if workload.toml.trim().is_empty() {
        h.leaf("p", &[], "Nothing is known of the workload.");
        return;
    }
    h.el("p", &[("class", "intro")], |h| {
        h.text("Components, roles and stores the answers are about; basis: ");
        h.leaf("strong", &[], &workload.basis);
        h.text(". Correct it and give it back with ");
        h.code("--workload FILE");
        h.text(".");
    });
    h.el("details", &[("class", "fold")], |h| {
        let lines = workload.toml.lines().count() as u64;
        h.leaf("summary", &[], &format!("workload.toml, {}", text::count(lines, "line")));
        let (shown, note) = text::cut(&workload.toml, text::BLOCK_CHARS_MAX);
        h.pre(shown, note.as_deref());
    });
}

/// Every artifact: where every record of it went.
pub(crate) fn sources(h: &mut Html, page: &Page<'_>) {
    let artifacts = &page.document.artifacts;
    let (sums, bytes) = view::totals(page.document);
    let holds = artifacts.iter().all(|artifact| artifact.accounting.balances());
    h.el("p", &[("class", "intro")], |h| {
        h.text(&format!(
            "{}, {}. {} = {} parsed + {} lost; {} parsed = {} + {} + {}. ",
            text::count(artifacts.len() as u64, "artifact"),
            text::bytes(bytes),
            text::count(sums.records, "record"),
            text::number(sums.parsed),
            text::number(sums.problems),
            text::number(sums.parsed),
            text::count(sums.rows, "row"),
            text::count(sums.duplicates, "duplicate"),
            text::count(sums.notices, "notice"),
        ));
        h.leaf(
            "strong",
            &[],
            if holds {
                "Both sums hold for every artifact."
            } else {
                "The sums do not hold for every artifact."
            },
        );
    });
    let mut listed: Vec<&ArtifactRow> = artifacts.iter().collect();
    // Those with something to explain first, then as the evidence has them.
    listed.sort_by_key(|artifact| {
        Reverse((
            !artifact.accounting.balances(),
            artifact.accounting.problems > 0 || artifact.reason.is_some(),
        ))
    });
    let caption = "Artifacts, those with lost records first";
    h.el("details", &[("class", "fold")], |h| {
        h.leaf("summary", &[], &text::count(artifacts.len() as u64, "artifact"));
        parts::table(
            h,
            caption,
            &[
                "File",
                "Kind",
                "#Size",
                "#Records",
                "#Rows",
                "#Duplicates",
                "#Notices",
                "#Lost",
                "#Warnings",
                "First and last event",
            ],
            listed.iter().take(ARTIFACTS_MAX),
            |h, artifact| artifact_row(h, artifact),
        );
        if listed.len() > ARTIFACTS_MAX {
            let more = text::count((listed.len() - ARTIFACTS_MAX) as u64, "more artifact");
            h.leaf("p", &[("class", "note")], &format!("{more}: heptagon sources"));
        }
    });
}

fn artifact_row(h: &mut Html, artifact: &ArtifactRow) {
    h.el("td", &[("class", "wide")], |h| {
        h.code(&artifact.uri);
        h.leaf("p", &[("class", "note hash")], &artifact.sha256);
        if let Some(reason) = &artifact.reason {
            h.leaf("p", &[], reason);
        }
    });
    h.leaf("td", &[], &artifact.kind);
    h.leaf("td", &[("class", "num")], &text::bytes(artifact.bytes));
    let sums = &artifact.accounting;
    for value in
        [sums.records, sums.rows, sums.duplicates, sums.notices, sums.problems, sums.warnings]
    {
        parts::number_cell(h, value);
    }
    h.el("td", &[("class", "when")], |h| {
        if let (Some(first), Some(last)) = (artifact.first_event_time, artifact.last_event_time) {
            h.text(&text::minute(first));
            h.void("br", &[]);
            h.text(&text::minute(last));
        }
    });
}

/// Problems by code, then one by one.
pub(crate) fn problems(h: &mut Html, page: &Page<'_>) {
    let problems = &page.document.problems;
    if problems.is_empty() {
        h.leaf("p", &[], "Every record was read as expected.");
        return;
    }
    parts::table(
        h,
        "Problems by kind",
        &["What became of it", "Code", "#How many", "For example"],
        view::problem_groups(page.document),
        |h, group| {
            h.leaf("td", &[], text::severity(group.severity));
            parts::code_cell(h, &text::problem_code(group.code));
            parts::number_cell(h, group.problems.len() as u64);
            h.leaf(
                "td",
                &[("class", "wide")],
                group.problems.first().map_or("", |problem| &problem.reason),
            );
        },
    );
    h.el("details", &[("class", "fold")], |h| {
        h.leaf("summary", &[], &text::count(problems.len() as u64, "problem"));
        parts::table(
            h,
            "Problems one by one",
            &["Code", "File", "#Record", "#Offset", "Reason"],
            problems.iter().take(PROBLEMS_MAX),
            |h, problem| {
                parts::code_cell(h, &text::problem_code(problem.code));
                parts::code_cell(h, &problem.uri);
                h.leaf(
                    "td",
                    &[("class", "num")],
                    &problem.record.map(text::number).unwrap_or_default(),
                );
                h.leaf(
                    "td",
                    &[("class", "num")],
                    &problem.offset.map(text::number).unwrap_or_default(),
                );
                h.leaf("td", &[("class", "wide")], &problem.reason);
            },
        );
        if problems.len() > PROBLEMS_MAX {
            let more = text::count((problems.len() - PROBLEMS_MAX) as u64, "more problem");
            h.leaf("p", &[("class", "note")], &format!("{more}: heptagon sql, table problems"));
        }
    });
}
