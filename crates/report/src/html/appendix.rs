//! How to check the report, and the records themselves.

use super::Page;
use super::builder::Html;
use super::parts;
use crate::view::{self, Citation};
use crate::{RecordText, text};

/// Citations named per record.
const CITATIONS_MAX: usize = 6;

/// Custody, and how words are meant.
pub(crate) fn method(h: &mut Html, page: &Page<'_>) {
    let (case, custody) = (&page.document.case, &page.document.custody);
    h.el("dl", &[("class", "fields custody")], |h| {
        let mut field = |name: &str, value: &str| {
            if !value.is_empty() {
                h.leaf("dt", &[], name);
                h.el("dd", &[], |h| h.code(value));
            }
        };
        field("SHA-256 of the manifest", &custody.manifest_sha256);
        field("Head of the ledger", &custody.ledger_head);
        field("Entries of the ledger", &text::number(custody.ledger_entries));
        field("Content", &case.content_hash);
        field("Tool", &format!("heptagon {}", case.tool_version));
    });
    h.el("p", &[], |h| {
        h.code("heptagon verify");
        h.text(" hashes every artifact again and walks the ledger; ");
        h.code("heptagon show REFERENCE");
        h.text(" prints a record from the sealed evidence. A reference names the artifact, by the first 16 hex digits of its SHA-256, and the record in it, counted from 0.");
    });
    h.el("dl", &[("class", "fields verdicts")], |h| {
        for verdict in text::VERDICTS {
            h.el("dt", &[], |h| parts::verdict_badge(h, verdict));
            h.leaf("dd", &[], text::verdict_meaning(verdict));
        }
    });
    h.el("ul", &[], |h| {
        h.leaf("li", &[], "“Not observed” is only said where every account, region and hour of the window was recorded by a source that would have shown it. One blind spot makes it “cannot tell”.");
        h.leaf("li", &[], "An element is confirmed or indicated if any of its answers is, else cannot tell if a required one is, else not observed.");
        h.leaf("li", &[], "Text from evidence may be written by an attacker. It is shown, never interpreted: characters that cannot be seen appear as their code points, and nothing in it is a link.");
        h.leaf("li", &[], "All times are UTC. CloudTrail’s clock is one second: the order of events of one second is unknown.");
    });
}

/// The records that facts and findings link to.
pub(crate) fn records(h: &mut Html, page: &Page<'_>) {
    let records = &page.document.records;
    if records.is_empty() {
        h.leaf("p", &[], "No record is cited.");
        return;
    }
    h.el("p", &[("class", "intro")], |h| {
        h.text(&format!(
            "{} cited above, as they stand in the evidence; others are one ",
            text::count(records.len() as u64, "record")
        ));
        h.code("heptagon show");
        h.text(" away.");
    });
    let mut last = None;
    for record in records {
        let key = (&record.evidence.artifact, record.evidence.record);
        if last != Some(key) {
            one(h, page, record);
        }
        last = Some(key);
    }
}

fn one(h: &mut Html, page: &Page<'_>, record: &RecordText) {
    let Some(anchor) = page.records.anchor(&record.evidence) else { return };
    h.el("article", &[("class", "record"), ("id", &anchor)], |h| {
        h.el("h3", &[], |h| {
            h.code(&text::reference(&record.evidence));
        });
        h.el("p", &[("class", "note")], |h| {
            h.text(&format!("record {} of ", text::number(record.evidence.record)));
            h.code(&record.evidence.uri);
            h.text(&format!(", {}", text::bytes(record.bytes)));
        });
        let citations = page.records.citations(&record.evidence);
        if !citations.is_empty() {
            h.el("p", &[("class", "note")], |h| cited(h, citations));
        }
        h.el("details", &[("class", "fold"), ("open", "")], |h| {
            h.leaf("summary", &[], "Record");
            let (shown, cut) = text::cut(&record.text, text::RECORD_CHARS_MAX);
            let note = format!(
                " … (cut; {} in the evidence: {})",
                text::bytes(record.bytes),
                text::show_command(&record.evidence)
            );
            h.pre(shown, cut.map(|_| note.as_str()));
        });
    });
}

fn cited(h: &mut Html, citations: &[Citation<'_>]) {
    h.text("Cited by ");
    for (at, citation) in citations.iter().take(CITATIONS_MAX).enumerate() {
        if at > 0 {
            h.text(", ");
        }
        match citation {
            Citation::Question(id) => {
                h.link("", &view::question_anchor(id), |h| h.text(id));
            }
            Citation::Finding(id, title) => {
                h.link("", &view::finding_anchor(id), |h| h.text(title));
            }
        }
    }
    if citations.len() > CITATIONS_MAX {
        h.text(&format!(" and {} more", citations.len() - CITATIONS_MAX));
    }
}
