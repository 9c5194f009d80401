//! What trails are set to record, put over what the records imply.
//!
//! * Where no known trail selects a category and no record shows it, it is not selected; where all
//!   known trails are stopped, it is off. The trail is named.
//! * What is recorded by its records, and selected by a known trail, is configured.
//! * Records win: where they hold what no known trail selects, another trail is at work or the
//!   snapshot is of another time, and none of the trails there is believed to leave something out.
//!   What is unknown never becomes recorded.
//! * Before the last change of a trail nothing is claimed from what was found after it.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::{Basis, CoverageState, EvidenceRef, Timestamp};

use super::{Coverage, Stretch};
use crate::input::{Inputs, RefBook};
use crate::settings::{Selected, Settings, Trail, names};

/// What snapshots say, and what questions ask of it.
pub(crate) struct Configured<'a> {
    pub(crate) settings: Settings,
    /// The categories of data events that questions need.
    pub(crate) data_types: &'a BTreeSet<&'a str>,
}

/// (category, account, region).
type Place<'a> = (&'a str, &'a str, &'a str);

pub(super) fn apply(
    coverage: &mut Coverage,
    inputs: &Inputs,
    data_types: &BTreeSet<&str>,
    refs: &RefBook,
) {
    if coverage.settings.trails.is_empty() {
        return;
    }
    let settings = std::mem::take(&mut coverage.settings);
    let known = Known::new(&settings, inputs);
    for ((source, category, account, region), stretches) in &mut coverage.cells {
        if source != "cloudtrail" {
            continue;
        }
        let place = (category.as_str(), account.as_str(), region.as_str());
        if let Some(claim) = known.silence(place, refs) {
            let from = claim.from;
            change(stretches, from, |stretch| match stretch.state {
                CoverageState::Off => {}
                _ => claim.put_on(stretch),
            });
        } else if let Some(label) = known.recorders(place, refs) {
            change(stretches, label.from, |stretch| {
                if stretch.state == CoverageState::Recorded {
                    label.put_on(stretch);
                }
            });
        }
    }
    let window = coverage.scope.window;
    let regions = coverage.regions_and_global();
    for account in &coverage.scope.accounts {
        for region in &regions {
            for category in data_types {
                let key = (
                    "cloudtrail".to_owned(),
                    (*category).to_owned(),
                    account.clone(),
                    region.clone(),
                );
                let claim = known.silence((category, account, region), refs);
                let Some(claim) = claim.filter(|claim| claim.from < window.to) else { continue };
                coverage.cells.entry(key).or_insert_with(|| {
                    let unknown = Stretch {
                        from: window.from,
                        to: window.to,
                        state: CoverageState::Unknown,
                        basis: Basis::Inferred,
                        trail: None,
                        why: "what was selected before the trail's last change is not known"
                            .to_owned(),
                        evidence: None,
                    };
                    let mut stretches = vec![unknown];
                    change(&mut stretches, claim.from, |stretch| claim.put_on(stretch));
                    stretches
                });
            }
        }
    }
    coverage.settings = settings;
}

/// What is said of a place from a time on.
struct Claim {
    from: Timestamp,
    state: CoverageState,
    trail: String,
    why: Option<String>,
    evidence: EvidenceRef,
}

impl Claim {
    fn put_on(&self, stretch: &mut Stretch) {
        stretch.state = self.state;
        stretch.basis = Basis::Configured;
        stretch.trail = Some(self.trail.clone());
        stretch.evidence.get_or_insert_with(|| self.evidence.clone());
        if let Some(why) = &self.why {
            why.clone_into(&mut stretch.why);
        }
    }
}

/// Trails, and what the records say about them.
struct Known<'a> {
    settings: &'a Settings,
    /// The last record of a place, however it came.
    last: BTreeMap<Place<'a>, Timestamp>,
    /// Trails whose places have what none of the known trails there selects: another one records
    /// there, or the snapshot is of another time.
    contradicted: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn new(settings: &'a Settings, inputs: &'a Inputs) -> Known<'a> {
        let mut known = Known { settings, last: BTreeMap::new(), contradicted: BTreeSet::new() };
        // Extracts do not come from a trail: the event history has what no trail selects.
        let mut of_trails: BTreeMap<Place<'a>, Timestamp> = BTreeMap::new();
        for row in inputs.presence.iter().filter(|row| row.source == "cloudtrail") {
            let place = (row.category.as_str(), row.account.as_str(), row.region.as_str());
            let note = |times: &mut BTreeMap<Place<'a>, Timestamp>| {
                let last = times.entry(place).or_insert(row.last_time);
                *last = (*last).max(row.last_time);
            };
            note(&mut known.last);
            if row.complete_source && is_selectable(&row.category) {
                note(&mut of_trails);
            }
        }
        for ((category, account, region), time) in &of_trails {
            let trails = settings.covering(account, region);
            if silent_from(&trails, category).is_some_and(|from| from <= *time) {
                known.contradicted.extend(trails.iter().map(|trail| trail.arn.as_str()));
            }
        }
        known
    }

    /// That a place records nothing of a category, when all its trails are known to.
    fn silence(&self, place: Place<'_>, refs: &RefBook) -> Option<Claim> {
        let (category, account, region) = place;
        let trails = self.settings.covering(account, region);
        let from = silent_from(&trails, category)?;
        let shown = self.last.get(&place).is_some_and(|last| from <= *last);
        let doubted = |trail: &&Trail| self.contradicted.contains(trail.arn.as_str());
        if shown || trails.iter().any(doubted) {
            return None;
        }
        let selecting: Vec<&Trail> = trails
            .iter()
            .filter(|trail| trail.selected(category) != Some(Selected::Nothing))
            .copied()
            .collect();
        let (state, trails, why) = if selecting.is_empty() {
            let verb = if trails.len() == 1 { "selects" } else { "select" };
            let why = format!("{} {verb} no {}", names(&trails), in_words(category));
            (CoverageState::NotSelected, trails, why)
        } else {
            let verb = if selecting.len() == 1 { "was" } else { "were" };
            let why = format!("{} {verb} stopped, as its status says", names(&selecting));
            (CoverageState::Off, selecting, why)
        };
        Some(Claim { state, why: Some(why), ..claim(&trails, from, refs)? })
    }

    /// The trails that a recorded category is recorded by.
    fn recorders(&self, place: Place<'_>, refs: &RefBook) -> Option<Claim> {
        let (category, account, region) = place;
        let mut trails = self.settings.covering(account, region);
        trails.retain(|trail| trail.records(category));
        let from = trails.iter().map(|trail| trail.known_from).min()?;
        trails.retain(|trail| trail.known_from == from);
        claim(&trails, from, refs)
    }
}

fn claim(trails: &[&Trail], from: Timestamp, refs: &RefBook) -> Option<Claim> {
    let trail: Vec<&str> = trails.iter().map(|trail| trail.name.as_str()).collect();
    Some(Claim {
        from,
        state: CoverageState::Recorded,
        trail: trail.join(", "),
        why: None,
        evidence: refs.of(&trails.first()?.reference),
    })
}

/// From when on none of these trails records a category; `None` when one may, or none is known.
fn silent_from(trails: &[&Trail], category: &str) -> Option<Timestamp> {
    let mut latest = None;
    for trail in trails {
        latest = latest.max(Some(trail.silent_from(category)?));
    }
    latest
}

/// Whether event selectors, as they are read here, decide about a category.
fn is_selectable(category: &str) -> bool {
    category.starts_with("management-") || category.starts_with("data:")
}

/// What a category holds.
fn in_words(category: &str) -> String {
    match category {
        "management-read" => "read-only management events".to_owned(),
        "management-write" => "management events that change something".to_owned(),
        other => match other.strip_prefix("data:") {
            Some(data_type) => format!("data events of type {}", crate::text::inert(data_type)),
            None => format!("events of category {}", crate::text::inert(other)),
        },
    }
}

/// Changes what lies behind a time; a stretch around it is cut in two.
fn change(stretches: &mut Vec<Stretch>, from: Timestamp, mut each: impl FnMut(&mut Stretch)) {
    let mut out = Vec::with_capacity(stretches.len() + 1);
    for mut stretch in stretches.drain(..) {
        if stretch.from < from && from < stretch.to {
            out.push(Stretch { to: from, ..stretch.clone() });
            stretch.from = from;
        }
        if from <= stretch.from {
            each(&mut stretch);
        }
        out.push(stretch);
    }
    *stretches = out;
}
