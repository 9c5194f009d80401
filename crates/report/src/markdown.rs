//! The document as Markdown: for tickets, diffs and plain reading.

mod elements;
mod evidence;
mod inline;
mod people;

use heptagon_model::Verdict;

use crate::{Document, Section, text, view};
use inline::Line;

/// Rows a table of Markdown may have.
const ROWS_MAX: usize = 200;

/// The whole report.
pub(crate) fn render(document: &Document) -> String {
    let mut out = Markdown { out: String::new() };
    out.line(Line::new().ours("# Gen-AI incident report: case ").code(&document.case.id));
    for section in Section::ALL {
        out.heading(2, Line::new().ours(section.title()));
        match section {
            Section::Summary => summary(&mut out, document),
            Section::Actions => elements::actions(&mut out, document),
            Section::Timeline => evidence::timeline(&mut out, document),
            Section::Elements => elements::elements(&mut out, document),
            Section::Actors => people::actors(&mut out, document),
            Section::Findings => people::findings(&mut out, document),
            Section::Coverage => evidence::coverage(&mut out, document),
            Section::Workload => evidence::workload(&mut out, document),
            Section::Sources => evidence::sources(&mut out, document),
            Section::Problems => evidence::problems(&mut out, document),
            Section::Method => evidence::method(&mut out, document),
            Section::Records => evidence::records(&mut out, document),
        }
    }
    out.out
}

/// Blocks of Markdown, each followed by what it needs.
pub(crate) struct Markdown {
    out: String,
}

impl Markdown {
    /// A paragraph.
    pub(crate) fn line(&mut self, line: Line) {
        self.out.push_str(line.finish().trim_end());
        self.out.push_str("\n\n");
    }

    /// A heading.
    pub(crate) fn heading(&mut self, level: usize, line: Line) {
        self.line(Line::new().ours(&"#".repeat(level)).ours(" ").ours(&line.finish()));
    }

    /// An item of a list; the list ends with [`Markdown::end_list`].
    pub(crate) fn item(&mut self, depth: usize, line: Line) {
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str("- ");
        self.out.push_str(line.finish().trim_end());
        self.out.push('\n');
    }

    /// Ends a list.
    pub(crate) fn end_list(&mut self) {
        self.out.push('\n');
    }

    /// A table; cells beyond [`ROWS_MAX`] rows are counted, not shown.
    pub(crate) fn table(&mut self, head: &[&str], rows: impl IntoIterator<Item = Vec<Line>>) {
        self.out.push_str(&format!("| {} |\n", head.join(" | ")));
        self.out.push_str(&format!("|{}\n", " --- |".repeat(head.len())));
        let mut more = 0;
        for (at, row) in rows.into_iter().enumerate() {
            if at >= ROWS_MAX {
                more += 1;
                continue;
            }
            let cells: Vec<String> = row.into_iter().map(Line::finish).collect();
            self.out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        self.out.push('\n');
        if more > 0 {
            self.line(
                Line::new().ours(&format!("{} not shown here.", text::count(more, "more row"))),
            );
        }
    }

    /// A block that is ready.
    pub(crate) fn block(&mut self, block: &str) {
        self.out.push_str(block);
        self.out.push('\n');
    }
}

/// A verdict's sign and name.
pub(crate) fn verdict(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Confirmed => "■",
        Verdict::Indicated => "▲",
        Verdict::CannotTell => "◇",
        Verdict::NotObserved => "○",
        Verdict::NotApplicable => "–",
    };
    format!("{sign} {}", text::verdict(verdict))
}

fn summary(out: &mut Markdown, document: &Document) {
    let headline = text::headline(&document.answers);
    if !headline.is_empty() {
        out.line(Line::new().ours("**").ours(&headline).ours("**"));
    }
    let case = &document.case;
    let (accounting, bytes) = view::totals(document);
    let scope = case.scope.map_or_else(
        || "no record has a time".to_owned(),
        |scope| {
            let basis = match scope.basis {
                crate::ScopeBasis::Given => "given",
                crate::ScopeBasis::Inferred => "inferred from the records",
            };
            format!("{} ({basis})", text::span(Some(scope.from), Some(scope.to)))
        },
    );
    out.item(0, Line::new().ours(&format!("Window: {scope}; all times are UTC")));
    out.item(
        0,
        Line::new()
            .ours(&format!(
                "Evidence: {} ({}), {}: {}, {}; from ",
                text::count(document.artifacts.len() as u64, "artifact"),
                text::bytes(bytes),
                text::count(accounting.records, "record"),
                text::count(accounting.rows, "row"),
                text::count(accounting.problems, "record lost").replace("losts", "lost"),
            ))
            .codes(&case.evidence_roots, 5),
    );
    out.item(
        0,
        Line::new()
            .ours("Made by heptagon ")
            .code(&case.tool_version)
            .ours(", content ")
            .code(&case.content_hash)
            .ours(&format!("; case created {}", text::time(case.created))),
    );
    out.end_list();
    out.table(
        &["Element", "Verdict", "Questions", "What says most"],
        document.answers.elements.iter().map(|element| {
            let counts = text::verdict_counts(&element.answers);
            let counts: Vec<String> = counts
                .iter()
                .map(|(verdict, n)| format!("{n} {}", text::verdict(*verdict).to_lowercase()))
                .collect();
            let leading = view::leading(element).map_or("", |answer| answer.summary.as_str());
            vec![
                Line::cell().ours(element.element.title()),
                Line::cell().ours(&verdict(element.verdict)),
                Line::cell().ours(&counts.join(", ")),
                Line::cell().prose(leading),
            ]
        }),
    );
}
