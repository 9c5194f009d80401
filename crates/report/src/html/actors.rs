//! Who did it.

use super::Page;
use super::builder::Html;
use super::parts;
use crate::{ActorLine, text, view};

/// Actors with a card of their own.
const CARDS_MAX: usize = 12;
/// Actors listed below the cards.
const ROWS_MAX: usize = 500;

/// Actors, most suspicious first.
pub(crate) fn actors(h: &mut Html, page: &Page<'_>) {
    let actors = &page.document.actors;
    if actors.is_empty() {
        h.leaf("p", &[], "No actor has anything against it.");
        return;
    }
    h.leaf("p", &[("class", "intro")], "An actor is the smallest identity an intruder can hold: an access key, a session, a service's credential on one network. The score ranks them; it is no probability.");
    let telling = actors.iter().take_while(|actor| actor.suspect || actor.suspicion > 0).count();
    let (cards, rest) = actors.split_at(telling.min(CARDS_MAX));
    let top = cards.iter().map(|actor| actor.suspicion).max().unwrap_or(0).max(1);
    if cards.is_empty() {
        h.leaf("p", &[], "No actor has anything against it.");
    }
    h.el("div", &[("class", "actors")], |h| {
        for actor in cards {
            card(h, page, actor, top);
        }
    });
    if rest.is_empty() {
        return;
    }
    h.el("details", &[("class", "fold")], |h| {
        h.leaf("summary", &[], &text::count(rest.len() as u64, "more actor"));
        parts::table(
            h,
            "Actors of less or no suspicion",
            &["Actor", "Kind", "#Score", "#Events", "#Writes", "#Refused", "First", "Last"],
            rest.iter().take(ROWS_MAX),
            |h, actor| {
                parts::code_cell(h, &actor.actor);
                h.leaf("td", &[], &actor.kind);
                parts::number_cell(h, u64::from(actor.suspicion));
                parts::number_cell(h, actor.events);
                parts::number_cell(h, actor.writes);
                parts::number_cell(h, actor.denied);
                h.leaf("td", &[("class", "when")], &text::minute(actor.first_time));
                h.leaf("td", &[("class", "when")], &text::minute(actor.last_time));
            },
        );
        if rest.len() > ROWS_MAX {
            let more = text::count((rest.len() - ROWS_MAX) as u64, "more actor");
            h.leaf("p", &[("class", "note")], &format!("{more}: heptagon actors"));
        }
    });
}

fn card(h: &mut Html, page: &Page<'_>, actor: &ActorLine, top: u32) {
    let class = if actor.suspect { "actor suspect" } else { "actor" };
    h.el("article", &[("class", class)], |h| {
        h.el("header", &[], |h| {
            h.el("h3", &[], |h| h.code(&actor.actor));
            h.el("p", &[("class", "note")], |h| {
                if actor.suspect {
                    h.leaf("strong", &[("class", "tag-suspect")], "suspect");
                    h.text(" ");
                }
                h.text(&format!("{}, account {}", actor.kind, actor.account));
            });
            score(h, actor.suspicion, top);
        });
        if !actor.reasons.is_empty() {
            h.el("ul", &[("class", "reasons")], |h| {
                for reason in &actor.reasons {
                    h.prose_leaf("li", &[], reason);
                }
            });
        }
        h.el("dl", &[("class", "fields")], |h| {
            let mut field = |name: &str, items: &[String]| {
                if items.iter().any(|item| !item.is_empty()) {
                    h.leaf("dt", &[], name);
                    h.el("dd", &[], |h| h.codes(items, 4));
                }
            };
            if actor.principal != actor.actor {
                field("Acts as", std::slice::from_ref(&actor.principal));
            }
            field("Keys", &actor.access_keys);
            field("From", &actor.source_ips);
            field("With", &actor.user_agents);
            field("Regions", &actor.regions);
            h.leaf("dt", &[], "Seen");
            h.leaf(
                "dd",
                &[],
                &format!("{} to {}", text::minute(actor.first_time), text::minute(actor.last_time)),
            );
            h.leaf("dt", &[], "Did");
            h.leaf(
                "dd",
                &[],
                &format!(
                    "{}, {}, {} refused",
                    text::count(actor.events, "event"),
                    text::count(actor.writes, "write"),
                    text::number(actor.denied)
                ),
            );
        });
        findings(h, page, actor);
    });
}

fn score(h: &mut Html, suspicion: u32, top: u32) {
    let width = (u64::from(suspicion) * 100 / u64::from(top)).max(2).to_string();
    h.el("p", &[("class", "score")], |h| {
        h.el(
            "svg",
            &[("viewBox", "0 0 100 6"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")],
            |h| {
                h.el("rect", &[("class", "track"), ("width", "100"), ("height", "6")], |_| {});
                h.el("rect", &[("class", "bar"), ("width", &width), ("height", "6")], |_| {});
            },
        );
        h.leaf("span", &[], &format!("score {}", text::number(u64::from(suspicion))));
    });
}

fn findings(h: &mut Html, page: &Page<'_>, actor: &ActorLine) {
    let known = page
        .document
        .findings
        .iter()
        .filter(|finding| actor.findings.contains(&finding.finding_id));
    let known: Vec<_> = known.collect();
    if known.is_empty() {
        return;
    }
    h.el("details", &[("class", "more")], |h| {
        h.leaf("summary", &[], &text::count(known.len() as u64, "finding"));
        h.el("ul", &[], |h| {
            for finding in known {
                h.el("li", &[], |h| {
                    h.link("", &view::finding_anchor(&finding.finding_id), |h| {
                        h.text(&finding.title);
                    });
                });
            }
        });
    });
}
