//! Coverage of invocation logs: hour by hour, against the calls that CloudTrail has.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::{Basis, CoverageState, Timestamp};

use super::{Coverage, HOUR_US, LoggingChange, LoggingEvents, Stretch};
use crate::input::{Inputs, PresenceRow, RefBook};
use crate::settings::Logging;
use crate::workload::Workload;

/// Calls in an hour by either source.
#[derive(Debug, Default, Clone, Copy)]
struct Calls {
    /// In CloudTrail.
    trail: u64,
    /// Of those, with their invocation record.
    logged: u64,
    /// Invocation records, whatever CloudTrail has.
    records: u64,
}

pub(super) fn add(
    coverage: &mut Coverage,
    inputs: &Inputs,
    changes: &LoggingEvents,
    workload: &Workload,
    refs: &RefBook,
) {
    // Embeddings may be left out of the log by configuration; they carry no conversation.
    let embeddings_logged = inputs
        .model_calls
        .iter()
        .any(|call| call.source == "bedrock-invocation" && is_embedding(&call.model));
    let mut cells: BTreeMap<(String, String), BTreeMap<i64, Calls>> = BTreeMap::new();
    for call in &inputs.model_calls {
        if is_embedding(&call.model) && !embeddings_logged {
            continue;
        }
        let cell = cells.entry((call.account.clone(), call.region.clone())).or_default();
        let hour = cell.entry(call.hour.0.div_euclid(HOUR_US)).or_default();
        if call.source == "bedrock-invocation" {
            hour.records += call.calls;
        } else {
            hour.trail += call.calls;
            hour.logged += call.logged;
        }
    }
    for (place, hours) in cells {
        let made = hours.values().map(|calls| calls.trail).sum();
        coverage.calls.insert(place.clone(), made);
        let (account, region) = place;
        let stretches = stretches(coverage, &account, &region, &hours, changes, workload, refs);
        let key = |category: &str| {
            ("bedrock-invocation".to_owned(), category.to_owned(), account.clone(), region.clone())
        };
        let has_text = inputs.text_places.contains(&(account.clone(), region.clone()));
        let text = text_withheld(coverage, &stretches, &account, &region, changes, refs, has_text);
        if let Some(text) = text {
            coverage.cells.insert(key("text"), text);
        }
        coverage.cells.insert(key("invocation"), stretches);
    }
    add_off(coverage, inputs, refs);
}

/// Places without calls whose logging was found off.
fn add_off(coverage: &mut Coverage, inputs: &Inputs, refs: &RefBook) {
    let window = coverage.scope.window;
    for ((account, region), logging) in coverage.settings.logging.off() {
        let here = |row: &&PresenceRow| row.account == *account && row.region == *region;
        let mut records = inputs.presence.iter().filter(here);
        let logged = records.any(|row| row.source == "bedrock-invocation");
        if logged || !coverage.scope.accounts.contains(account) || window.from >= window.to {
            continue;
        }
        let key = (
            "bedrock-invocation".to_owned(),
            "invocation".to_owned(),
            account.clone(),
            region.clone(),
        );
        let mut off = Stretch {
            from: window.from,
            to: window.to,
            state: CoverageState::Off,
            basis: Basis::Configured,
            trail: None,
            why: String::new(),
            evidence: None,
        };
        unlogged(&mut off, logging, refs);
        coverage.cells.entry(key).or_insert_with(|| vec![off]);
    }
}

fn is_embedding(model: &str) -> bool {
    model.contains("embed")
}

fn stretches(
    coverage: &Coverage,
    account: &str,
    region: &str,
    hours: &BTreeMap<i64, Calls>,
    changes: &LoggingEvents,
    workload: &Workload,
    refs: &RefBook,
) -> Vec<Stretch> {
    let window = coverage.scope.window;
    let made: u64 = hours.values().map(|calls| calls.trail).sum();
    let records: u64 = hours.values().map(|calls| calls.records).sum();
    let stretch = |from, to, state, why: String| Stretch {
        from,
        to,
        state,
        basis: Basis::Inferred,
        trail: None,
        why,
        evidence: None,
    };
    let logging = coverage.settings.logging.at(account, region);
    if records == 0 {
        let declined = declined(workload);
        let state =
            if declined.is_some() { CoverageState::Declined } else { CoverageState::Unknown };
        let why = declined.unwrap_or_else(|| {
            format!(
                "no invocation record, while CloudTrail has {}: logging is off by default, or the \
                 log was not collected",
                crate::text::count(made, "call")
            )
        });
        let mut all = vec![stretch(window.from, window.to, state, why)];
        if let Some(logging) = logging {
            unlogged(&mut all[0], logging, refs);
        }
        overlay_off(&mut all, account, region, changes, refs);
        return all;
    }
    let mut all = vec![stretch(
        window.from,
        window.to,
        CoverageState::Recorded,
        "every call in CloudTrail has its invocation record".to_owned(),
    )];
    // A change of the configuration explains the hours around it better than counts do.
    let changed: BTreeSet<i64> =
        changes.of_invocations(account, region).map(|c| c.time.0.div_euclid(HOUR_US)).collect();
    let surplus =
        |hour: i64| hours.get(&hour).map_or(0, |calls| calls.logged.saturating_sub(calls.trail));
    for (hour, calls) in hours {
        // Either source may count a call in the next hour.
        let near = surplus(hour - 1) + surplus(hour + 1);
        let missing = calls.trail.saturating_sub(calls.logged + near);
        if missing == 0 || changed.contains(hour) {
            continue;
        }
        let why = format!(
            "{missing} of {} in CloudTrail have no invocation record",
            crate::text::count(calls.trail, "call")
        );
        cut(
            &mut all,
            &stretch(
                Timestamp(hour * HOUR_US),
                Timestamp((hour + 1) * HOUR_US),
                CoverageState::Unknown,
                why,
            ),
        );
    }
    for blind in coverage.blind_cell("cloudtrail", "management-read", account, region) {
        let why = "without CloudTrail's reads there is nothing to check the log against".to_owned();
        cut(&mut all, &stretch(blind.0, blind.1, CoverageState::Unknown, why));
    }
    overlay_off(&mut all, account, region, changes, refs);
    // What was found off is contradicted by the records; what was found on explains them.
    if let Some(logging) = logging.filter(|logging| logging.destination.is_some()) {
        for stretch in all.iter_mut().filter(|s| s.state == CoverageState::Recorded) {
            stretch.basis = Basis::Configured;
            stretch.evidence = Some(refs.of(&logging.reference));
        }
    }
    all
}

/// Why there is no invocation record, by what the configuration was found to be.
fn unlogged(stretch: &mut Stretch, logging: &Logging, refs: &RefBook) {
    stretch.basis = Basis::Configured;
    stretch.evidence = Some(refs.of(&logging.reference));
    match &logging.destination {
        Some(destination) => {
            stretch.state = CoverageState::Unknown;
            stretch.why = format!(
                "invocation logging is on, to {destination}, but none of its records is in the \
                 evidence: they were not collected"
            );
        }
        None if stretch.state == CoverageState::Declined => {}
        None => {
            stretch.state = CoverageState::Off;
            "invocation logging is not configured here".clone_into(&mut stretch.why);
        }
    }
}

/// Between its removal and its return, invocation logging is off.
fn overlay_off(
    all: &mut Vec<Stretch>,
    account: &str,
    region: &str,
    changes: &LoggingEvents,
    refs: &RefBook,
) {
    let end = all.last().map_or(Timestamp(i64::MAX), |stretch| stretch.to);
    let mut off: Option<Stretch> = None;
    for event in changes.of_invocations(account, region) {
        match event.change {
            LoggingChange::InvocationsOff if off.is_none() => {
                off = Some(Stretch {
                    from: event.time,
                    to: end,
                    state: CoverageState::Off,
                    basis: Basis::Configured,
                    trail: None,
                    why: format!(
                        "{} removed the logging configuration",
                        crate::text::inert(&event.principal)
                    ),
                    evidence: Some(refs.of(&event.reference)),
                });
            }
            LoggingChange::InvocationsOn { .. } => {
                if let Some(mut stretch) = off.take() {
                    stretch.to = event.time;
                    cut(all, &stretch);
                }
            }
            _ => {}
        }
    }
    if let Some(stretch) = off {
        cut(all, &stretch);
    }
}

/// Puts a stretch over what is there, inside its bounds.
fn cut(all: &mut Vec<Stretch>, over: &Stretch) {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let over =
        Stretch { from: over.from.max(first.from), to: over.to.min(last.to), ..over.clone() };
    if over.from >= over.to {
        return;
    }
    let mut out = Vec::with_capacity(all.len() + 2);
    for stretch in all.drain(..) {
        if over.to <= stretch.from || stretch.to <= over.from {
            out.push(stretch);
            continue;
        }
        if stretch.from < over.from {
            out.push(Stretch { to: over.from, ..stretch.clone() });
        }
        if over.to < stretch.to {
            out.push(Stretch { from: over.to, ..stretch });
        }
    }
    out.push(over);
    out.sort_by_key(|stretch| (stretch.from, stretch.to));
    *all = out;
}

/// Stretches in which text is masked or not delivered, over those that were recorded.
fn text_withheld(
    coverage: &Coverage,
    recorded: &[Stretch],
    account: &str,
    region: &str,
    changes: &LoggingEvents,
    refs: &RefBook,
    has_text: bool,
) -> Option<Vec<Stretch>> {
    let end = coverage.scope.window.to;
    let mut all = recorded.to_vec();
    let mut found = false;
    let mut withheld: Option<Stretch> = None;
    for event in &changes.all {
        if event.account != account || event.region != region {
            continue;
        }
        let (state, why) = match &event.change {
            LoggingChange::InvocationsOn { text: false } => {
                (CoverageState::NotSelected, "text was not delivered to the log".to_owned())
            }
            LoggingChange::InvocationsOn { text: true } => {
                if let Some(mut stretch) = withheld.take() {
                    stretch.to = event.time;
                    cut(&mut all, &stretch);
                }
                continue;
            }
            LoggingChange::Masked { group } => (
                CoverageState::Masked,
                format!("a data protection policy masks {}", crate::text::inert(group)),
            ),
            _ => continue,
        };
        found = true;
        withheld = Some(Stretch {
            from: event.time,
            to: end,
            state,
            basis: Basis::Configured,
            trail: None,
            why,
            evidence: Some(refs.of(&event.reference)),
        });
    }
    if let Some(stretch) = withheld {
        cut(&mut all, &stretch);
    }
    let logging = coverage.settings.logging.at(account, region);
    let logs = recorded.iter().any(|stretch| stretch.state == CoverageState::Recorded);
    if let Some(logging) = logging.filter(|logging| !logging.text && logs && !has_text) {
        found = true;
        cut(
            &mut all,
            &Stretch {
                from: coverage.scope.window.from,
                to: end,
                state: CoverageState::NotSelected,
                basis: Basis::Configured,
                trail: None,
                why: "the configuration delivers no text to the log".to_owned(),
                evidence: Some(refs.of(&logging.reference)),
            },
        );
    }
    found.then_some(all)
}

fn declined(workload: &Workload) -> Option<String> {
    let decision = workload.decisions.iter().find(|decision| {
        let what = decision.what.to_ascii_lowercase();
        what.contains("invocation log") || what.contains("invocation-log")
    })?;
    Some(format!(
        "{}, decided by {}: {}",
        crate::text::inert(&decision.what),
        crate::text::inert(&decision.by),
        crate::text::inert(&decision.why)
    ))
}
