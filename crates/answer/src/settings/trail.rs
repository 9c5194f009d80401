//! Trails as their snapshots show them.

use std::collections::BTreeMap;

use heptagon_model::Timestamp;
use serde_json::Value;

use super::of_kinds;
use super::selectors::{Selected, selected, selects_bucket};
use crate::coverage::LoggingEvents;
use crate::input::{Inputs, Ref};

/// Trails looked at: more than a large organisation has. Beyond, nothing is claimed.
const TRAILS_MAX: usize = 5_000;

/// A trail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trail {
    pub(crate) name: String,
    pub(crate) arn: String,
    account: String,
    home: String,
    multi_region: bool,
    organisation: bool,
    /// What it selects, when known: answers that differ make it unknown.
    selectors: Option<Value>,
    /// Since when it stands still, when it was found stopped; without a time it never ran.
    pub(crate) stopped: Option<Timestamp>,
    /// From when on the snapshots speak: its last change, or start.
    pub(crate) known_from: Timestamp,
    /// The record that shows its selectors, or else itself.
    pub(crate) reference: Ref,
}

impl Trail {
    /// Whether it records a place, were everything selected.
    pub(crate) fn covers(&self, account: &str, region: &str) -> bool {
        (self.organisation || self.account == account) && (self.multi_region || self.home == region)
    }

    /// Whether it belongs to an account.
    pub(crate) fn is_of(&self, account: &str) -> bool {
        self.account == account
    }

    /// How much of a category it selects; `None` when its selectors are not known.
    pub(crate) fn selected(&self, category: &str) -> Option<Selected> {
        self.selectors.as_ref().map(|selectors| selected(selectors, category))
    }

    /// Whether it selects data events of a bucket; `None` when its selectors are not known.
    pub(crate) fn selects_bucket(&self, bucket: &str) -> Option<bool> {
        self.selectors.as_ref().map(|selectors| selects_bucket(selectors, bucket))
    }

    /// From when on it records nothing of a category; `None` when it may.
    pub(crate) fn silent_from(&self, category: &str) -> Option<Timestamp> {
        if self.selected(category) == Some(Selected::Nothing) {
            return Some(self.known_from);
        }
        self.stopped.map(|since| since.max(self.known_from))
    }

    /// Whether it was running, and selects all of a category.
    pub(crate) fn records(&self, category: &str) -> bool {
        self.stopped.is_none() && self.selected(category) == Some(Selected::Wholly)
    }
}

/// `trail a`, `trails a and b`, for a sentence.
pub(crate) fn names(trails: &[&Trail]) -> String {
    let names: Vec<String> = trails.iter().map(|t| crate::text::inert(&t.name)).collect();
    let noun = if names.len() == 1 { "trail" } else { "trails" };
    format!("{noun} {}", crate::text::some(&names, 3))
}

/// All trails of the snapshots, by ARN.
pub(super) fn trails(inputs: &Inputs, changes: &LoggingEvents) -> Vec<Trail> {
    let mut trails: BTreeMap<String, Trail> = BTreeMap::new();
    for (snapshot, document) in
        of_kinds(inputs, &["cloudtrail:DescribeTrails", "cloudtrail:GetTrail"])
    {
        let listed = document.get("trailList").and_then(Value::as_array);
        let single = document.get("Trail");
        for described in listed.into_iter().flatten().chain(single) {
            describe(&mut trails, described, &snapshot.reference);
        }
    }
    select(&mut trails, inputs);
    if trails.len() > TRAILS_MAX {
        return Vec::new();
    }
    let mut trails: Vec<Trail> = trails.into_values().collect();
    for trail in &mut trails {
        trail.known_from = last_change(trail, changes);
    }
    super::trail_status::add(&mut trails, inputs);
    trails
}

/// The trail of an ARN, made when it is not known.
fn at<'t>(
    trails: &'t mut BTreeMap<String, Trail>,
    arn: &str,
    reference: &Ref,
) -> Option<&'t mut Trail> {
    let mut parts = arn.split(':');
    let (home, account) = (parts.nth(3)?, parts.next()?);
    let name = parts.next()?.strip_prefix("trail/")?;
    Some(trails.entry(arn.to_owned()).or_insert_with(|| Trail {
        name: name.to_owned(),
        arn: arn.to_owned(),
        account: account.to_owned(),
        home: home.to_owned(),
        multi_region: false,
        organisation: false,
        selectors: None,
        stopped: None,
        known_from: Timestamp(i64::MIN),
        reference: reference.clone(),
    }))
}

fn describe(trails: &mut BTreeMap<String, Trail>, described: &Value, reference: &Ref) {
    let arn = described.get("TrailARN").and_then(Value::as_str).unwrap_or_default();
    let Some(trail) = at(trails, arn, reference) else { return };
    let is = |name: &str| described.get(name).and_then(Value::as_bool) == Some(true);
    // Of answers that differ, the one by which it covers more.
    trail.multi_region |= is("IsMultiRegionTrail");
    trail.organisation |= is("IsOrganizationTrail");
    if let Some(home) = described.get("HomeRegion").and_then(Value::as_str) {
        home.clone_into(&mut trail.home);
    }
}

/// Selectors; answers for one trail that differ prove nothing.
fn select(trails: &mut BTreeMap<String, Trail>, inputs: &Inputs) {
    let mut answers: BTreeMap<String, Vec<(Value, Ref)>> = BTreeMap::new();
    for (snapshot, document) in of_kinds(inputs, &["cloudtrail:GetEventSelectors"]) {
        let arn = document.get("TrailARN").and_then(Value::as_str).unwrap_or_default().to_owned();
        answers.entry(arn).or_default().push((document, snapshot.reference.clone()));
    }
    for (arn, answers) in answers {
        let Some((first, reference)) = answers.first() else { continue };
        let Some(trail) = at(trails, &arn, reference) else { continue };
        let lists = |document: &Value| {
            ["EventSelectors", "AdvancedEventSelectors"].map(|name| document.get(name).cloned())
        };
        if answers.iter().all(|(other, _)| lists(other) == lists(first)) {
            trail.selectors = Some(first.clone());
            trail.reference = reference.clone();
        }
    }
}

/// When the records show the last change of a trail: before, its snapshots say nothing.
fn last_change(trail: &Trail, changes: &LoggingEvents) -> Timestamp {
    let its = |named: &str| {
        named.is_empty() || named == trail.name || named.eq_ignore_ascii_case(&trail.arn)
    };
    changes
        .all
        .iter()
        // A trail of the organisation is changed from its own account, or a delegated one.
        .filter(|event| trail.organisation || event.account == trail.account)
        .filter(|event| event.trail.as_deref().is_some_and(its))
        .map(|event| event.time)
        .max()
        .unwrap_or(Timestamp(i64::MIN))
}
