//! Who did it, and what the rules found.

use super::Markdown;
use super::inline::Line;
use crate::{Document, text, view};

/// Actors shown one by one.
const ACTORS_MAX: usize = 20;

/// Actors, most suspicious first.
pub(crate) fn actors(out: &mut Markdown, document: &Document) {
    if document.actors.is_empty() {
        out.line(Line::new().ours("No actor has anything against it."));
        return;
    }
    for actor in document.actors.iter().take(ACTORS_MAX) {
        out.item(
            0,
            Line::new().code(&actor.actor).ours(" (").code(&actor.kind).ours(&format!(
                "), suspicion {}{}: {}, {}, {} refused; {}",
                actor.suspicion,
                if actor.suspect { ", **suspect**" } else { "" },
                text::count(actor.events, "event"),
                text::count(actor.writes, "write"),
                text::number(actor.denied),
                text::span(Some(actor.first_time), Some(actor.last_time)),
            )),
        );
        let lists = [
            ("principal", std::slice::from_ref(&actor.principal)),
            ("access keys", &actor.access_keys),
            ("source addresses", &actor.source_ips),
            ("user agents", &actor.user_agents),
            ("regions", &actor.regions),
        ];
        for (name, items) in lists {
            if !items.iter().all(String::is_empty) {
                out.item(1, Line::new().ours(name).ours(": ").codes(items, 8));
            }
        }
        for reason in &actor.reasons {
            out.item(1, Line::new().ours("why: ").prose(reason));
        }
    }
    out.end_list();
    if document.actors.len() > ACTORS_MAX {
        let more = (document.actors.len() - ACTORS_MAX) as u64;
        out.line(
            Line::new().ours(&format!("{}: `heptagon actors`.", text::count(more, "more actor"))),
        );
    }
}

/// Findings, then their techniques.
pub(crate) fn findings(out: &mut Markdown, document: &Document) {
    if document.findings.is_empty() {
        out.line(Line::new().ours("No rule matched."));
        return;
    }
    out.table(
        &["Level", "Finding", "Events", "When", "Who", "Records"],
        document.findings.iter().map(|finding| {
            let refs: Vec<String> = finding.refs.iter().map(text::reference).collect();
            vec![
                Line::cell().ours(finding.level.name()),
                Line::cell().prose(&finding.title).ours(" ").code(&finding.finding_id),
                Line::cell().ours(&text::number(finding.count)),
                Line::cell().ours(&text::span(Some(finding.first_time), Some(finding.last_time))),
                Line::cell().codes(&finding.principals, 3),
                Line::cell().codes(&refs, 2),
            ]
        }),
    );
    let techniques = view::techniques(document);
    if techniques.is_empty() {
        return;
    }
    out.table(
        &["Catalog", "Technique", "Findings"],
        techniques.iter().map(|technique| {
            let mut titles: Vec<&str> =
                technique.findings.iter().map(|finding| finding.title.as_str()).collect();
            titles.sort_unstable();
            titles.dedup();
            vec![
                Line::cell().ours(technique.catalog),
                Line::cell().code(technique.id),
                Line::cell().codes(&titles, 6),
            ]
        }),
    );
}
