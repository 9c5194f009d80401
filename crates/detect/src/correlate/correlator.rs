//! Sorted matches -> findings.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use heptagon_model::Timestamp;
use rsigma_parser::CorrelationType;
use serde_json::Value;

use super::finding::{Contribution, Findings, Ledger, MatchRef, Overflow, RefRow, Subject, Who};
use super::plan::{Input, Key, Plan};
use super::window::{Arrival, Counted, Window};
use crate::rules::{RuleSet, Rules};

/// Entries of all windows together; beyond it the groups that were quiet longest are dropped.
const STATE_MAX: usize = 1 << 20;
/// Matches of one time that are put in order before they are looked at.
const STEP_MAX: usize = 1 << 17;
/// Different (principal, address, resource, ...) that are kept to share them.
const SHARED_MAX: usize = 1 << 14;

/// A rule matched a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The rule's index.
    pub rule: u32,
    /// When it happened.
    pub time: Timestamp,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Who did it.
    pub principal: String,
    /// The smallest identity that did it; findings are grouped by it.
    pub actor: String,
    /// From where.
    pub source_ip: Option<String>,
    /// To what.
    pub resource: Option<String>,
    /// What was done.
    pub event_name: String,
    /// First 8 bytes of the artifact's SHA-256.
    pub artifact: [u8; 8],
    /// Ordinal of the record.
    pub record: u64,
    /// What [`crate::Matcher::correlation_fields`] gave for it.
    pub correlation_fields: Option<String>,
}

impl Match {
    /// Whether another match is of the same event.
    fn is_of_event(&self, other: &Match) -> bool {
        (self.record, self.artifact, self.time) == (other.record, other.artifact, other.time)
    }
}

type GroupKey = Vec<Option<String>>;

/// Turns matches into findings; matches come sorted by time, and without duplicates.
pub struct Correlator {
    rules: Arc<Rules>,
    /// Per rule, the correlations that look at it: (plan, position).
    routes: Vec<Vec<(usize, usize)>>,
    groups: Vec<BTreeMap<GroupKey, Window>>,
    /// At least what all windows hold: exact when last counted, plus all that arrived since.
    state: usize,
    step: Vec<Match>,
    /// What arrives at each correlation in a step; empty between steps.
    arrivals: Vec<Vec<(GroupKey, Arrival)>>,
    shared: HashSet<Arc<Who>>,
    ledger: Ledger,
    dropped: BTreeMap<usize, u64>,
    held: BTreeSet<usize>,
    out_of_order: u64,
    latest: Timestamp,
}

impl Correlator {
    /// Starts with nothing seen.
    pub fn new(rules: &RuleSet) -> Correlator {
        let rules = rules.rules.clone();
        let mut routes = vec![Vec::new(); rules.infos.len()];
        for (plan_idx, plan) in rules.plans.iter().enumerate() {
            for (position, source) in plan.sources().enumerate() {
                routes[source].push((plan_idx, position));
            }
        }
        Correlator {
            groups: rules.plans.iter().map(|_| BTreeMap::new()).collect(),
            routes,
            state: 0,
            step: Vec::new(),
            arrivals: vec![Vec::new(); rules.plans.len()],
            shared: HashSet::new(),
            ledger: Ledger::default(),
            dropped: BTreeMap::new(),
            held: BTreeSet::new(),
            out_of_order: 0,
            latest: Timestamp(i64::MIN),
            rules,
        }
    }

    /// Takes in a match. Times must not go back; among equal times any order gives the same.
    pub fn push(&mut self, matched: Match) {
        if self.step.first().is_some_and(|first| first.time != matched.time)
            || self.step.len() >= STEP_MAX
        {
            self.take_step();
        }
        if matched.time < self.latest {
            self.out_of_order += 1;
        }
        self.latest = self.latest.max(matched.time);
        self.step.push(matched);
    }

    /// Hands out the references found so far, so that they need not be kept until the end.
    pub fn drain_refs(&mut self) -> Vec<RefRow> {
        self.ledger.drain_rows()
    }

    /// Everything found.
    pub fn finish(self) -> Findings {
        self.finish_with_held().0
    }

    /// Everything found, and the correlations that held, also those that only serve others.
    pub(crate) fn finish_with_held(mut self) -> (Findings, BTreeSet<usize>) {
        self.take_step();
        for (plan, groups) in self.rules.plans.iter().zip(&self.groups) {
            let n_dropped: u64 = groups.values().map(|window| window.n_dropped).sum();
            if n_dropped > 0 {
                *self.dropped.entry(plan.rule).or_default() += n_dropped;
            }
        }
        let rules = self.rules.clone();
        let n_events = rules.events.len();
        let group_names = |rule: usize| match rule.checked_sub(n_events) {
            None => vec!["actor".to_owned()],
            Some(plan) => rules.plans[plan].group_by.clone(),
        };
        let mut findings = self.ledger.finish(&rules.infos, &group_names);
        findings.overflows.extend(self.dropped.iter().map(|(rule, events)| Overflow {
            rule: *rule as u32,
            message: format!(
                "correlation {} ran out of space: {events} events were dropped from its windows, \
                 so it may have found less than there is",
                rules.infos[*rule].rule_id
            ),
            events: *events,
        }));
        findings.overflows.sort();
        debug_assert_eq!(self.out_of_order, 0, "matches come in time order");
        (findings, self.held)
    }

    /// Looks at the matches of one time.
    fn take_step(&mut self) {
        let Some(now) = self.step.first().map(|first| first.time) else { return };
        let mut step = std::mem::take(&mut self.step);
        step.sort_by_key(|matched| (matched.artifact, matched.record, matched.rule));
        let rules = self.rules.clone();
        let mut arrivals = std::mem::take(&mut self.arrivals);
        let mut before: Option<(&Match, Contribution)> = None;
        for matched in &step {
            // An event that several rules matched is described once.
            let contribution = match before.take() {
                Some((known, contribution)) if known.is_of_event(matched) => contribution,
                _ => self.contribution(matched),
            };
            self.route_match(&rules, matched, &contribution, &mut arrivals);
            before = Some((matched, contribution));
        }
        for (plan_idx, plan) in rules.plans.iter().enumerate() {
            let arrived = std::mem::take(&mut arrivals[plan_idx]);
            if !arrived.is_empty() {
                self.correlate(&rules, plan_idx, plan, now, arrived, &mut arrivals);
            }
        }
        self.arrivals = arrivals;
        step.clear();
        self.step = step;
        if self.state > STATE_MAX {
            self.make_space(now);
        }
    }

    fn contribution(&mut self, matched: &Match) -> Contribution {
        Contribution {
            event: MatchRef {
                time: matched.time,
                artifact: matched.artifact,
                record: matched.record,
            },
            who: self.share(matched),
        }
    }

    fn route_match(
        &mut self,
        rules: &Rules,
        matched: &Match,
        contribution: &Contribution,
        arrivals: &mut [Vec<(GroupKey, Arrival)>],
    ) {
        let rule = matched.rule as usize;
        if rules.alerts[rule] {
            self.ledger.add_match(rule, &rules.infos[rule].rule_id, contribution);
        }
        if self.routes[rule].is_empty() {
            return;
        }
        let fields: Value = matched
            .correlation_fields
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null);
        for (plan_idx, position) in &self.routes[rule] {
            let plan = &rules.plans[*plan_idx];
            let input = &plan.inputs[*position];
            let Some(value) = counted(plan, input, &fields) else { continue };
            let key = input
                .keys
                .iter()
                .map(|key| match key {
                    Key::Field(path) => fields.get(path).and_then(text_of),
                    Key::Group(_) | Key::Absent => None,
                })
                .collect();
            let contributions = vec![contribution.clone()];
            arrivals[*plan_idx].push((key, Arrival { position: *position, value, contributions }));
        }
    }

    fn correlate(
        &mut self,
        rules: &Rules,
        plan_idx: usize,
        plan: &Plan,
        now: Timestamp,
        arrived: Vec<(GroupKey, Arrival)>,
        arrivals: &mut [Vec<(GroupKey, Arrival)>],
    ) {
        let mut touched = BTreeSet::new();
        for (key, arrival) in arrived {
            let window =
                self.groups[plan_idx].entry(key.clone()).or_insert_with(|| Window::new(plan));
            if touched.insert(key) {
                window.advance(plan, now);
            }
            // An entry, and what may contribute; like ones are one entry, which is counted when it matters.
            self.state += 2 + arrival.contributions.len();
            window.insert(plan, now, arrival);
        }
        for key in touched {
            let window = self.groups[plan_idx].get_mut(&key).expect("it was touched just now");
            let Some(mut held) = window.check(plan, now) else { continue };
            self.held.insert(plan.rule);
            // An event that two of the rules matched is one event.
            held.contributions.sort_by_key(|contribution| contribution.event);
            held.contributions.dedup_by_key(|contribution| contribution.event);
            for (parent_idx, position) in &self.routes[plan.rule] {
                let parent = &rules.plans[*parent_idx];
                let input = &parent.inputs[*position];
                let Some(value) = counted_below(parent, input, plan, &key) else { continue };
                let parent_key = input
                    .keys
                    .iter()
                    .map(|part| match part {
                        Key::Group(at) => key[*at].clone(),
                        Key::Field(_) | Key::Absent => None,
                    })
                    .collect();
                let contributions = held.contributions.clone();
                arrivals[*parent_idx]
                    .push((parent_key, Arrival { position: *position, value, contributions }));
            }
            if rules.alerts[plan.rule] {
                let subject = Subject { rule: plan.rule, account: String::new(), key };
                let rule_id = &rules.infos[plan.rule].rule_id;
                for (time, n) in held.unlisted {
                    self.ledger.add_unlisted(&subject, rule_id, time, n);
                }
                for contribution in &held.contributions {
                    self.ledger.add(&subject, rule_id, contribution);
                }
            }
        }
    }

    fn share(&mut self, matched: &Match) -> Arc<Who> {
        let who = Who {
            principal: matched.principal.clone(),
            actor: matched.actor.clone(),
            source_ip: matched.source_ip.clone(),
            resource: matched.resource.clone(),
            account: matched.account.clone(),
            region: matched.region.clone(),
            event_name: matched.event_name.clone(),
        };
        if let Some(shared) = self.shared.get(&who) {
            return shared.clone();
        }
        if self.shared.len() >= SHARED_MAX {
            self.shared.clear();
            self.ledger.forget();
        }
        let shared = Arc::new(who);
        self.shared.insert(shared.clone());
        shared
    }

    /// Lets go of what is out of every window, then, if that is not enough, of the groups that
    /// were quiet longest; what is lost by that is counted and told.
    fn make_space(&mut self, now: Timestamp) {
        let rules = self.rules.clone();
        for (plan, groups) in rules.plans.iter().zip(&mut self.groups) {
            groups.retain(|_, window| {
                window.advance(plan, now);
                window.len() > 0 || window.n_dropped > 0
            });
        }
        self.state =
            self.groups.iter().flat_map(BTreeMap::values).map(|window| window.len() + 1).sum();
        let wanted = STATE_MAX / 4 * 3;
        if self.state <= wanted {
            return;
        }
        let mut quiet: Vec<(Timestamp, usize, GroupKey)> = self
            .groups
            .iter()
            .enumerate()
            .flat_map(|(plan_idx, groups)| {
                groups.iter().map(move |(key, window)| (window.last(), plan_idx, key.clone()))
            })
            .collect();
        quiet.sort_unstable();
        for (_, plan_idx, key) in quiet {
            if self.state <= wanted {
                break;
            }
            if let Some(window) = self.groups[plan_idx].remove(&key) {
                self.state -= window.len() + 1;
                *self.dropped.entry(rules.plans[plan_idx].rule).or_default() +=
                    window.len() as u64 + window.n_dropped;
            }
        }
    }
}

/// What an event counts for; `None` if it lacks the field.
fn counted(plan: &Plan, input: &Input, fields: &Value) -> Option<Counted> {
    match plan.kind {
        CorrelationType::EventCount
        | CorrelationType::Temporal
        | CorrelationType::TemporalOrdered => Some(Counted::Event),
        CorrelationType::ValueCount => {
            let parts: Option<Vec<String>> =
                input.values.iter().map(|path| fields.get(path).and_then(text_of)).collect();
            Some(Counted::Text(parts?.join("\u{1f}").into()))
        }
        _ => {
            let number = match fields.get(&input.values[0])? {
                Value::Number(number) => number.as_f64()?,
                Value::String(text) => text.parse().ok()?,
                _ => return None,
            };
            number.is_finite().then_some(Counted::Number(number))
        }
    }
}

/// The same for a correlation below, which has its group key and nothing else.
fn counted_below(parent: &Plan, input: &Input, plan: &Plan, key: &GroupKey) -> Option<Counted> {
    let fields: serde_json::Map<String, Value> = plan
        .group_by
        .iter()
        .zip(key)
        .filter_map(|(name, value)| Some((name.clone(), Value::String(value.clone()?))))
        .collect();
    counted(parent, input, &Value::Object(fields))
}

/// A value as a group is called by it.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
