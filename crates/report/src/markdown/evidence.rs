//! When it happened, what could have been seen, and the evidence itself.

use super::Markdown;
use super::inline::{Line, fenced};
use crate::{Document, text, view};

/// Events of the timeline shown.
const EVENTS_MAX: usize = 100;
/// Coverage lanes shown; incomplete ones come first.
const LANES_MAX: usize = 60;

/// Events that matter, in order of time.
pub(crate) fn timeline(out: &mut Markdown, document: &Document) {
    let timeline = &document.timeline;
    if timeline.entries.is_empty() {
        out.line(
            Line::new().ours("No event belongs to a finding or speaks for something adverse."),
        );
        return;
    }
    let shown = view::telling(document, EVENTS_MAX);
    let total = timeline.entries_total.max(timeline.entries.len() as u64);
    let of_all = if total > shown.len() as u64 {
        format!("; {} of the worst findings here, all with `heptagon timeline`", shown.len())
    } else {
        String::new()
    };
    let all = text::count(total, "event");
    out.line(Line::new().ours(&format!("{all} with findings or adverse facts{of_all}.")));
    out.table(
        &["Time", "Action", "Who", "Resource", "Outcome", "From", "Record"],
        shown.into_iter().map(|entry| {
            let optional = |value: &Option<String>| match value {
                Some(value) => Line::cell().code(value),
                None => Line::cell(),
            };
            vec![
                Line::cell().ours(&text::time(entry.event_time)),
                Line::cell().code(&entry.action),
                Line::cell().code(&entry.principal),
                optional(&entry.resource),
                Line::cell().code(&entry.outcome),
                optional(&entry.source_ip),
                Line::cell().code(&text::reference(&entry.evidence)),
            ]
        }),
    );
}

/// Gaps, then coverage lanes.
pub(crate) fn coverage(out: &mut Markdown, document: &Document) {
    let gaps = view::gaps(document);
    out.heading(3, Line::new().ours("What could not have been seen"));
    if gaps.is_empty() {
        out.line(Line::new().ours("No answer has a gap."));
    }
    for view in &gaps {
        let gap = view.gap;
        let ids: Vec<&str> = view.questions.iter().copied().collect();
        out.item(
            0,
            Line::new()
                .prose(&gap.what)
                .ours(&format!(" ({}): ", text::span(gap.from, gap.to)))
                .prose(&gap.why)
                .ours(" Keeps open: ")
                .codes(&ids, 6),
        );
        if !gap.setting.is_empty() {
            out.item(1, Line::new().ours("would have recorded it: ").step(&gap.setting));
        }
        if !gap.command.is_empty() {
            out.item(1, Line::new().code(&gap.command));
        }
    }
    if !gaps.is_empty() {
        out.end_list();
    }
    out.heading(3, Line::new().ours("Coverage"));
    let mut groups = view::coverage_groups(&document.coverage);
    if groups.is_empty() {
        out.line(Line::new().ours("Nothing is known of what was recorded."));
        return;
    }
    let all = groups.len();
    groups.sort_by_key(view::CoverageGroup::whole);
    out.table(
        &["Source", "Category", "Account", "Regions", "State over time"],
        groups.iter().take(LANES_MAX).map(|group| {
            let states: Vec<String> = group
                .intervals
                .iter()
                .take(6)
                .map(|i| {
                    format!("{} {}", text::state(i.state), text::span(Some(i.from), Some(i.to)))
                })
                .collect();
            let more = group.intervals.len().saturating_sub(6);
            let more = if more > 0 { format!("; {more} more") } else { String::new() };
            vec![
                Line::cell().code(group.source),
                Line::cell().code(group.category),
                Line::cell().code(group.account),
                Line::cell().codes(&group.regions, 4),
                Line::cell().ours(&states.join("; ")).ours(&more),
            ]
        }),
    );
    if all > LANES_MAX {
        let more = (all - LANES_MAX) as u64;
        out.line(
            Line::new().ours(&format!("{}: `heptagon coverage`.", text::count(more, "more lane"))),
        );
    }
}

/// The workload.
pub(crate) fn workload(out: &mut Markdown, document: &Document) {
    let workload = &document.workload;
    if workload.toml.trim().is_empty() {
        out.line(Line::new().ours("Nothing is known of the workload."));
        return;
    }
    out.line(Line::new().ours("Basis: ").code(&workload.basis));
    out.block(&fenced("toml", &workload.toml, text::BLOCK_CHARS_MAX));
}

/// Artifacts with their accounting.
pub(crate) fn sources(out: &mut Markdown, document: &Document) {
    out.table(
        &[
            "File",
            "Kind",
            "Size",
            "Records",
            "Rows",
            "Duplicates",
            "Notices",
            "Lost",
            "First event",
            "Last event",
            "SHA-256",
        ],
        document.artifacts.iter().map(|artifact| {
            let sums = &artifact.accounting;
            let time = |time: Option<_>| time.map(text::time).unwrap_or_default();
            vec![
                Line::cell().code(&artifact.uri),
                Line::cell().code(&artifact.kind),
                Line::cell().ours(&text::bytes(artifact.bytes)),
                Line::cell().ours(&text::number(sums.records)),
                Line::cell().ours(&text::number(sums.rows)),
                Line::cell().ours(&text::number(sums.duplicates)),
                Line::cell().ours(&text::number(sums.notices)),
                Line::cell().ours(&text::number(sums.problems)),
                Line::cell().ours(&time(artifact.first_event_time)),
                Line::cell().ours(&time(artifact.last_event_time)),
                Line::cell().code(&artifact.artifact),
            ]
        }),
    );
}

/// Problems.
pub(crate) fn problems(out: &mut Markdown, document: &Document) {
    if document.problems.is_empty() {
        out.line(Line::new().ours("Every record was read as expected."));
        return;
    }
    for group in view::problem_groups(document) {
        out.item(
            0,
            Line::new().code(&text::problem_code(group.code)).ours(&format!(
                ": {} ({})",
                text::number(group.problems.len() as u64),
                text::severity(group.severity)
            )),
        );
    }
    out.end_list();
    out.table(
        &["Code", "File", "Record", "Reason"],
        document.problems.iter().map(|problem| {
            let record = problem.record.map(text::number).unwrap_or_default();
            vec![
                Line::cell().code(&text::problem_code(problem.code)),
                Line::cell().code(&problem.uri),
                Line::cell().ours(&record),
                Line::cell().prose(&problem.reason),
            ]
        }),
    );
}

/// How to check the report, and how its words are meant.
pub(crate) fn method(out: &mut Markdown, document: &Document) {
    let custody = &document.custody;
    out.item(0, Line::new().ours("SHA-256 of the manifest: ").code(&custody.manifest_sha256));
    out.item(
        0,
        Line::new()
            .ours("Head of the ledger: ")
            .code(&custody.ledger_head)
            .ours(&format!(" ({})", text::count(custody.ledger_entries, "entry"))),
    );
    out.item(
        0,
        Line::new().ours("`heptagon verify` hashes the evidence again and walks the ledger."),
    );
    for verdict in text::VERDICTS {
        out.item(
            0,
            Line::new()
                .ours(&super::verdict(verdict))
                .ours(": ")
                .ours(text::verdict_meaning(verdict)),
        );
    }
    out.end_list();
}

/// The records, by reference: their text stands in the HTML report and in the evidence.
pub(crate) fn records(out: &mut Markdown, document: &Document) {
    out.line(Line::new().ours("A reference is `artifact:record`; `heptagon show REFERENCE` prints the record from the sealed evidence."));
    if document.records.is_empty() {
        return;
    }
    out.table(
        &["Reference", "File", "Record"],
        document.records.iter().map(|record| {
            vec![
                Line::cell().code(&text::reference(&record.evidence)),
                Line::cell().code(&record.evidence.uri),
                Line::cell().ours(&text::number(record.evidence.record)),
            ]
        }),
    );
}
