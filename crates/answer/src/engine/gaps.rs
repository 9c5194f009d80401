//! What could not have been seen, said so that somebody can do something about it.

use std::collections::BTreeSet;

use heptagon_model::{CoverageState, Gap};

use super::Context;
use crate::coverage::Blind;
use crate::text;

/// Gaps named one by one.
const GAPS_MAX: usize = 24;

pub(crate) fn gaps(context: &Context<'_>, blind: &[Blind]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut seen = BTreeSet::new();
    for cell in blind {
        let category = if cell.category == "text" { "invocation" } else { &cell.category };
        let Some(text) = context.common.gap(&cell.source, category) else { continue };
        let command = fill(&text.command, cell);
        // Reads and writes of a place are fetched by the same line.
        if !seen.insert((command.clone(), cell.from, cell.to)) {
            continue;
        }
        let place = [cell.account.as_str(), cell.region.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let store = cell.store.as_ref().map_or(String::new(), |s| format!(" ({})", text::inert(s)));
        let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
        gaps.push(Gap {
            what: format!("{}{store}{place}", text.what),
            from: Some(cell.from),
            to: Some(cell.to),
            why: format!("{}: {}", state_name(cell.state), cell.why),
            setting: text.setting.clone(),
            command,
        });
    }
    if gaps.len() > GAPS_MAX {
        let more = gaps.len() - (GAPS_MAX - 1);
        gaps.truncate(GAPS_MAX);
        if let Some(last) = gaps.last_mut() {
            last.what = format!("{more} more places like these");
            "see `heptagon coverage` for all of them".clone_into(&mut last.why);
        }
    }
    gaps
}

fn fill(command: &str, cell: &Blind) -> String {
    let region = if cell.region.is_empty() { "REGION" } else { &cell.region };
    let account = if cell.account.is_empty() { "ACCOUNT" } else { &cell.account };
    let bucket = cell.store.as_deref().unwrap_or("BUCKET");
    let word = |word: &str| crate::actors::quote(word);
    command
        .replace("{region}", &word(region))
        .replace("{account}", &word(account))
        .replace("{from}", &cell.from.to_string())
        .replace("{to}", &cell.to.to_string())
        .replace("{bucket}", &word(bucket))
}

fn state_name(state: CoverageState) -> &'static str {
    match state {
        CoverageState::Recorded => "recorded",
        CoverageState::Off => "off",
        CoverageState::NotSelected => "not selected",
        CoverageState::Masked => "masked",
        CoverageState::Declined => "declined",
        CoverageState::Unknown => "unknown",
    }
}
