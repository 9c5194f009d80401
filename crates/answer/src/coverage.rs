//! What could have been seen, where and when.
//!
//! Coverage is inferred from the records that are there, by these rules; configuration snapshots
//! explain and narrow it, as `configured` says, and never widen it:
//!
//! * A cell (account, region) of management events is recorded between its first and its last event,
//!   and never outside of that.
//! * A silence of whole hours splits it when the cell's own rhythm (how often it was active at such
//!   an hour of such a day) makes the silence improbable, given how many silences there are. A
//!   silence between the files of a cell splits it when it is far longer than all others there.
//! * A silence that contains the stop of a trail, or a change of its selectors, is off from there to
//!   the next event. Events after the stop mean that another trail goes on.
//! * Reads and writes are apart: a cell that has only ever changes, and many, may come from a
//!   trail that selects only changes.
//! * Data events are recorded per type, and for the stores that appear among them.
//! * Invocation logs are recorded in an hour when they have every call that CloudTrail has; removal
//!   of the configuration turns them off until it is put again.
//! * Extracts that were filtered (by lookup or query) record nothing in this sense.

mod blind;
mod calls;
mod configured;
mod events;
mod rhythm;

use std::collections::BTreeMap;

use heptagon_model::{Basis, CoverageRow, CoverageState, EvidenceRef, Timestamp};

use crate::input::{Inputs, PresenceRow, RefBook};
use crate::scope::{Scope, Window};
use crate::settings::Settings;
use crate::workload::Workload;

pub(crate) use blind::Blind;
pub(crate) use configured::Configured;
#[cfg(test)]
pub(crate) use events::LoggingEvent;
pub(crate) use events::{LoggingChange, LoggingEvents};
use rhythm::Silence;

const HOUR_US: i64 = 3_600_000_000;
/// CloudTrail delivers within this time.
const DELIVERY_US: i64 = 15 * 60 * 1_000_000;
/// So many changes without a single read look like a trail that selects only changes.
const WRITES_WITHOUT_READS_MIN: u64 = 20;

/// An hour of a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hour {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) events: u64,
}

/// A stretch of a cell.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) state: CoverageState,
    pub(crate) basis: Basis,
    pub(crate) trail: Option<String>,
    pub(crate) why: String,
    pub(crate) evidence: Option<EvidenceRef>,
}

/// (source, category, account, region).
pub(crate) type CellKey = (String, String, String, String);

/// Coverage of the whole scope.
#[derive(Debug, Clone)]
pub(crate) struct Coverage {
    pub(crate) cells: BTreeMap<CellKey, Vec<Stretch>>,
    pub(crate) scope: Scope,
    /// Calls that CloudTrail has, by (account, region): where none is, nothing had to be logged.
    pub(crate) calls: BTreeMap<(String, String), u64>,
    pub(crate) stores: Vec<crate::input::StoreSeen>,
    pub(crate) settings: Settings,
}

/// Management events of one account and region.
#[derive(Debug, Default)]
struct Management {
    hours: BTreeMap<i64, Hour>,
    reads: u64,
    writes: u64,
    filtered: u64,
}

impl Coverage {
    pub(crate) fn compute(
        inputs: &Inputs,
        changes: &LoggingEvents,
        workload: &Workload,
        scope: Scope,
        refs: &RefBook,
        configured: Configured<'_>,
    ) -> Coverage {
        let mut coverage = Coverage {
            cells: BTreeMap::new(),
            scope,
            calls: BTreeMap::new(),
            stores: inputs.stores.clone(),
            settings: configured.settings,
        };
        let management = management(inputs);
        coverage.add_management(&management, inputs, changes, refs);
        coverage.add_data(inputs);
        coverage.trim();
        configured::apply(&mut coverage, inputs, configured.data_types, refs);
        calls::add(&mut coverage, inputs, changes, workload, refs);
        coverage
    }

    /// The rows that `heptagon coverage` prints.
    pub(crate) fn rows(&self) -> Vec<CoverageRow> {
        let mut rows = Vec::new();
        for (key, stretches) in &self.cells {
            rows.extend(stretches.iter().map(|stretch| row(key, stretch)));
        }
        rows
    }

    fn add_management(
        &mut self,
        management: &BTreeMap<(String, String), Management>,
        inputs: &Inputs,
        changes: &LoggingEvents,
        refs: &RefBook,
    ) {
        let none = Management::default();
        for account in self.scope.accounts.clone() {
            let of_account = management.iter().filter(|((its, _), _)| *its == account);
            let (mut reads, mut writes) = (0, 0);
            for (_, cell) in of_account {
                reads += cell.reads;
                writes += cell.writes;
            }
            for region in self.regions_and_global() {
                let key = (account.clone(), region.clone());
                let cell = management.get(&key).unwrap_or(&none);
                let mut stretches = continuity(
                    &cell.hours,
                    self.scope.window,
                    &file_gaps(inputs, &account, &region),
                );
                let place = Cell {
                    account: &account,
                    region: &region,
                    hours: &cell.hours,
                    management,
                    window_end: self.scope.window.to,
                };
                explain(&mut stretches, &place, changes, refs);
                if cell.hours.is_empty() && cell.filtered > 0 {
                    for stretch in &mut stretches {
                        "only filtered extracts are at hand, which prove no absence"
                            .clone_into(&mut stretch.why);
                    }
                }
                let selected = [
                    (
                        "management-read",
                        cell.reads > 0 || (reads > 0 && cell.writes < WRITES_WITHOUT_READS_MIN),
                        "only changes are in the evidence here: the trail may select nothing else",
                    ),
                    (
                        "management-write",
                        cell.writes > 0 || writes > 0,
                        "no change is in the evidence: the trail may select reads only",
                    ),
                ];
                for (category, selected, why) in selected {
                    let mut its = stretches.clone();
                    if !selected {
                        for stretch in &mut its {
                            if stretch.state == CoverageState::Recorded {
                                stretch.state = CoverageState::Unknown;
                                why.clone_into(&mut stretch.why);
                            }
                        }
                    }
                    let key = (
                        "cloudtrail".to_owned(),
                        category.to_owned(),
                        account.clone(),
                        region.clone(),
                    );
                    self.cells.insert(key, its);
                }
            }
        }
    }

    fn add_data(&mut self, inputs: &Inputs) {
        let mut cells: BTreeMap<CellKey, BTreeMap<i64, Hour>> = BTreeMap::new();
        for row in &inputs.presence {
            let other = !row.category.starts_with("management-") && row.source == "cloudtrail";
            if other && row.complete_source {
                let key = (
                    row.source.clone(),
                    row.category.clone(),
                    row.account.clone(),
                    row.region.clone(),
                );
                add_hour(cells.entry(key).or_default(), row);
            }
        }
        for (key, hours) in cells {
            let mut stretches = continuity(&hours, self.scope.window, &[]);
            for stretch in stretches.iter_mut().filter(|stretch| quiet(stretch)) {
                // The trail's management events tell whether it was alive; this only was rare.
                stretch.state = CoverageState::Recorded;
                "quiet as usual for this cell, while its trail goes on"
                    .clone_into(&mut stretch.why);
            }
            self.cells.insert(key, stretches);
        }
    }

    /// The window ends where all cells that are quiet as usual still have records: nothing is
    /// claimed of the minutes before the first and after the last event of a cell.
    fn trim(&mut self) {
        if self.scope.window.given {
            return;
        }
        let mut window = self.scope.window;
        for ((_, category, _, _), stretches) in &self.cells {
            if !category.starts_with("management-") {
                continue;
            }
            let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else { continue };
            if quiet(first) && stretches.len() > 1 {
                window.from = window.from.max(first.to);
            }
            if quiet(last) && stretches.len() > 1 {
                window.to = window.to.min(last.from);
            }
        }
        if window.from < window.to {
            self.scope.window = window;
        }
    }

    pub(crate) fn regions_and_global(&self) -> Vec<String> {
        let mut regions = self.scope.regions.clone();
        if !regions.iter().any(|region| region == crate::scope::GLOBAL_REGION) {
            regions.push(crate::scope::GLOBAL_REGION.to_owned());
            regions.sort();
        }
        regions
    }
}

pub(crate) fn row(key: &CellKey, stretch: &Stretch) -> CoverageRow {
    CoverageRow {
        source: key.0.clone(),
        category: key.1.clone(),
        account: key.2.clone(),
        region: key.3.clone(),
        from: stretch.from,
        to: stretch.to,
        state: stretch.state,
        basis: stretch.basis,
        trail: stretch.trail.clone(),
        why: stretch.why.clone(),
        evidence: stretch.evidence.clone(),
    }
}

const QUIET: &str = "quiet as usual for this cell";

fn quiet(stretch: &Stretch) -> bool {
    stretch.state == CoverageState::Unknown && stretch.why.starts_with(QUIET)
}

fn management(inputs: &Inputs) -> BTreeMap<(String, String), Management> {
    let mut cells: BTreeMap<(String, String), Management> = BTreeMap::new();
    for row in &inputs.presence {
        if row.source != "cloudtrail" || !row.category.starts_with("management-") {
            continue;
        }
        let cell = cells.entry((row.account.clone(), row.region.clone())).or_default();
        if !row.complete_source {
            cell.filtered += row.events;
            continue;
        }
        if row.category == "management-read" {
            cell.reads += row.events;
        } else {
            cell.writes += row.events;
        }
        add_hour(&mut cell.hours, row);
    }
    cells
}

fn add_hour(hours: &mut BTreeMap<i64, Hour>, row: &PresenceRow) {
    let hour = hours.entry(row.hour.0.div_euclid(HOUR_US)).or_insert(Hour {
        first: row.first_time,
        last: row.last_time,
        events: 0,
    });
    hour.first = hour.first.min(row.first_time);
    hour.last = hour.last.max(row.last_time);
    hour.events += row.events;
}

/// The stretches of a cell over a window: recorded where its rhythm goes on, unknown elsewhere.
fn continuity(
    hours: &BTreeMap<i64, Hour>,
    window: Window,
    file_gaps: &[(Timestamp, Timestamp)],
) -> Vec<Stretch> {
    let unknown = |from, to, why: String| Stretch {
        from,
        to,
        state: CoverageState::Unknown,
        basis: Basis::Inferred,
        trail: None,
        why,
        evidence: None,
    };
    let (Some(first), Some(last)) =
        (hours.values().next().copied(), hours.values().next_back().copied())
    else {
        let why = "no record from here is in the evidence".to_owned();
        return vec![unknown(window.from, window.to, why)];
    };
    let mut silences: Vec<Silence> = rhythm::silences(hours);
    silences.extend(file_gaps.iter().map(|(from, to)| Silence {
        from: *from,
        to: *to,
        why: "no file covers this time, although files follow each other closely here".to_owned(),
    }));
    silences.sort_by_key(|silence| (silence.from, silence.to));
    let mut stretches: Vec<Stretch> = Vec::new();
    let edge = |from: Timestamp, to: Timestamp, natural: bool, side: &str| {
        let why = if natural {
            format!("{QUIET}, but nothing is known {side}")
        } else {
            format!("{side} there is none, where there should be")
        };
        unknown(from, to, why)
    };
    if window.from < first.first {
        let natural = rhythm::edge_is_natural(hours, window.from, first.first);
        stretches.push(edge(window.from, first.first, natural, "before its first event"));
    }
    let recorded = |from: Timestamp, to: Timestamp| Stretch {
        from,
        to,
        state: CoverageState::Recorded,
        basis: Basis::Inferred,
        trail: None,
        why: "events follow each other without a silence that its rhythm does not explain"
            .to_owned(),
        evidence: None,
    };
    // The end is exclusive: the last event itself was recorded.
    let end = Timestamp(last.last.0 + 1);
    let mut at = first.first;
    for silence in silences {
        if silence.from < at || silence.to > end {
            continue;
        }
        if at < silence.from {
            stretches.push(recorded(at, silence.from));
        }
        stretches.push(unknown(silence.from, silence.to, silence.why));
        at = silence.to;
    }
    if at < end {
        stretches.push(recorded(at, end));
    }
    if end < window.to {
        let natural =
            rhythm::edge_is_natural(hours, end, window.to) || window.to.0 - end.0 <= DELIVERY_US;
        stretches.push(edge(end, window.to, natural, "after its last event"));
    }
    stretches
}

/// A silence that begins when a trail is stopped is off until the next event, until the trail
/// starts again, or to the end. When other regions go on, another trail records them, and only the
/// stopped trail's own region is looked at.
fn explain(stretches: &mut Vec<Stretch>, cell: &Cell<'_>, changes: &LoggingEvents, refs: &RefBook) {
    for event in changes.of_trails(cell.account) {
        let what = match &event.change {
            LoggingChange::Stopped => "the trail was stopped",
            LoggingChange::Deleted => "the trail was deleted",
            LoggingChange::Narrowed => "the trail's selectors were narrowed",
            _ => continue,
        };
        if event.region != cell.region && cell.goes_on_elsewhere(event.time) {
            continue;
        }
        let started = changes.of_trails(cell.account).find(|later| {
            later.time > event.time
                && later.change == LoggingChange::Started
                && later.trail == event.trail
        });
        let end = cell.next_event(event.time).unwrap_or(cell.window_end);
        let end = started.map_or(end, |started| end.min(started.time));
        if end.0 - event.time.0 <= DELIVERY_US {
            continue;
        }
        let Some(at) = stretches.iter().position(|s| s.from <= event.time && event.time < s.to)
        else {
            continue;
        };
        let stretch = stretches[at].clone();
        let off = Stretch {
            from: event.time,
            to: end.min(stretch.to),
            state: CoverageState::Off,
            basis: Basis::Configured,
            trail: event.trail.clone(),
            why: format!("{what}, and nothing more is recorded here until this ends"),
            evidence: Some(refs.of(&event.reference)),
        };
        let after = off.to;
        let mut parts = Vec::new();
        if stretch.from < event.time {
            parts.push(Stretch { to: event.time, ..stretch.clone() });
        }
        parts.push(off);
        if after < stretch.to {
            parts.push(Stretch { from: after, ..stretch });
        }
        stretches.splice(at..=at, parts);
    }
}

/// One cell and its neighbours, as far as a stopped trail concerns them.
struct Cell<'a> {
    account: &'a str,
    region: &'a str,
    hours: &'a BTreeMap<i64, Hour>,
    management: &'a BTreeMap<(String, String), Management>,
    window_end: Timestamp,
}

impl Cell<'_> {
    /// The first event after a time, as far as hours tell; the time itself inside an active hour.
    fn next_event(&self, time: Timestamp) -> Option<Timestamp> {
        let hour = time.0.div_euclid(HOUR_US);
        self.hours
            .range(hour..)
            .find(|(_, hour)| hour.last > time)
            .map(|(_, hour)| hour.first.max(time))
    }

    /// Whether another region of the account has events soon after.
    fn goes_on_elsewhere(&self, time: Timestamp) -> bool {
        self.management.iter().any(|((account, region), cell)| {
            account == self.account
                && region != self.region
                && cell
                    .hours
                    .range(time.0.div_euclid(HOUR_US)..)
                    .find(|(_, hour)| hour.last > time)
                    .is_some_and(|(_, hour)| hour.first.0 - time.0 < 2 * HOUR_US)
        })
    }
}

/// Gaps between a cell's files that are far longer than the others.
fn file_gaps(inputs: &Inputs, account: &str, region: &str) -> Vec<(Timestamp, Timestamp)> {
    let mut spans: Vec<(Timestamp, Timestamp)> = inputs
        .artifacts
        .iter()
        .filter(|row| {
            row.kind == "cloudtrail"
                && row.accounts.len() == 1
                && row.accounts[0] == account
                && row.regions.len() == 1
                && row.regions[0] == region
        })
        .filter_map(|row| Some((row.first_event_time?, row.last_event_time?)))
        .collect();
    spans.sort_unstable();
    rhythm::file_gaps(&spans)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::coverage::events::LoggingEvent;
    use crate::input::Ref;

    const START: i64 = 1_777_852_800_000_000;

    fn inputs(cells: &[(&str, std::ops::Range<i64>)]) -> Inputs {
        let mut inputs = Inputs::default();
        for (region, hours) in cells {
            for hour in hours.clone() {
                let start = START + hour * HOUR_US;
                for category in ["management-read", "management-write"] {
                    inputs.presence.push(PresenceRow {
                        source: "cloudtrail".into(),
                        category: category.into(),
                        account: "1".into(),
                        region: (*region).into(),
                        hour: Timestamp(start),
                        events: 20,
                        first_time: Timestamp(start + 1),
                        last_time: Timestamp(start + HOUR_US - 1),
                        complete_source: true,
                    });
                }
            }
        }
        inputs
    }

    fn stop(hour: i64, region: &str) -> LoggingEvents {
        LoggingEvents {
            all: vec![LoggingEvent {
                time: Timestamp(START + hour * HOUR_US),
                account: "1".into(),
                region: region.into(),
                trail: Some("main".into()),
                change: LoggingChange::Stopped,
                actor: "a".into(),
                principal: "a".into(),
                source_ip: None,
                reference: Ref { artifact: "x".into(), record: 3 },
            }],
        }
    }

    fn states(inputs: &Inputs, changes: &LoggingEvents, region: &str) -> Vec<CoverageState> {
        let workload = Workload {
            regions: vec!["us-east-1".into(), "us-west-2".into()],
            ..Workload::default()
        };
        let configured =
            Configured { settings: Settings::new(inputs, changes), data_types: &BTreeSet::new() };
        let places = &configured.settings.places;
        let scope = Scope::new(inputs, &workload, places, None, None, None);
        let refs = RefBook::new(&[]);
        let coverage = Coverage::compute(inputs, changes, &workload, scope, &refs, configured);
        let rows = coverage.rows();
        let mut last = None;
        for row in rows.iter().filter(|r| r.region == region && r.category == "management-read") {
            if let Some(last) = last {
                assert_eq!(row.from, last, "stretches follow each other");
            }
            last = Some(row.to);
        }
        rows.iter()
            .filter(|row| row.region == region && row.category == "management-read")
            .map(|row| row.state)
            .collect()
    }

    #[test]
    fn a_cell_is_recorded_between_its_first_and_last_event_only() {
        use CoverageState::{Recorded, Unknown};
        let inputs = inputs(&[("us-east-1", 0..48), ("us-west-2", 10..30)]);
        let none = LoggingEvents::default();
        assert_eq!(states(&inputs, &none, "us-west-2"), [Unknown, Recorded, Unknown]);
        assert_eq!(states(&inputs, &none, "us-east-1"), [Recorded]);
    }

    #[test]
    fn a_stopped_trail_is_off_until_it_records_again() {
        use CoverageState::{Off, Recorded};
        let mut inputs = inputs(&[("us-east-1", 0..20)]);
        let more = self::inputs(&[("us-east-1", 26..48)]);
        inputs.presence.extend(more.presence);
        let states = states(&inputs, &stop(20, "us-east-1"), "us-east-1");
        assert_eq!(states.iter().filter(|state| **state == Off).count(), 1, "{states:?}");
        assert_eq!((states[0], states[states.len() - 1]), (Recorded, Recorded));
    }

    #[test]
    fn one_stop_is_no_blindness_while_another_trail_runs() {
        let inputs = inputs(&[("us-east-1", 0..48), ("us-west-2", 0..48)]);
        for region in ["us-east-1", "us-west-2"] {
            let states = states(&inputs, &stop(20, "us-east-1"), region);
            assert_eq!(states, [CoverageState::Recorded], "{region}");
        }
    }

    #[test]
    fn a_trail_of_changes_only_does_not_record_reads() {
        let mut inputs = inputs(&[("us-east-1", 0..48), ("us-west-2", 0..48)]);
        inputs
            .presence
            .retain(|row| row.region != "us-west-2" || row.category == "management-write");
        let states = states(&inputs, &LoggingEvents::default(), "us-west-2");
        assert!(!states.contains(&CoverageState::Recorded), "{states:?}");
    }

    #[test]
    fn filtered_extracts_record_nothing() {
        let mut inputs = inputs(&[("us-east-1", 0..48)]);
        inputs.presence.iter_mut().for_each(|row| row.complete_source = false);
        let states = states(&inputs, &LoggingEvents::default(), "us-east-1");
        assert_eq!(states, [CoverageState::Unknown]);
    }
}
